"""Keeping a run in the store true to what its sightings say and to what was decided for it.

Each function here ends with the run's entries settled, so law 1 holds after every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import TYPE_CHECKING

from shoetrack import assign, intake, ledger, rules
from shoetrack.db import entry_queries, run_queries, shoe_queries, sighting_queries
from shoetrack.db.reader import Rows
from shoetrack.errors import NotFoundError
from shoetrack.model import Decision, DefaultShoe, Run, RunRecord, Share, Shoe, Sighting
from shoetrack.model.rules import NO_RULES, Guide
from shoetrack.rules import Bound, Traits
from shoetrack.sport import Sport

if TYPE_CHECKING:
    from shoetrack.db.store import Transaction  # loads what questions need not wait for


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs, rules and defaults that automatic decisions are made with. `zone` is home."""

    shoes: Mapping[int, Shoe]
    defaults: Sequence[DefaultShoe]
    rules: Sequence[Bound] = ()
    trust_gear: bool = True
    zone: tzinfo | None = None

    @classmethod
    def of(cls, store: Rows, guide: Guide = NO_RULES) -> Pairs:
        shoes = {shoe.id: shoe for shoe in shoe_queries.shoes(store)}
        return cls(
            shoes,
            shoe_queries.defaults(store),
            rules.bind(guide.rules, shoes),
            guide.trust_gear,
            guide.zone,
        )

    def must_have(self, *shoe_ids: int) -> None:
        """Raise NotFoundError for a pair that was deleted since it was looked up."""
        if not set(shoe_ids) <= set(self.shoes):
            raise NotFoundError(
                "the pair was deleted meanwhile: `shoetrack shoe list` has the rest"
            )

    def decide(self, run: Run, seen: Sequence[Sighting | RunRecord]) -> Decision:
        """What is decided for a run, which was `seen` there, as things stand."""
        return assign.decide(
            run,
            None if self.is_settled(run) else self.by_rule(rules.Traits(run, seen, self.zone)),
            self.defaults,
            self.shoes,
            trust_gear=self.trust_gear,
        )

    def is_settled(self, run: Run) -> bool:
        """Whether no rule or default may move it."""
        return assign.is_settled(run, trust_gear=self.trust_gear)

    def by_rule(self, traits: Traits) -> Decision | None:
        """What the first rule that fits says; None where none does."""
        found = rules.first(self.rules, traits)
        return found.decision if found else None


def add_run(
    tx: Transaction,
    record: RunRecord,
    pairs: Pairs,
    *,
    default_sport: Sport,
    twin_id: int | None = None,
    decided: Decision | None = None,
) -> Run:
    """A new run from the first record of it, placed. The record's day is settled by now."""
    assert record.local_date is not None
    values: dict[str, object] = {
        "local_date": record.local_date,
        "sport": record.sport or default_sport,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "name": record.name,
        "distance_mm": record.distance_mm,
        "distance_from": record.distance_from,
        "duration_s": record.duration_s,
        "twin_id": twin_id,
    }
    run = Run(id=0, **values)  # type: ignore[arg-type]
    decision = decided or pairs.decide(run, [record])
    run_id = tx.add("run", **values, decided_by=decision.by)
    add_sighting(tx, run_id, record)
    return place(tx, replace(run, id=run_id, decided_by=decision.by), decision, is_new=True)


def add_sighting(tx: Transaction, run_id: int, record: RunRecord) -> None:
    """One more place where a run was seen."""
    tx.add(
        "sighting",
        run_id=run_id,
        kind=record.kind,
        digest=record.digest,
        record_index=record.index,
        source=record.source,
        local_date=record.local_date,
        started_at=record.started_at,
        ended_at=record.ended_at,
        sport=record.sport,
        distance_mm=record.distance_mm,
        distance_from=record.distance_from,
        duration_s=record.duration_s,
        name=record.name,
        creator=record.creator,
        device=record.device,
        seen_at=tx.now,
        utc_offset_s=record.utc_offset_s,
        description=record.description,
        start_lat=record.start[0] if record.start else None,
        start_lon=record.start[1] if record.start else None,
        finish_lat=record.finish[0] if record.finish else None,
        finish_lon=record.finish[1] if record.finish else None,
        ascent_mm=record.ascent_mm,
        gear=record.gear,
        strava_id=record.strava_id,
    )


def refresh(tx: Transaction, run_id: int, pairs: Pairs, note: str, order: Sequence[str]) -> Run:
    """Bring a run up to what its sightings now say, the best distance by `order`; what a hand has
    set stays.

    Its pair is decided anew only where its day or sport is another one, or where it has none: a
    rule or default that was changed since moves no old run.
    """
    run = run_queries.run(tx, run_id)
    assert run is not None
    seen = sighting_queries.sightings_of(tx, [run_id])[run_id]
    facts = intake.combine(seen, order)
    found = {
        "local_date": facts.local_date,
        "started_at": facts.started_at,
        "ended_at": facts.ended_at,
        "sport": facts.sport or run.sport,
        "distance_mm": facts.distance_mm,
        "distance_from": facts.distance_from,
        "duration_s": facts.duration_s,
        "name": facts.name,
    }
    if "distance_mm" in run.set_by_hand:
        del found["distance_from"]
    values = {k: v for k, v in found.items() if k not in run.set_by_hand}
    return edit(tx, run, values, pairs, note, seen)


def edit(
    tx: Transaction,
    run: Run,
    values: Mapping[str, object],
    pairs: Pairs,
    note: str,
    seen: Sequence[Sighting] | None = None,
) -> Run:
    """Change facts of a run and bring its pair and its entries in line; `seen` are its sightings
    where the caller has them.
    """
    tx.update("run", run.id, **values)
    changed = replace(run, **values)  # type: ignore[arg-type]
    decision = Decision(run.shares, run.decided_by)
    if not run.shares or (changed.sport, changed.local_date) != (run.sport, run.local_date):
        decision = decide(tx, changed, pairs, seen)
    return place(tx, changed, decision, note=note)


def decide(
    tx: Transaction, run: Run, pairs: Pairs, seen: Sequence[Sighting] | None = None
) -> Decision:
    """What is decided for a run of the store as things stand."""
    if seen is None:
        asked = bool(pairs.rules) and not pairs.is_settled(run)
        seen = sighting_queries.sightings_of(tx, [run.id]).get(run.id, []) if asked else []
    return pairs.decide(run, seen)


def place(
    tx: Transaction, run: Run, decision: Decision, *, note: str = "", is_new: bool = False
) -> Run:
    """Put a run on the pairs decided: the decision is kept, the ledger brought in line with it."""
    if decision.shares != run.shares:
        if run.shares:
            for row in tx.rows("SELECT id FROM share WHERE run_id = :run ORDER BY id", run=run.id):
                tx.remove("share", row["id"])
        for share in decision.shares:
            tx.add("share", run_id=run.id, shoe_id=share.shoe_id, weight=share.weight)
    if decision.by != run.decided_by:
        tx.update("run", run.id, decided_by=decision.by)
    placed = replace(run, shares=decision.shares, decided_by=decision.by)
    entries = [] if is_new else entry_queries.entries_of_run(tx, run.id)
    tx.post(ledger.settle(placed, entries, by=decision.by or "", note=note))
    return placed


def place_all(tx: Transaction, moves: Sequence[tuple[Run, Decision]], note: str) -> None:
    """`place` for many runs, with a few statements in all."""
    by_id = {run.id: (run, decision) for run, decision in moves}
    reshared = {i: d.shares for i, (run, d) in by_id.items() if d.shares != run.shares}
    _share_all(tx, reshared)
    tx.update_all("run", {i: {"decided_by": decision.by} for i, (_, decision) in by_id.items()})
    entries = entry_queries.standing_of_runs(tx, by_id)
    tx.post(
        posting
        for run_id, (run, decision) in by_id.items()
        for posting in ledger.settle(
            replace(run, shares=decision.shares, decided_by=decision.by),
            entries[run_id],
            by=decision.by or "",
            note=note,
        )
    )


def _share_all(tx: Transaction, wanted: Mapping[int, tuple[Share, ...]]) -> None:
    """Bring the shares of many runs to what is wanted; one pair for another is a single change."""
    held = run_queries.shares_of(tx, wanted)
    turned = {i: ids[0] for i, ids in held.items() if len(ids) == len(wanted[i]) == 1}
    tx.remove_all("share", [id_ for i, ids in held.items() if i not in turned for id_ in ids])
    tx.update_all(
        "share",
        {
            share_id: {"shoe_id": share.shoe_id, "weight": share.weight}
            for run_id, share_id in turned.items()
            for share in wanted[run_id]
        },
    )
    tx.add_all(
        "share",
        [
            {"run_id": run_id, "shoe_id": share.shoe_id, "weight": share.weight}
            for run_id, shares in wanted.items()
            if run_id not in turned
            for share in shares
        ],
    )
