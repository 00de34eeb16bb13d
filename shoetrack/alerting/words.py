"""What alerts say: a title short enough for a notification, and a few lines. Names are as they are
written; each channel escapes them in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from shoetrack.alerts import again, stages
from shoetrack.db.check_queries import WaitingRun
from shoetrack.forecast import Forecast
from shoetrack.load import ADVISED_PERCENT, Load
from shoetrack.model import AlertKind, Draft, Shoe
from shoetrack.rotation import words as turn_words
from shoetrack.rotation.judge import Rotation
from shoetrack.units import Unit, show_distance
from shoetrack.wear import SOON, Wear, buy_by, buying, why_unknown

# So many of a list are named.
_NAMED = 5
# So many files are kept with an alert.
_KEPT = 100


# --- pairs ------------------------------------------------------------------------------------


def wear(wear: Wear, level: int, unit: Unit, today: date) -> Draft:
    """A pair has come to a stage."""
    stage, step = stages.named(level)
    facts = {}
    if stage == "near-end" and wear.forecast is not None and wear.forecast.on - today <= SOON:
        days = max((wear.forecast.on - today).days, 1)
        facts[stages.TWO_WEEKS] = max(wear.left_mm, wear.left_mm * SOON.days // days)
    return Draft(
        kind=AlertKind.WEAR,
        subject=subject_of(wear.shoe),
        title=_wear_title(wear, level, unit),
        body="\n".join(_wear_body(wear, unit, today)),
        urgent=level >= stages.WORN_OUT,
        shoe_id=wear.shoe.id,
        stage=stage,
        step=step,
        distance_mm=wear.total.distance_mm,
        range_mm=wear.range_mm,
        facts=facts,
    )


def subject_of(shoe: Shoe) -> str:
    return f"shoe:{shoe.id}"


def _wear_title(wear: Wear, level: int, unit: Unit) -> str:
    low, high = wear.range_mm
    worn = wear.total.distance_mm
    name = wear.shoe.name
    if level == stages.IN_RANGE:
        ends = f"{low / unit.mm:.0f}-{high / unit.mm:.0f}"
        return f"{name} has come into its range: {worn / unit.mm:.0f} of {ends} {unit}"
    where = {
        stages.NEAR_END: "is near its end",
        stages.WORN_OUT: "is at its end",
    }.get(level, f"is {(worn - high) / unit.mm:.0f} {unit} beyond its end")
    digits = int(f"{worn / unit.mm:.0f}" == f"{high / unit.mm:.0f}" and worn != high)
    return f"{name} {where}: {worn / unit.mm:.{digits}f} of {high / unit.mm:.{digits}f} {unit}"


def _typed(name: str) -> str:
    """A pair's name as it is typed in a shell of any kind; NAME where that would take thought."""
    return f'"{name}"' if re.fullmatch(r"\w[\w .,'()+/-]*", name) else "NAME"


def _wear_body(wear: Wear, unit: Unit, today: date) -> list[str]:
    low, high = wear.range_mm
    worn = show_distance(wear.total.distance_mm, unit)
    left = show_distance(abs(wear.left_mm), unit)
    ends = f"{low / unit.mm:.0f}-{high / unit.mm:.0f} {unit}"
    if wear.left_mm <= 0:
        beyond = f"{left} beyond" if wear.left_mm else "just at the end of"
        return [
            f"{worn} worn, {beyond} its range of {ends}.",
            f"{buying(wear, today)}.",
            f"Once it is replaced: shoetrack shoe retire {_typed(wear.shoe.name)}",
        ]
    lines = [f"{worn} worn, {left} left of its range of {ends}."]
    if wear.forecast is None:
        lines.append(f"When it is done is not known: {why_unknown(wear, today)}.")
    else:
        lines.append(f"Done about {when(wear.forecast)}.")
    if buy_by(wear, today) is not None:
        lines.append(f"{buying(wear, today)}.")
    return lines


def when(forecast: Forecast) -> str:
    """A forecast with its interval: `2026-06-20 (2026-06-14 to 2026-07-02)`."""
    if forecast.latest is None:
        return f"{forecast.on} ({forecast.earliest} or later)"
    if forecast.earliest == forecast.latest:
        return str(forecast.on)
    return f"{forecast.on} ({forecast.earliest} to {forecast.latest})"


# --- rotations --------------------------------------------------------------------------------


def subject_of_rotation(name: str) -> str:
    return f"rotation:{name}"


def uneven(found: Rotation, next_pair: Shoe, unit: Unit) -> Draft:
    """The pairs of a rotation do not take turns."""
    lines = turn_words.findings(found, unit)
    return Draft(
        kind=AlertKind.ROTATION,
        subject=subject_of_rotation(found.name),
        title=f"Rotation {found.name} is uneven: wear {next_pair.name} next",
        body="\n".join([f"Over {found.window.days} days and {found.runs} runs:", *_first(lines)]),
        facts={"next": next_pair.id},
    )


# --- runs that wait ---------------------------------------------------------------------------

WAITING = "waiting"


def waiting(runs: Sequence[WaitingRun], unit: Unit) -> Draft:
    """Runs wait for a pair, or for a distance."""
    loose = [run for run in runs if run.unassigned]
    unmeasured = [run for run in runs if run.distance_mm is None]
    what = "a pair or a distance" if loose and unmeasured else "a pair" if loose else "a distance"
    lines = []
    if loose:
        length = show_distance(sum(run.distance_mm or 0 for run in loose), unit)
        are = "is" if len(loose) == 1 else "are"
        lines.append(f"{_runs(len(loose))} ({length}) {are} on no pair: shoetrack assign")
    if unmeasured:
        have = "has" if len(unmeasured) == 1 else "have"
        lines.append(
            f"{_runs(len(unmeasured))} {have} no distance yet: shoetrack runs --unmeasured"
        )
    return Draft(
        kind=AlertKind.WAITING,
        subject=WAITING,
        title=f"{_runs(len(runs))} {'waits' if len(runs) == 1 else 'wait'} for {what}",
        body="\n".join(lines),
        facts={"runs": again.packed(run.id for run in runs)},
    )


def _runs(count: int) -> str:
    return f"{count:,} run{'' if count == 1 else 's'}"


# --- the week ---------------------------------------------------------------------------------

LOAD = "load"


def load(week: Load, unit: Unit) -> Draft:
    """More was run this week than in those before."""
    assert week.mean_mm is not None
    return Draft(
        kind=AlertKind.LOAD,
        subject=LOAD,
        title=f"Your last 7 days are {week.percent} % above the four weeks before",
        body=(
            f"{show_distance(week.week_mm, unit)} since {week.since}; the mean of the four weeks"
            f" before is {show_distance(week.mean_mm, unit)}.\n"
            f"Runners are often advised to rise by no more than {ADVISED_PERCENT} % a week; there"
            " is little evidence for it."
        ),
    )


# --- files ------------------------------------------------------------------------------------

FILES = "files"


def files(refused: Sequence[tuple[str, str]], earlier: Sequence[Draft] = ()) -> Draft:
    """Files could not be read; those of earlier alerts that are still open go with them."""
    new = {path for path, _ in refused}
    known = [(path, why) for one in earlier for path, why in one.facts["files"]]
    still = [one for one in known if one[0] not in new]
    count = len(refused) + sum(one.facts["count"] for one in earlier) - len(known) + len(still)
    every = [*refused, *still]
    shown = [f"{path}: {why}" for path, why in every[:_NAMED]]
    if count > _NAMED:
        shown.append(f"and {count - _NAMED:,} more: shoetrack import FOLDER names them all")
    return Draft(
        kind=AlertKind.FILES,
        subject=FILES,
        title=f"{count:,} file{'' if count == 1 else 's'} could not be read",
        body="\n".join(shown),
        facts={"files": every[:_KEPT], "count": count},
    )


def _first(lines: Sequence[str]) -> list[str]:
    if len(lines) <= _NAMED:
        return list(lines)
    return [*lines[:_NAMED], "and more: shoetrack rotation"]
