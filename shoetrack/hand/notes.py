"""What a hand notes: how a run felt, and what is seen on a pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from shoetrack.db import observation_queries
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import RefusedError, UsageError
from shoetrack.hand.runs import counting_run
from shoetrack.model import Observation, Run, Shoe
from shoetrack.names import key, tidied
from shoetrack.placing import Pairs
from shoetrack.soreness import LEVELS, LONGEST_NOTE, LONGEST_PART, needs_care


def note_run(
    store: Store,
    run_id: int,
    levels: Mapping[str, int],
    note: str | None,
    now: datetime,
    *,
    clear: bool = False,
) -> tuple[Run, bool]:
    """Note how a run felt: a level for each part of the body, and a note ("" takes it away).

    What was noted of the same part of the run is replaced; `clear` takes all of it away first.
    Gives the run, and whether what was noted calls for a professional. Raises NotFoundError,
    RefusedError, UsageError.
    """
    levels = {_part(part): level for part, level in levels.items()}
    with store.write("feel", f"run {run_id}: {_said(levels, note, clear)}", now) as tx:
        run = counting_run(tx, run_id)
        before = observation_queries.observations(tx)
        there = [one for one in before if one.run_id == run_id]
        _note(tx, there, levels, note, clear, run_id=run_id, noted_on=run.local_date)
        return run, needs_care(before, observation_queries.observations(tx))


def note_shoe(
    store: Store,
    shoe: Shoe,
    levels: Mapping[str, int],
    note: str | None,
    on: date,
    now: datetime,
    *,
    clear: bool = False,
) -> None:
    """Note what is seen on a pair on a day; what was noted of the same part that day is replaced.

    Raises NotFoundError, RefusedError, UsageError.
    """
    with store.write("feel", f"{shoe.name}: {_said(levels, note, clear)}", now) as tx:
        Pairs.of(tx).must_have(shoe.id)
        there = observation_queries.observations_on(tx, shoe.id, on)
        _note(tx, there, levels, note, clear, shoe_id=shoe.id, noted_on=on)


def _note(
    tx: Transaction,
    there: Sequence[Observation],
    levels: Mapping[str, int],
    note: str | None,
    clear: bool,
    **about: object,
) -> None:
    """Bring what is noted of one run, or of a pair on one day, in line with what was said."""
    tidy = None if note is None else tidied(note, "a note", LONGEST_NOTE)
    wanted: dict[str, dict[str, object]] = {}
    for part, level in levels.items():
        if level not in LEVELS:
            raise UsageError(f"a level goes from {LEVELS[0]} to {LEVELS[-1]}; this is {level}")
        wanted[key(part)] = {**about, "part": part, "level": level, "note": ""}
    if tidy:
        wanted[""] = {**about, "part": "", "level": None, "note": tidy}
    said = set(wanted) | ({""} if note is not None else set())
    gone = [one for one in there if clear or key(one.part) in said]
    if clear and not there and not wanted:
        raise RefusedError("nothing was noted there: there is nothing to clear")
    for one in gone:
        # What is said anew takes the place of what was said before; of a twin too, that this run
        # was merged with.
        if values := wanted.pop(key(one.part), None):
            tx.update("observation", one.id, **values)
        else:
            tx.remove("observation", one.id)
    for values in wanted.values():
        tx.add("observation", **values)


def _part(text: str) -> str:
    part = tidied(text, "a part", LONGEST_PART)
    if not key(part):
        raise UsageError("a part is missing: write it like heel=2")
    return part


def _said(levels: Mapping[str, int], note: str | None, clear: bool) -> str:
    """What was noted in a word, for the list of changes."""
    said = [f"{part} {level}" for part, level in levels.items()]
    if note:
        said.append("a note")
    if said:
        return ", ".join(said)
    return "notes cleared" if clear else "note taken away"
