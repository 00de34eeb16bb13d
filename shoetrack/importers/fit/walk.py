"""Walks the messages of a FIT file's body, chunk by chunk, and decodes only the wanted ones.

A record that is not wanted costs one look into a table of 256 sizes, and a series of records of
one kind far less: that is what makes reading a FIT file nearly as cheap as checking its checksum.

Source: the FIT protocol's "Record Format" (Garmin FIT SDK, 21.x).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shoetrack.errors import UnreadableError
from shoetrack.importers.fit.layout import Layout, Values, layout_of

TIMESTAMP = 253

# Bits of a message's first byte.
_COMPRESSED = 0x80
_DEFINITION = 0x40
_DEVELOPER = 0x20
_LOCAL = 0x0F

_NO_STEPS = [0] * 256
_NOTHING: frozenset[int] = frozenset()
_SINGLES = tuple(bytes([value]) for value in range(256))
# A series is looked at so many messages at a time.
_SERIES = 64

UNDEFINED = "holds a message that it never defined"
ENDS_WITHIN = "ends within a message"


class DamagedError(UnreadableError):
    """The body goes on with what is no message. What was taken before stands."""


class Walker:
    """Feed it a body's chunks, then `finish`; both raise DamagedError.

    `wanted` names the fields wanted of each global message; `take` is called with the global
    message's number and its fields, in the file's order, unless its definition has none of them.
    A message may lie across chunks of any size; what is kept of one is at most 128 KiB.

    With `times` the compressed time stamps are resolved, for which every message that has a time
    must be looked at.
    """

    def __init__(
        self,
        wanted: Mapping[int, frozenset[int]],
        take: Callable[[int, Values], None],
        times: bool = False,
    ) -> None:
        self._wanted = wanted
        self._take = take
        self._times = times
        self._time: int | None = None
        # By a message's first byte: its size, or 0 where it needs attention.
        self._steps = _NO_STEPS.copy()
        self._sizes = [0] * 16
        self._layouts: list[tuple[int, Layout] | None] = [None] * 16
        self._rest = b""
        self._ahead = 0  # how much of the next chunk belongs to a message that is not wanted

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the body."""
        data = self._rest + chunk if self._rest else chunk
        self._rest = b""
        at, end = self._ahead, len(data)
        steps = self._steps
        last = -1
        while at < end:
            first = data[at]
            step = steps[first]
            if not step:
                step = self._attend(data, at, first)
                if not step:
                    self._rest = data[at:]
                    at = end
                    break
                at += step
                last = -1
            elif first != last:
                at += step
                last = first
            else:
                series = data[at : at + _SERIES * step : step]
                at += step * (len(series) - len(series.lstrip(_SINGLES[first])))
                last = -1
        self._ahead = at - end

    def finish(self) -> None:
        """There is no more."""
        if self._rest or self._ahead:
            raise DamagedError(ENDS_WITHIN)

    def _attend(self, data: bytes, at: int, first: int) -> int:
        """Take the message at `at`; returns its size, or 0 where not all of it is there yet."""
        if first & _COMPRESSED:
            local = first >> 5 & 3
        elif first & _DEFINITION:
            return self._define(data, at, first)
        else:
            local = first & _LOCAL
        size, found = self._sizes[local], self._layouts[local]
        if found is None:
            raise DamagedError(UNDEFINED)
        if at + size > len(data):
            return 0
        number, layout = found
        values = layout.decode(data, at + 1)
        if self._times:
            self._tell_time(values, first)
        if number in self._wanted:
            self._take(number, values)
        return size

    def _define(self, data: bytes, at: int, first: int) -> int:
        """A definition: which message a local number stands for from now on, and its fields."""
        end = at + 6
        if end > len(data):
            return 0
        fields_end = end + 3 * data[at + 5]
        end = fields_end
        if first & _DEVELOPER:
            if end >= len(data):
                return 0
            end += 1 + 3 * data[end]
        if end > len(data):
            return 0
        big_endian = data[at + 2] == 1
        number = int.from_bytes(data[at + 3 : at + 5], "big" if big_endian else "little")
        fields = data[at + 6 : fields_end]
        size = 1 + sum(fields[1::3]) + sum(data[fields_end + 2 : end : 3])
        wanted = self._wanted.get(number, _NOTHING)
        if self._times:
            wanted |= {TIMESTAMP}
        local = first & _LOCAL
        has_wanted = not wanted.isdisjoint(fields[::3])
        has_time = self._times and local < 4  # where its first byte is of that kind
        layout = layout_of(fields, big_endian, wanted) if has_wanted or has_time else None
        self._sizes[local] = size
        self._layouts[local] = (number, layout) if layout else None
        # A step is never 0 where there is no layout: a size counts the first byte too.
        self._steps[local:_DEFINITION:16] = [0 if has_wanted else size] * 4
        if local < 4:
            begin = _COMPRESSED | local << 5
            self._steps[begin : begin + 32] = [0 if layout else size] * 32
        return end - at

    def _tell_time(self, values: Values, first: int) -> None:
        """Keep the last time; give it to a message whose first byte holds its last five bits."""
        stated = values.get(TIMESTAMP)
        if isinstance(stated, int):
            self._time = stated
        elif first & _COMPRESSED and self._time is not None:
            self._time += (first - self._time) & 0x1F
            values[TIMESTAMP] = self._time
