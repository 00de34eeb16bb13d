"""The verdict on a rotation in sentences. Plain functions; names are as they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoetrack.names import listed
from shoetrack.units import Unit, show_distance

if TYPE_CHECKING:
    from shoetrack.rotation.judge import Rotation, Turn


def findings(found: Rotation, unit: Unit) -> list[str]:
    """The verdict on a rotation in sentences: which pairs are over or under, and by how much."""
    said = []
    if found.verdict == "one pair alone":
        said.append(_alone(found, unit))
    elif found.verdict == "even":
        said.append(f"Every pair is within {found.tolerance * 100:.0f} points of its target share.")
    elif found.verdict != "uneven":
        said.append("Whether its pairs take turns shows from 6 runs on.")
    said += _given(found)
    said += [_off(turn, unit) for turn in sorted(found.uneven, key=lambda turn: -turn.off)]
    if len(found.in_use) > 1:
        said += [
            f"{turn.shoe.name} was not worn." for turn in found.unused if turn not in found.uneven
        ]
    return said


def _given(found: Rotation) -> list[str]:
    """What becomes of given shares that do not make 100 %, or leave nothing to the others."""
    given = [turn.shoe.target for turn in found.in_use if turn.shoe.target is not None]
    others = [turn.shoe for turn in found.in_use if turn.shoe.target is None]
    whole = sum(given)
    said = []
    if len(found.in_use) > 1 and given and (whole > 100 or (whole < 100 and not others)):
        said.append(f"The shares that were given make {whole} %, and are taken in proportion.")
    if others and whole >= 100:
        said.append(f"The shares that were given leave nothing to {listed(others)}.")
    return said


def _alone(found: Rotation, unit: Unit) -> str:
    name = found.in_use[0].shoe.name
    if not found.lonely:
        return f"{name} is its only pair: there are no turns to take."
    weekly = show_distance(found.weekly_mm, unit)
    return f"{name} does {weekly} a week alone: runners alternate 2-3 pairs."


def _off(turn: Turn, unit: Unit) -> str:
    by = show_distance(abs(round(turn.behind_mm)), unit)
    where = "over" if turn.off > 0 else "under"
    worn = "was not worn, and " if turn.unused else ""
    return (
        f"{turn.shoe.name} {worn}is {abs(turn.off) * 100:.0f} points {where} its target"
        f" share, by {by}."
    )
