"""Feeds a document to expat and turns every fault into a sentence.

Constant memory: expat keeps an unfinished tag and every name it has seen, so both are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NoReturn
from xml.parsers import expat
from xml.parsers.expat import errors

from shoetrack.errors import UnreadableError

# A point of a GPX file takes about 400 bytes; no honest tag, comment or name comes near this.
_MAX_TOKEN = 1024**2
# The richest real file seen uses 60 different names of elements and attributes.
_MAX_NAMES = 5_000

_NO_MORE = frozenset(
    errors.codes[message]
    for message in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_PARTIAL_CHAR,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
_BLANK = b" \t\r\n\0"
_ANOTHER = re.compile(
    rb"<([\w.\-]+:)?(gpx|TrainingCenterDatabase|HealthData)\b|<\?xml", re.IGNORECASE
)
_OVERLAP = 128


def feed(
    chunks: Iterator[bytes],
    parser: expat.XMLParserType,
    is_closed: Callable[[], bool],
    after_chunk: Callable[[], None],
    remarks: list[str],
) -> None:
    """Parse the chunks of one document, calling `after_chunk` after each.

    `is_closed` tells whether the root element has ended: what is malformed after that is not the
    document's. Raises UnreadableError, and what the parser's handlers raise.
    """
    parser.StartDoctypeDeclHandler = _refuse_doctype
    fed = 0
    for chunk in chunks:
        try:
            parser.Parse(chunk, False)
        except expat.ExpatError as error:
            if not is_closed():
                _refuse(error, chunk[max(0, parser.ErrorByteIndex - fed) :][:1])
            after_chunk()
            _judge_rest(chain([chunk[max(0, parser.ErrorByteIndex - fed) :]], chunks), remarks)
            return
        fed += len(chunk)
        after_chunk()
        if fed - parser.CurrentByteIndex > _MAX_TOKEN:
            line = parser.CurrentLineNumber
            raise UnreadableError(f"has a tag of more than 1 MiB at line {line}: refused")
        if len(parser.intern) > _MAX_NAMES:
            raise UnreadableError(f"uses more than {_MAX_NAMES:,} names of elements: refused")
    try:
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        if not is_closed():
            _refuse(error, b"")
        remarks.append(_TRAILING)


_TRAILING = "has other bytes after its end, which were not read"


def _judge_rest(pieces: Iterable[bytes], remarks: list[str]) -> None:
    """Padding after the end is nothing; a second document would be a run lost in silence."""
    carried = b""
    rubbish = False
    for piece in pieces:
        window = carried + piece
        if _ANOTHER.search(window):
            raise UnreadableError("holds more than one document: split it into a file for each")
        rubbish = rubbish or bool(piece.strip(_BLANK))
        carried = window[-_OVERLAP:]
    if rubbish:
        remarks.append(_TRAILING)


def _refuse_doctype(*_: object) -> NoReturn:
    # GPX and TCX have none (their schemas are XSDs), and through its entities a few bytes can
    # become gigabytes or name other files.
    raise UnreadableError("has a DOCTYPE, which no recording of a run needs: refused")


def _refuse(error: expat.ExpatError, at: bytes) -> NoReturn:
    if error.code in _NO_MORE:
        raise UnreadableError(
            f"is cut off at line {error.lineno}: copy it again from the watch"
        ) from error
    if at == b"\0":
        raise UnreadableError(
            f"holds zero bytes at line {error.lineno}, as after an empty battery: "
            "copy it again from the watch"
        ) from error
    raise UnreadableError(
        f"is malformed at line {error.lineno} ({expat.ErrorString(error.code)})"
    ) from error
