"""Where the wanted fields lie in a FIT message, and what their bytes say.

Source: the FIT protocol's "Base Types" and "Definition Message" (Garmin FIT SDK, 21.x).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

# The valid fields of one message by their numbers. What the device did not know is not in it.
Values = dict[int, int | str]

# Base type number: struct's letter, bytes, and the value that stands for "not known".
_INTEGERS: dict[int, tuple[str, int, int]] = {
    0x00: ("B", 1, 0xFF),  # enum
    0x01: ("b", 1, 0x7F),
    0x02: ("B", 1, 0xFF),
    0x03: ("h", 2, 0x7FFF),
    0x04: ("H", 2, 0xFFFF),
    0x05: ("i", 4, 0x7FFF_FFFF),
    0x06: ("I", 4, 0xFFFF_FFFF),
    0x0A: ("B", 1, 0),  # the "z" types: 0 is not known
    0x0B: ("H", 2, 0),
    0x0C: ("I", 4, 0),
    0x0E: ("q", 8, 0x7FFF_FFFF_FFFF_FFFF),
    0x0F: ("Q", 8, 0xFFFF_FFFF_FFFF_FFFF),
    0x10: ("Q", 8, 0),
}
_STRING = 0x07
_BYTES = 0x0D
_MOST_BYTES = 8  # that are taken for a number; what is longer is none
# The top bit only says that a type has more than one byte; some writers leave it out.
_TYPE = 0x7F


class Layout:
    """The wanted fields of one definition, decoded in one step from a message's payload."""

    def __init__(self, fields: bytes, big_endian: bool, wanted: frozenset[int]) -> None:
        """`fields`: number, size in bytes and base type of each field, three bytes a field.

        Of an array the first element is taken; a field of another type than integer, string or
        bytes, or of an odd size, is never valid.
        """
        codes: list[str] = []
        numbers: list[int] = []
        unknowns: list[int | None] = []
        raw: list[tuple[int, bool]] = []
        for at in range(0, len(fields), 3):
            number, size, base = fields[at : at + 3]
            kind = base & _TYPE
            letter, width, unknown = _INTEGERS.get(kind, ("", 0, 0))
            if number not in wanted or number in numbers or not size:
                codes.append(f"{size}x")
            elif width and size % width == 0:
                codes.append(f"{letter}{size - width}x")
                numbers.append(number)
                unknowns.append(unknown)
            elif kind == _STRING or (kind == _BYTES and size <= _MOST_BYTES):
                codes.append(f"{size}s")
                numbers.append(number)
                unknowns.append(None)
                raw.append((number, kind == _STRING))
            else:
                codes.append(f"{size}x")
        self._unpack = struct.Struct((">" if big_endian else "<") + "".join(codes)).unpack_from
        self._numbers = tuple(numbers)
        self._unknown = tuple(unknowns)
        self._raw = tuple(raw)

    def decode(self, data: bytes, at: int) -> Values:
        """The fields of the message whose payload begins at `at`; all of it must be there."""
        values: dict[int, Any] = {
            number: value
            for number, value, unknown in zip(
                self._numbers, self._unpack(data, at), self._unknown, strict=True
            )
            if value != unknown
        }
        for number, is_text in self._raw:
            raw: bytes = values.pop(number)
            if is_text:
                if text := _text(raw):
                    values[number] = text
            elif raw.strip(b"\xff"):
                values[number] = int.from_bytes(raw, "little")
        return values


def _text(raw: bytes) -> str:
    """What stands before the first NUL, without what a terminal would obey."""
    text = raw.split(b"\0", 1)[0].decode("utf-8", "replace")
    kept = "".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in text)
    return " ".join(kept.split())


layout_of = lru_cache(maxsize=512)(Layout)
