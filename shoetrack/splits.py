"""One run over several pairs, as people write it: `Speedgoat=60%,Pegasus=40%`, `Speedgoat=6km,
Pegasus=4.2km`, `Speedgoat=40min,Pegasus=25:10`. One pair without an amount takes the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from shoetrack.errors import AmbiguousError, NotFoundError, RefusedError, UsageError
from shoetrack.model import Run, Share, Shoe
from shoetrack.units import Unit, parse_distance, parse_duration, show_distance, show_duration

_WHOLE = 100_00  # hundredths of a percent
# Between parts; the comma of `5,5km` is within a number, and the amount ends with it.
_COMMA = re.compile(r",(?!(?<=\d,)\d+\s*(?:%|[a-z]+)\s*(?:,|$))", re.IGNORECASE)
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d+))?\s*%")
# Amounts are typed as they are shown, rounded: together they may miss the run by this much.
_NEAR = 0.01
_NEAR_S = 60


class Measure(StrEnum):
    """What the parts of a split are parts of."""

    PERCENT = "percentages"
    DISTANCE = "distances"
    TIME = "times"


@dataclass(frozen=True, slots=True)
class Part:
    """A pair's part: in hundredths of a percent, millimetres or seconds; None is the rest."""

    shoe_id: int
    amount: int | None


@dataclass(frozen=True, slots=True)
class Split:
    """What was written, before there is a run to divide."""

    measure: Measure
    parts: tuple[Part, ...]


def parse(text: str, find_pair: Callable[[str], Shoe], unit: Unit) -> Split:
    """Read a split; a bare number is no amount. Raises UsageError, and what `find_pair` raises."""
    measures: set[Measure] = set()
    parts = []
    for piece in _COMMA.split(text):
        measure, part = _part(piece.strip(), find_pair, unit)
        measures |= {measure} if measure else set()
        parts.append(part)
    if len({part.shoe_id for part in parts}) < len(parts):
        raise UsageError("a split names each pair once")
    if len(measures) > 1:
        mixed = " and ".join(sorted(measures))
        raise UsageError(f"a split is in one measure; this one mixes {mixed}")
    if sum(part.amount is None for part in parts) > 1:
        raise UsageError("only one pair of a split can take the rest: give the others an amount")
    if not measures:
        raise UsageError(f"{text.strip()!r} is no split: {_HOW}")
    return _checked(Split(measures.pop(), tuple(parts)))


_HOW = 'write it like "Speedgoat=60%,Pegasus=40%" or "Speedgoat=6km,Pegasus"'


def _part(piece: str, find_pair: Callable[[str], Shoe], unit: Unit) -> tuple[Measure | None, Part]:
    """A pair with its amount, or one that takes the rest."""
    name, equals, typed = piece.rpartition("=")
    if not piece:
        raise UsageError(f"a part of the split is empty: {_HOW}")
    if not equals:
        return None, Part(find_pair(piece).id, None)
    if not name.strip():
        raise UsageError(f"{piece!r} names no pair: {_HOW}")
    try:
        measure, amount = _amount(typed.strip(), unit, piece)
    except UsageError:
        with suppress(NotFoundError, AmbiguousError):
            return None, Part(find_pair(piece).id, None)  # its name has a "="
        raise
    return measure, Part(find_pair(name.strip()).id, amount)


def _amount(typed: str, unit: Unit, piece: str) -> tuple[Measure, int]:
    """What an amount measures, and how much it is. Raises UsageError."""
    if match := _PERCENT.fullmatch(typed):
        hundredths = (match[2] or "").ljust(2, "0")
        if len(hundredths) > 2:
            raise UsageError(f"{piece!r} has more than the two decimals that a percentage may have")
        measure, amount = Measure.PERCENT, int(match[1]) * 100 + int(hundredths)
    elif re.fullmatch(r"[\d.,]*", typed):
        raise UsageError(f"{piece!r} does not say of what: write 60%, 6{unit} or 40min")
    else:
        try:
            measure, amount = Measure.DISTANCE, int(parse_distance(typed, unit))
        except ValueError:
            try:
                measure, amount = Measure.TIME, int(parse_duration(typed))
            except ValueError:
                raise UsageError(f"{piece!r} is no part of a split: {_HOW}") from None
    if amount <= 0:
        raise UsageError(f"{piece!r} is no part of a split: it must be above 0")
    return measure, amount


def _checked(split: Split) -> Split:
    """Percentages can be added up without a run. Raises UsageError."""
    if split.measure is Measure.PERCENT:
        total = sum(part.amount or 0 for part in split.parts)
        open_end = any(part.amount is None for part in split.parts)
        if open_end and total >= _WHOLE:
            raise UsageError(f"the parts sum to {total / 100:g} %: there is no rest")
        if not open_end and total != _WHOLE:
            raise UsageError(f"the parts of a split sum to 100 %; these sum to {total / 100:g} %")
    return split


def shares_of(split: Split, run: Run | None, unit: Unit) -> tuple[Share, ...]:
    """The shares of a run that a split means; for percentages no run is needed.

    Amounts become the weights, so a later change of the run's distance scales the parts. Raises
    UsageError, and RefusedError where the run's own amount is unknown.
    """
    amounts = [part.amount or 0 for part in split.parts]
    rest_at = next((i for i, part in enumerate(split.parts) if part.amount is None), None)
    whole = _WHOLE if split.measure is Measure.PERCENT else _whole(split.measure, run)
    left = whole - sum(amounts)
    if rest_at is not None:
        if left <= 0:
            raise UsageError(_off(split, run, sum(amounts), whole, unit))
        amounts[rest_at] = left
    elif abs(left) > _tolerance(split.measure, whole, unit):
        raise UsageError(_off(split, run, sum(amounts), whole, unit))
    if len(amounts) == 1:
        return (Share(split.parts[0].shoe_id),)
    return tuple(
        Share(part.shoe_id, amount) for part, amount in zip(split.parts, amounts, strict=True)
    )


def _whole(measure: Measure, run: Run | None) -> int:
    if run is None:
        raise UsageError(f"{measure} divide one run: for several, write percentages")
    whole = run.distance_mm if measure is Measure.DISTANCE else run.duration_s
    if not whole:
        lacking = "distance" if measure is Measure.DISTANCE else "duration"
        raise RefusedError(
            f"the {lacking} of run {run.id} is unknown: split it by percent, or say it with"
            f" `shoetrack run edit {run.id} --{lacking}`"
        )
    return whole


def _tolerance(measure: Measure, whole: int, unit: Unit) -> float:
    """A distance is shown to a tenth of a unit, a time to the second and thought of in minutes."""
    if measure is Measure.PERCENT:
        return 0
    return max(whole * _NEAR, unit.mm / 20 if measure is Measure.DISTANCE else _NEAR_S)


def _off(split: Split, run: Run | None, total: int, whole: int, unit: Unit) -> str:
    assert run is not None
    by_distance = split.measure is Measure.DISTANCE

    def shown(amount: int) -> str:
        return show_distance(amount, unit, 2) if by_distance else show_duration(amount)

    sentence = f"the parts sum to {shown(total)}; run {run.id} is {shown(whole)}"
    if total > whole:
        return f"{sentence}, which is {shown(total - whole)} less"
    if total == whole:
        return f"{sentence}: there is no rest"
    return f"{sentence}: {shown(whole - total)} are left"
