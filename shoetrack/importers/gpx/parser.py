"""Streams a GPX document through expat into a sink, which makes runs or points of it.

No name spaces are resolved, so a prefix that is nowhere declared is no fault: an element is GPX's
own where it has the root's prefix or one declared for GPX, and else foreign, and passed over.
Inside <extensions> prefixes mean nothing, and only the few paths in `_TEXTS` are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO, Protocol
from xml.parsers import expat

from shoetrack.errors import UnreadableError
from shoetrack.importers.gpx.points import Columns, PointHandlers
from shoetrack.importers.gpx.whole import without_points
from shoetrack.importers.xml_feed import feed
from shoetrack.importers.xml_text import utf8_chunks

# 1.0 and 1.1 are http://www.topografix.com/GPX/1/0 and /1/1.
_GPX_SPACE = "topografix.com/gpx/1"

MAX_POINTS = 5_000_000  # two months of one point a second
_MAX_TRACKS = 10_000
_MAX_DEPTH = 100
_MAX_PIECES = 16  # of at most 8 KiB each: no text that is wanted comes near
MAX_TEXT = 500

_STATS = "gpx/trk/extensions/TrackStatsExtension"
# The texts that are kept, by their path without prefixes.
_TEXTS = frozenset(
    {
        "gpx/desc",
        "gpx/name",
        "gpx/time",
        "gpx/metadata/desc",
        "gpx/metadata/name",
        "gpx/metadata/time",
        "gpx/extensions/distance",
        "gpx/trk/desc",
        "gpx/trk/name",
        "gpx/trk/type",
        "gpx/trk/extensions/distance",
        "gpx/trk/extensions/typeTranslated",
        f"{_STATS}/Ascent",
        f"{_STATS}/Distance",
        f"{_STATS}/TimerTime",
    }
)


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """What a track says of itself outside its points; "" where it does not."""

    name: str = ""
    type: str = ""
    translated_type: str = ""
    distance: str = ""
    timer: str = ""
    ascent: str = ""
    description: str = ""


@dataclass(slots=True)
class FileFacts:
    """What a file says outside its tracks, complete once it has been read."""

    creator: str = ""
    name: str = ""
    time: str = ""
    distance: str = ""
    description: str = ""
    routes: int = 0
    waypoints: int = 0
    tracks: int = 0
    remarks: list[str] = field(default_factory=list)


class Sink(Protocol):
    """What the parser drives. Everything comes in the order of the file."""

    def start_file(self, creator: str) -> None:
        """The root was seen."""

    def start_track(self) -> None:
        """A <trk> begins."""

    def add_points(self, points: Columns) -> None:
        """The next points of the current segment, at least one."""

    def add_placeless(self, times: list[str]) -> None:
        """Times of points at exactly 0/0: recorded before the device knew where it was."""

    def break_segment(self) -> None:
        """What follows is another segment: no hop leads to it."""

    def end_track(self, facts: TrackFacts) -> None:
        """A </trk>."""


def parse(stream: BinaryIO, sink: Sink) -> FileFacts:
    """Read the document to its end. Raises UnreadableError with the reason, and its line."""
    return _Parser(sink).run(stream)


def clean(text: str) -> str:
    """One line for a person: no control characters, no runs of blanks, at most 500 characters."""
    kept = text[: 4 * MAX_TEXT]
    if not kept.isprintable():  # as nearly every text is, and no control character
        kept = "".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in kept)
    return " ".join(kept.split())[:MAX_TEXT]


class _Parser:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._facts = FileFacts()
        self._texts: dict[str, str] = {}
        self._path: list[str] = []
        self._pieces: list[str] = []
        self._reading = ""
        self._prefixes = {""}
        self._closed = False
        self._count = 0
        # expat's own idea of the encoding is overruled: it gets UTF-8 whatever the file was.
        self._expat = expat.ParserCreate("UTF-8")
        self._expat.buffer_text = True
        self._expat.StartCdataSectionHandler = self._enter_cdata
        self._expat.EndCdataSectionHandler = self._leave_cdata
        self._in_cdata = False
        self._points: PointHandlers | None = None

    def run(self, stream: BinaryIO) -> FileFacts:
        self._listen()
        facts = self._facts
        chunks = without_points(
            utf8_chunks(stream, facts.remarks), self._is_between_points, self._hand_on
        )
        feed(chunks, self._expat, lambda: self._closed, self._after_chunk, facts.remarks)
        texts = self._texts
        facts.name = texts.get("gpx/metadata/name") or texts.get("gpx/name", "")
        facts.time = texts.get("gpx/metadata/time") or texts.get("gpx/time", "")
        facts.distance = texts.get("gpx/extensions/distance", "")
        facts.description = texts.get("gpx/metadata/desc") or texts.get("gpx/desc", "")
        return facts

    def _listen(self) -> None:
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end

    def _local(self, name: str) -> str:
        """The name without its prefix; "" for a foreign element outside extensions."""
        prefix, colon, local = name.rpartition(":")
        inside = colon and bool(self._path) and "/extensions" in self._path[-1]
        if inside or prefix in self._prefixes:
            return local
        return ""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path:
            self._start_root(name, attributes)
            return
        if len(self._path) > _MAX_DEPTH:
            raise UnreadableError(
                f"is nested too deeply at line {self._expat.CurrentLineNumber}: refused"
            )
        path = f"{self._path[-1]}/{self._local(name)}" if self._path[-1] else ""
        if len(path) > MAX_TEXT:
            path = ""  # nothing that is wanted lies there
        self._path.append(path)
        if path in _TEXTS and path not in self._texts:
            self._reading = path
            self._expat.CharacterDataHandler = self._keep
        elif path == "gpx/trk/trkseg":
            self._start_segment()
        elif path == "gpx/trk":
            self._start_track()
        elif path == "gpx/wpt":
            self._facts.waypoints += 1
        elif path == "gpx/rte":
            self._facts.routes += 1

    def _start_root(self, name: str, attributes: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        if local != "gpx":
            raise UnreadableError(f"is XML but not GPX: its first element is <{clean(name)[:40]}>")
        self._prefixes = {prefix}
        for key, value in attributes.items():
            if key.startswith("xmlns") and _GPX_SPACE in value.lower():
                self._prefixes.add(key[len("xmlns:") :])
        self._path.append("gpx")
        self._facts.creator = clean(attributes.get("creator", ""))
        self._sink.start_file(self._facts.creator)

    def _end(self, name: str) -> None:
        path = self._path.pop()
        if path and path == self._reading:
            self._reading = ""
            self._expat.CharacterDataHandler = None
            if text := clean("".join(self._pieces)):
                self._texts[path] = text
            self._pieces.clear()
        if path == "gpx/trk":
            self._end_track()
        elif not self._path:
            self._closed = True

    def _keep(self, text: str) -> None:
        if len(self._pieces) < _MAX_PIECES:
            self._pieces.append(text)

    def _start_track(self) -> None:
        self._facts.tracks += 1
        if self._facts.tracks > _MAX_TRACKS:
            raise UnreadableError(f"holds more than {_MAX_TRACKS:,} tracks: refused")
        for path in [path for path in self._texts if path.startswith("gpx/trk/")]:
            del self._texts[path]
        self._sink.start_track()

    def _end_track(self) -> None:
        take = self._texts.get
        self._sink.end_track(
            TrackFacts(
                name=take("gpx/trk/name", ""),
                type=take("gpx/trk/type", ""),
                translated_type=take("gpx/trk/extensions/typeTranslated", ""),
                distance=take(f"{_STATS}/Distance") or take("gpx/trk/extensions/distance", ""),
                timer=take(f"{_STATS}/TimerTime", ""),
                ascent=take(f"{_STATS}/Ascent", ""),
                description=take("gpx/trk/desc", ""),
            )
        )

    def _start_segment(self) -> None:
        if self._points is None:
            self._points = PointHandlers(
                self._expat, self._prefixes, self._pause, self._end_segment
            )
        self._points.listen()

    def _end_segment(self) -> None:
        self._pause()
        self._path.pop()
        self._listen()

    def _pause(self) -> None:
        self._after_chunk()
        self._sink.break_segment()

    def _is_between_points(self, fed: int) -> bool:
        return (
            self._points is not None
            and "" in self._prefixes
            and self._points.is_between_points()
            # All was parsed: no tag or comment is open.
            and self._expat.CurrentByteIndex == fed
            and not self._in_cdata
        )

    def _hand_on(self, points: Columns) -> None:
        self._counted(len(points[0]))
        self._sink.add_points(points)

    def _counted(self, points: int) -> None:
        self._count += points
        if self._count > MAX_POINTS:
            raise UnreadableError(f"holds more than {MAX_POINTS:,} points, which no run does")

    def _enter_cdata(self) -> None:
        self._in_cdata = True

    def _leave_cdata(self) -> None:
        self._in_cdata = False

    def _after_chunk(self) -> None:
        """Hand on what was gathered: once a chunk, for a call for each point is slow."""
        if self._points is None:
            return
        located, placeless = self._points.take()
        if located is not None:
            self._hand_on(located)
        if placeless:
            self._counted(len(placeless))
            self._sink.add_placeless(placeless)
