"""Where a key stands in a text: tomllib does not keep it, and people want to know."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A table's header, and a key with its value; as far as one line tells.
_HEADER = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"\s*([^#=]+?)\s*=")


def line_of(text: str, key: str) -> int:
    """The line on which a key stands, from 1; the first where it is not found."""
    section = key.rpartition(".")[0]
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            current = header[1].strip("\"'")
            if current == key:
                return number
        elif match := _KEY.match(line):
            written = _plain(match[1])
            whole = f"{current}.{written}" if current else written
            if f"{whole}.".startswith(f"{key}.") or (not current and written == section):
                return number
    return 1


def line_in_block(text: str, table: str, index: int, key: str = "") -> int:
    """The line of a key in the `index`-th `[[table]]`, from 0; else that of the block's header,
    or of the table where it is written in one piece.
    """
    begun = 0
    for number, count, whole in _keys_of_blocks(text, table):
        if count != index + 1:
            continue
        begun = begun or number
        if key and f"{whole}.".startswith(f"{table}.{key}."):
            return number
    return begun or line_of(text, table)


def _keys_of_blocks(text: str, table: str) -> Iterator[tuple[int, int, str]]:
    """Line, which block it is in, and the whole key, of all that stands in blocks of a table."""
    count, current = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            current = _plain(header[1])
            count += current == table and line.lstrip().startswith("[[")
            whole = current
        elif match := _KEY.match(line):
            whole = f"{current}.{_plain(match[1])}"
        else:
            continue
        if f"{whole}.".startswith(f"{table}."):
            yield number, count, whole


def _plain(key: str) -> str:
    """A key without its quotes, and without spaces about its dots."""
    return re.sub(r"[\"']|\s*(\.)\s*", r"\1", key)
