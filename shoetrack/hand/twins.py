"""What a hand says of runs that are one, or are not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shoetrack import intake
from shoetrack.config import DISTANCE_ORDER
from shoetrack.db import run_queries, sighting_queries
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import RefusedError, UsageError
from shoetrack.hand.runs import any_run, as_seen, counting_run, in_words, set_status
from shoetrack.model import MANUAL, Decision, Run, Share, Status
from shoetrack.model.rules import NO_RULES, Guide
from shoetrack.placing import Pairs, decide, edit, place, refresh
from shoetrack.sport import Sport


def merge_runs(
    store: Store,
    keep_id: int,
    other_ids: Sequence[int],
    now: datetime,
    order: Sequence[str] = DISTANCE_ORDER,
    *,
    seen: Sequence[Run] = (),
    guide: Guide = NO_RULES,
) -> Run:
    """Say that runs are one: the others' sightings become further ones of the one that is kept.

    Its distance is then the best of them all by `order`, not their sum. Raises NotFoundError,
    RefusedError, UsageError.
    """
    if keep_id in other_ids:
        raise UsageError(f"run {keep_id} cannot be merged with itself")
    with store.write("merge", f"{in_words(other_ids)} merged into run {keep_id}", now) as tx:
        as_seen(tx, seen)
        pairs = Pairs.of(tx, guide)
        kept = counting_run(tx, keep_id)
        for other_id in other_ids:
            counting_run(tx, other_id)
            kept = _join(tx, keep_id, other_id, pairs, order)
        return kept


def unmerge_run(
    store: Store,
    run_id: int,
    now: datetime,
    order: Sequence[str] = DISTANCE_ORDER,
    *,
    guide: Guide = NO_RULES,
) -> tuple[Run, Run]:
    """Say that a run that was merged is one of its own after all.

    Its sightings are its own again, and both runs are what they were but for what a hand has
    decided of them since. Gives the run, and the one that it was taken out of. Raises
    NotFoundError, RefusedError.
    """
    with store.write("unmerge", f"run {run_id} is a run of its own again", now) as tx:
        run = any_run(tx, run_id)
        if run.status is not Status.MERGED:
            raise RefusedError(f"run {run_id} was not merged into another: it is one of its own")
        pairs = Pairs.of(tx, guide)
        way = _way_up(tx, run)
        # What was merged since is taken out first, the last one first, and put back after: so
        # each step is the exact reverse of a merge, and knows what was lent.
        put_back: list[tuple[int, int]] = []
        for child_id, parent_id in reversed(way):
            since = _merged_since(tx, parent_id, child_id)
            for sibling_id in reversed(since):
                _split(tx, parent_id, sibling_id, pairs, order)
            _split(tx, parent_id, child_id, pairs, order)
            back = since if child_id == run_id else [child_id, *since]
            put_back = [(parent_id, sibling_id) for sibling_id in back] + put_back
        for parent_id, child_id in put_back:
            _join(tx, parent_id, child_id, pairs, order)
        return any_run(tx, run_id), any_run(tx, way[-1][1])


def keep_runs(
    store: Store,
    run_ids: Sequence[int],
    now: datetime,
    *,
    seen: Sequence[Run] = (),
    guide: Guide = NO_RULES,
) -> None:
    """Say that runs in doubt are right as they are: no other run's twin, and as far as they say.

    Raises NotFoundError, RefusedError.
    """
    with store.write("keep", f"{in_words(run_ids)} kept as runs of their own", now) as tx:
        as_seen(tx, seen)
        pairs = Pairs.of(tx, guide)
        for run_id in run_ids:
            run = counting_run(tx, run_id)
            differs = run_queries.differs(tx, run_id, intake.DIFFERING)
            if run.twin_id is None and not differs:
                raise RefusedError(f"run {run_id} is not in doubt: there is nothing to settle")
            if differs:
                by_hand = run.set_by_hand | {"distance_mm"}
                tx.update("run", run_id, set_by_hand=",".join(sorted(by_hand)))
            if run.twin_id is not None:
                run = _without_twin(tx, run)
                place(tx, run, decide(tx, run, pairs))


# --- what a run lends to the one that it becomes part of ------------------------------------


@dataclass(frozen=True, slots=True)
class _Loan:
    """What the kept run was like before a merge, and what the merge made of it."""

    nth: int  # which of the runs merged into it, from 0
    sport: Sport
    fields: frozenset[str]  # what a hand had set of the other run, and not of it
    before: Decision
    after: Decision
    doubt: bool  # one of them was in doubt, and so on no pair


def _to_json(loan: _Loan) -> str:
    return json.dumps(
        {
            "nth": loan.nth,
            "sport": loan.sport,
            "fields": sorted(loan.fields),
            "before": _decision_to_json(loan.before),
            "after": _decision_to_json(loan.after),
            "doubt": loan.doubt,
        }
    )


def _from_json(text: str) -> _Loan | None:
    """None for a merge that is older than the loans."""
    if not text:
        return None
    values = json.loads(text)
    return _Loan(
        nth=values["nth"],
        sport=Sport(values["sport"]),
        fields=frozenset(values["fields"]),
        before=_decision_from_json(values["before"]),
        after=_decision_from_json(values["after"]),
        doubt=values["doubt"],
    )


def _decision_to_json(decision: Decision) -> dict[str, Any]:
    shares = [[share.shoe_id, share.weight] for share in decision.shares]
    return {"by": decision.by, "shares": shares}


def _decision_from_json(values: dict[str, Any]) -> Decision:
    return Decision(tuple(Share(shoe, weight) for shoe, weight in values["shares"]), values["by"])


def _decision(run: Run) -> Decision:
    return Decision(run.shares, run.decided_by)


# --- making one run of two, and two of one --------------------------------------------------


def _join(tx: Transaction, keep_id: int, other_id: int, pairs: Pairs, order: Sequence[str]) -> Run:
    was, other = any_run(tx, keep_id), any_run(tx, other_id)
    nth = len(run_queries.merged_into(tx, keep_id))
    first = sighting_queries.first_runs(tx, other_id)
    for sighting in sighting_queries.sightings_of(tx, [other_id]).get(other_id, []):
        first_id = first.get(sighting.id, other_id)
        tx.update("sighting", sighting.id, run_id=keep_id, first_run_id=first_id)
    tx.update("run", other_id, merged_into_id=keep_id, twin_id=None)
    set_status(tx, replace(other, twin_id=None), Status.MERGED, f"merged into {keep_id}")
    _repoint_twins(tx, other_id, keep_id)
    kept = _without_twin(tx, was) if was.twin_id == other_id else was
    kept = _inherit(tx, kept, other, pairs)
    # A hand's decision on either of the two is one on the run that they are; and a run that was
    # in doubt takes the pair of the run that it is.
    if kept.decided_by != MANUAL and (other.decided_by == MANUAL or not kept.shares):
        kept = place(tx, kept, _decision(other))
    kept = refresh(tx, keep_id, pairs, f"merged with run {other_id}", order)
    loan = _Loan(
        nth=nth,
        sport=was.sport,
        fields=other.set_by_hand - was.set_by_hand,
        before=_decision(was),
        after=_decision(kept),
        doubt=other.twin_id is not None or was.twin_id == other_id,
    )
    tx.update("run", other_id, lent=_to_json(loan))
    return kept


def _inherit(tx: Transaction, kept: Run, other: Run, pairs: Pairs) -> Run:
    """What a hand has set of a twin holds for the run that they are, unless it set that there."""
    fields = other.set_by_hand - kept.set_by_hand
    if not fields:
        return kept
    values = {field: getattr(other, field) for field in fields}
    if "distance_mm" in fields:
        values["distance_from"] = other.distance_from
    kept = _set_by_hand(tx, kept, kept.set_by_hand | fields)
    return edit(tx, kept, values, pairs, f"as was set by hand for run {other.id}")


def _split(
    tx: Transaction, keep_id: int, other_id: int, pairs: Pairs, order: Sequence[str]
) -> None:
    """Take the run that was merged last out again; `keep_id` is what it was before."""
    kept, other = any_run(tx, keep_id), any_run(tx, other_id)
    loan = _from_json(run_queries.merged_into(tx, keep_id)[other_id])
    family = {other_id, *_below(tx, other_id)}
    _check_both_are_seen(tx, keep_id, other_id, family)
    for sighting_id, first_id in sighting_queries.first_runs(tx, keep_id).items():
        if first_id in family:
            still = None if first_id == other_id else first_id
            tx.update("sighting", sighting_id, run_id=other_id, first_run_id=still)
    note = f"run {other_id} is a run of its own"
    tx.update("run", other_id, merged_into_id=None, lent="")
    set_status(tx, other, Status.ACTIVE, note)
    decided, own = _decision(kept), _decision(other)
    if loan is not None:
        lent = {f for f in loan.fields if getattr(kept, f) == getattr(other, f)}
        kept = _set_by_hand(tx, kept, kept.set_by_hand - lent)
        if "sport" not in kept.set_by_hand:
            tx.update("run", keep_id, sport=loan.sport)  # where no sighting says another
    kept = refresh(tx, keep_id, pairs, note, order)
    other = place(tx, refresh(tx, other_id, pairs, note, order), own, note=note)
    if loan is not None and decided == loan.after:
        kept = place(tx, kept, loan.before, note=note)
    if loan is not None and loan.doubt:
        for run in (kept, other):
            if not run.shares:
                place(tx, run, decide(tx, run, pairs), note=note)


def _check_both_are_seen(tx: Transaction, keep_id: int, other_id: int, family: set[int]) -> None:
    """That each has a sighting of its own; one may be gone, as it was deleted where it came from.

    Raises RefusedError.
    """
    first = sighting_queries.first_runs(tx, keep_id)
    seen = sighting_queries.sightings_of(tx, [keep_id]).get(keep_id, [])
    theirs = [one.id for one in seen if first.get(one.id) in family]
    if not theirs or len(theirs) == len(seen):
        gone = keep_id if theirs else other_id
        raise RefusedError(
            f"run {other_id} cannot be taken out of run {keep_id}: what told of run {gone} is gone,"
            " as it was deleted there"
        )


def _below(tx: Transaction, run_id: int) -> Iterator[int]:
    """The runs that were merged into this one, and into those."""
    for other_id in run_queries.merged_into(tx, run_id):
        yield other_id
        yield from _below(tx, other_id)


def _way_up(tx: Transaction, run: Run) -> list[tuple[int, int]]:
    """From a merged run to the one that counts: each with the run that it was merged into."""
    way = []
    while run.merged_into_id is not None:
        way.append((run.id, run.merged_into_id))
        run = any_run(tx, run.merged_into_id)
    return way


def _merged_since(tx: Transaction, parent_id: int, child_id: int) -> list[int]:
    """The runs that were merged into the parent after the child, in that order."""
    nth: dict[int, int] = {}
    for run_id, lent in run_queries.merged_into(tx, parent_id).items():
        loan = _from_json(lent)
        nth[run_id] = -1 if loan is None else loan.nth
    return sorted((one for one in nth if nth[one] > nth[child_id]), key=lambda one: nth[one])


def _set_by_hand(tx: Transaction, run: Run, fields: frozenset[str]) -> Run:
    tx.update("run", run.id, set_by_hand=",".join(sorted(fields)))
    return replace(run, set_by_hand=fields)


def _without_twin(tx: Transaction, run: Run) -> Run:
    tx.update("run", run.id, twin_id=None)
    return replace(run, twin_id=None)


def _repoint_twins(tx: Transaction, gone_id: int, keep_id: int) -> None:
    """Runs that were in doubt with a run that is merged away are in doubt with what it became."""
    for row in tx.rows(
        "SELECT id FROM run WHERE athlete_id = :athlete AND twin_id = :gone AND id <> :keep",
        gone=gone_id,
        keep=keep_id,
    ):
        tx.update("run", row["id"], twin_id=keep_id)
