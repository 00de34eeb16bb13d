"""An XML document in whatever encoding, as chunks of UTF-8, the only one expat is then told of.

A wrong declaration is common: programs copy `encoding="UTF-8"` and write names in Windows-1252.
Numbers and tags are ASCII all the same, so such a file is read, and a remark says so.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from shoetrack.importers.content import CHUNK, read_fully

_BLANK = b" \t\r\n\0"

_BOMS = (
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose BOM it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Where the zero bytes lie in the first eight, when ASCII is written without a BOM.
_ZEROS = (
    ("01110111", "utf-32-le"),
    ("11101110", "utf-32-be"),
    ("01010101", "utf-16-le"),
    ("10101010", "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""[\s\0]*<\?xml[^>]{1,200}?encoding\s*=\s*["']([A-Za-z][\w.\-]{0,39})["']""", re.ASCII
)
# By the standard library's own names. A list, because its other codecs are no encodings of text
# ("zip", "rot13") or let one byte sequence stand for another ("utf-7", "unicode_escape").
_KNOWN = re.compile(
    r"iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|ptcp154|kz1048|tis-620|hp-roman8|"
    r"shift_jis\w*|euc_\w+|iso2022_jp\w*|iso2022_kr|gb2312|gbk|gb18030|hz|big5\w*|johab"
)
_WIDE = re.compile(r"utf-(16|32)\w*|utf-(16|32)-[bl]e")


def utf8_chunks(stream: BinaryIO, remarks: list[str]) -> Iterator[bytes]:
    """The document as UTF-8, without BOM and leading blanks.

    Adds to `remarks` what was not as the document says. Raises what `stream.read` raises.
    """
    head = read_fully(stream, CHUNK)
    encoding, skip, remark = _encoding_of(head)
    if remark:
        remarks.append(remark)
    chunks = _raw_chunks(head[skip:], stream)
    decoded = _recoded(chunks, encoding) if encoding else _checked(chunks, remarks)
    for chunk in decoded:
        stripped = chunk.lstrip(_BLANK)
        if stripped:
            # What is stripped is malformed XML, but Strava's own files begin with blanks.
            yield stripped
            break
    yield from decoded


def start_of(head: bytes, size: int = CHUNK) -> str:
    """The first characters of a document, for telling what it is; never raises."""
    encoding, skip, _ = _encoding_of(head)
    text = head[skip : skip + size].decode(encoding or "utf-8", "replace")
    return text.lstrip(_BLANK.decode())


def _raw_chunks(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield head
    while chunk := stream.read(CHUNK):
        yield chunk


def _encoding_of(head: bytes) -> tuple[str, int, str]:
    """The codec ("" for UTF-8), the BOM's length, and a remark where a declaration is wrong."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding, len(bom), ""
    zeros = "".join("1" if byte == 0 else "0" for byte in head[:8])
    for pattern, encoding in _ZEROS:
        if zeros == pattern:
            return encoding, 0, ""
    declared = _DECLARED.match(head)
    if declared is None:
        return "", 0, ""
    name = declared[1].decode("ascii")
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        return "", 0, f"declares an encoding nobody knows ({name}): read as UTF-8"
    if codec in ("utf-8", "ascii"):
        return "", 0, ""
    if _WIDE.fullmatch(codec):
        return "", 0, f"declares {name} but is written in single bytes: read as UTF-8"
    if _KNOWN.fullmatch(codec):
        return codec, 0, ""
    return "", 0, f"declares an encoding that is none of text ({name}): read as UTF-8"


def _recoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """A codecs error handler: bytes that are no UTF-8 are what Windows writes in the West."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("shoetrack.windows-1252", _as_windows_1252)


def _checked(chunks: Iterator[bytes], remarks: list[str]) -> Iterator[bytes]:
    """UTF-8 passed through; from the first byte that is none, such bytes as Windows-1252."""
    strict = codecs.getincrementaldecoder("utf-8")()
    lenient: codecs.IncrementalDecoder | None = None
    for chunk in chunks:
        if lenient is None:
            state = strict.getstate()
            if chunk.isascii() and not state[0]:
                yield chunk
                continue
            try:
                yield strict.decode(chunk).encode()
                continue
            except UnicodeDecodeError:
                lenient = codecs.getincrementaldecoder("utf-8")("shoetrack.windows-1252")
                lenient.setstate(state)
                remarks.append("holds bytes that are not UTF-8: read as Windows-1252")
        yield lenient.decode(chunk).encode()
    yield (lenient or strict).decode(b"", final=lenient is not None).encode()
