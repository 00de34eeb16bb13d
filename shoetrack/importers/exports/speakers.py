"""Exports whose one file speaks for others beside it, which are then no sources of their own.

Runkeeper's table names a GPX file for each run by GPS: read by itself as well, each would be there
twice. Apple Health's routes have no sport: read by themselves, rides would be runs. Strava's table
tells distance, sport and pair of each activity, so that its thousands of files need not be read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from shoetrack.errors import UnreadableError
from shoetrack.importers.content import CHUNK, read_fully
from shoetrack.importers.exports import apple_health, runkeeper
from shoetrack.importers.exports import strava as strava_export
from shoetrack.importers.exports.apple_health import ROUTES

if TYPE_CHECKING:
    from shoetrack.importers.sources import Source

__all__ = ["ROUTES", "may_speak", "spoken_for", "spoken_for_in"]


def may_speak(name: str, neighbours: Collection[str]) -> bool:
    """Whether a file of that name is worth a look, beside its neighbours in the folder."""
    folded = name.lower()
    return folded.endswith(".csv") or (folded.endswith(".xml") and ROUTES in neighbours)


def spoken_for(source: Source) -> frozenset[str]:
    """The names in a source's folder that it speaks for, told by its content; often none.

    A source that cannot be read speaks for none, and says why when it is read.
    """
    try:
        with source.open() as stream:
            head = read_fully(stream, CHUNK)
        if apple_health.claims(head):
            return frozenset({ROUTES})
        if runkeeper.claims(head):
            with source.open() as stream:
                return runkeeper.files_named(stream)
        if strava_export.claims(head):
            with source.open() as stream:
                return strava_export.files_named(stream)
    except UnreadableError:
        pass
    return frozenset()


def spoken_for_in(sources: Sequence[Source]) -> dict[str, tuple[Source, ...]]:
    """Of an archive's contents, by the name of each that speaks for others: those others."""
    folders: dict[str, set[str]] = {}
    for source in sources:
        folder, _, name = source.name.rpartition("/")
        folders.setdefault(folder, set()).add(name)
        outer, _, inner = folder.rpartition("/")
        folders.setdefault(outer, set()).add(inner)
    speakers: dict[str, str] = {}  # by the file or folder that is spoken for
    for source in sources:
        folder, _, name = source.name.rpartition("/")
        if may_speak(name, folders[folder]):
            speakers |= {f"{folder}/{other}": source.name for other in spoken_for(source)}
    found: dict[str, list[Source]] = {}
    for source in sources:
        speaker = speakers.get(source.name) or speakers.get(source.name.rpartition("/")[0])
        if speaker is not None and speaker != source.name:
            found.setdefault(speaker, []).append(source)
    return {speaker: tuple(others) for speaker, others in found.items()}
