"""Where things stand in a text of TOML: tomllib does not keep it, and people want to know.

The text is known to be sound: what is in it is told apart, and not judged.
"""

from __future__ import annotations

import re
from collections import Counter

_TOKEN = re.compile(
    r"""(?P<nothing>[ \t\r]+|\#[^\n]*)
    |"{3}(?:\\.|[^\\])*?"{3,5} | '{3}.*?'{3,5}   # these may go over lines, and end in a quote
    |"(?:\\.|[^"\\\n])*" | '[^'\n]*'
    |[^\s"'\[\]{}=,.\#]+ | .""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")


def line_of(text: str, place: str) -> int:
    """The line of a place, from 1: of `wear.near`, or of `rules.2.sport` for the third `[[rules]]`.
    Where it is not written, the line of what it is in; else the first.
    """
    found = _Reader(text).found
    while place and place not in found:
        place = place.rpartition(".")[0]
    return found.get(place, 1)


class _Reader:
    """Every table, key and item of an array in a text, with the line where it is first met."""

    def __init__(self, text: str) -> None:
        self.found: dict[str, int] = {}
        self._blocks: Counter[str] = Counter()
        self._tokens: list[tuple[str, int]] = []
        self._at = 0
        line = 1
        for match in _TOKEN.finditer(text):
            if match["nothing"] is None:
                self._tokens.append((match[0], line))
            line += match[0].count("\n")
        self._tokens.append(("\n", line))
        table = ""
        while self._at < len(self._tokens):
            if self._next == "[":
                table = self._header()
            elif self._next != "\n":
                self._pair(table)
            self._skip_to("\n")
            self._at += 1

    @property
    def _next(self) -> str:
        return self._tokens[self._at][0]

    def _skip_to(self, ends: str) -> None:
        while self._next not in ends:
            self._at += 1

    def _note(self, within: str, part: str | int) -> str:
        """What the next token begins, within another place."""
        place = f"{within}.{part}" if within else str(part)
        self.found.setdefault(place, self._tokens[self._at][1])
        return place

    def _header(self) -> str:
        """`[a.b]`, or `[[a.b]]` for one more block; of several blocks, the last is meant."""
        self._at += 1
        is_block = self._next == "["
        place = ""
        while self._next != "]":
            if self._next not in "[.":
                if self._blocks[place]:
                    place = f"{place}.{self._blocks[place] - 1}"
                place = self._note(place, _plain(self._next))
            self._at += 1
        if is_block:
            self._blocks[place] += 1
            place = self._note(place, self._blocks[place] - 1)
        return place

    def _pair(self, table: str) -> None:
        """A key, which may have dots, and its value."""
        place = table
        while self._next != "=":
            place = place if self._next == "." else self._note(place, _plain(self._next))
            self._at += 1
        self._at += 1
        self._value(place)

    def _value(self, place: str) -> None:
        """A value up to behind its end, and what is in it."""
        opened = self._next
        if opened not in "[{":
            self._skip_to(",]}\n")
            return
        self._at += 1
        nth = 0
        while self._next not in "]}":
            if self._next in "\n,":
                nth += self._next == ","
                self._at += 1
            elif opened == "[":
                self._value(self._note(place, nth))
            else:
                self._pair(place)
        self._at += 1


def _plain(key: str) -> str:
    """A key without its quotes and escapes."""
    if key.startswith('"'):
        key = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), key)
    return key.strip("\"'")
