"""What Strava tells of one activity, entered: new, changed, put on another pair, or gone.

Each function ends with the run's entries settled, as those of `placing` do.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, fields, replace

from shoetrack import intake
from shoetrack.db import run_queries, sighting_queries, strava_queries
from shoetrack.db.store import Transaction
from shoetrack.export_pairs import STRAVA
from shoetrack.importers.exports.rows import row_digest
from shoetrack.importers.exports.strava import SERVICE
from shoetrack.importers.strava.protocol import Activity
from shoetrack.model import MANUAL, Decision, Run, RunRecord, Share, Sighting, Status
from shoetrack.pipeline import ImportSettings, enter
from shoetrack.placing import Pairs, decide, place, refresh
from shoetrack.syncing.summary import Gone, SyncSummary

# What Strava may say otherwise of an activity than before.
_FACTS = (
    "sport",
    "started_at",
    "ended_at",
    "local_date",
    "distance_mm",
    "distance_from",
    "duration_s",
    "name",
    "utc_offset_s",
    "ascent_mm",
    "gear",
    "strava_id",
)
_TIMES = ("started_at", "ended_at")
assert set(_FACTS) <= {part.name for part in fields(Sighting)}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the entering of a page needs. `links`: the pairs here by their ids at Strava."""

    tx: Transaction
    pairs: Pairs
    links: Mapping[str, int]
    settings: ImportSettings
    step: SyncSummary


def digest_of(activity: Activity) -> str:
    """What an activity's sighting is known by, also where it is no run any more."""
    return row_digest(SERVICE, str(activity.id))


def take(desk: Desk, activity: Activity, known: Mapping[str, Sighting]) -> None:
    """Enter one activity of a page; `known` are the sightings of the page, by their digest."""
    step = desk.step
    sighting = known.get(digest_of(activity))
    if activity.record is None:
        if activity.id and activity.local_date is not None:
            step.off_foot += 1
            if sighting is not None:
                take_away(desk, sighting.id, sighting.run_id, f"{activity.off_foot} at Strava now")
        else:
            reason = activity.off_foot or "cannot be read"
            step.runs.failed.append((_where(activity), reason))
        return
    record = replace(
        activity.record,
        gear=activity.gear_id,
        strava_id=str(activity.id),
        description="",  # Strava's terms: no more is kept than is used
    )
    if refused := intake.implausible(record, desk.tx.now):
        if refused.off_foot:
            step.off_foot += 1
        else:
            step.runs.failed.append((_where(activity), refused.reason))
        return
    if sighting is None:
        _enter(desk, record, hidden=activity.hidden_start)
    else:
        step.runs.known += 1
        _compare(desk, record, sighting)


def _where(activity: Activity) -> str:
    return f"activity {activity.id or 'without a number'}"


def _enter(desk: Desk, record: RunRecord, *, hidden: bool) -> None:
    """A run that Strava had not told of before."""
    tx = desk.tx
    verdict = _judged_by_day(tx, record) if hidden else None
    settings = desk.settings
    if desk.pairs.trust_gear and record.gear is not None and record.gear in desk.links:
        decision = Decision((Share(desk.links[record.gear]),), STRAVA)
        settings = replace(settings, decided={record.digest: decision})
    further = desk.step.runs.further
    run_id = enter(tx, record, settings, desk.pairs, desk.step.runs, verdict)
    if desk.step.runs.further > further and follow_gear(desk, run_id):
        desk.step.moved += 1


def _judged_by_day(tx: Transaction, record: RunRecord) -> intake.Verdict:
    """What an activity is whose start Strava hides, beside the runs of its day."""
    assert record.local_date is not None
    run_ids = strava_queries.without_activity_on(tx, record.local_date)
    seen = sighting_queries.sightings_of(tx, run_ids)
    return intake.judge_by_day(record, [one for run_id in run_ids for one in seen[run_id]])


def _compare(desk: Desk, record: RunRecord, sighting: Sighting) -> None:
    """Bring a run up to what Strava says of it now, where that is something else."""
    told = {name: getattr(record, name) for name in _FACTS}
    if record.started_at is None and sighting.started_at is not None:
        for name in _TIMES:  # hidden since: it has not moved
            del told[name]
    changed = {name: told[name] for name in told if told[name] != getattr(sighting, name)}
    if not changed:
        return
    tx, run_id = desk.tx, sighting.run_id
    tx.update("sighting", sighting.id, **changed)
    before = run_queries.run(tx, run_id)
    after = refresh(tx, run_id, desk.pairs, "as it is at Strava now", desk.settings.order)
    if "started_at" in changed:
        _doubt_if_moved(desk, after, record)
    seen_before = sighting.strava_id is not None
    if "gear" in changed or not seen_before:
        desk.step.moved += follow_gear(desk, run_id)
    # That an export's row is one of the API's is nothing new to a person.
    desk.step.changed += seen_before or before != after


def _doubt_if_moved(desk: Desk, run: Run, record: RunRecord) -> None:
    """Mark a run that now lies where another one is."""
    if run.status is not Status.ACTIVE or run.twin_id is not None or record.started_at is None:
        return
    near = sighting_queries.sightings_near(
        desk.tx,
        record.started_at,
        record.ended_at or record.started_at,
        back=intake.LOOK_BACK,
        around=intake.LOOK_AHEAD,
    )
    match intake.judge(record, [one for one in near if one.run_id != run.id], desk.tx.now):
        case intake.Further(other) | intake.InDoubt(other):
            desk.tx.update("run", run.id, twin_id=other)
            desk.step.runs.doubtful += 1
            marked = replace(run, twin_id=other)
            if run.decided_by != MANUAL:
                place(desk.tx, marked, Decision(), note=f"in doubt: perhaps run {other}")


def follow_gear(desk: Desk, run_id: int) -> bool:
    """Put a run on the pair that Strava has it on, or decide it anew where Strava has none; gives
    whether it moved. What a hand has decided stays, and so does what is in doubt.
    """
    run = run_queries.run(desk.tx, run_id)
    assert run is not None
    if not desk.pairs.trust_gear or run.decided_by == MANUAL or run.twin_id is not None:
        return False
    seen = sighting_queries.sightings_of(desk.tx, [run_id]).get(run_id, [])
    gears = [one.gear for one in seen if one.strava_id is not None and one.gear in desk.links]
    if gears and gears[0] is not None:
        wanted = Decision((Share(desk.links[gears[0]]),), STRAVA)
        if run.shares == wanted.shares:
            return False  # written there from here: who decided it stays
        note = "as it is at Strava"
    elif run.decided_by == STRAVA:
        wanted = desk.pairs.decide(replace(run, decided_by=None, shares=()), seen)
        note = "on no pair at Strava any more"
    else:
        return False
    place(desk.tx, run, wanted, note=note)
    return run.shares != wanted.shares and run.status is Status.ACTIVE


def take_away(desk: Desk, sighting_id: int, run_id: int, why: str = "deleted at Strava") -> None:
    """An activity that Strava has no more, or not on foot: its run goes, unless seen elsewhere."""
    tx = desk.tx
    run = run_queries.run(tx, run_id)
    assert run is not None
    tx.remove("sighting", sighting_id)
    if run_id in sighting_queries.sightings_of(tx, [run_id]):
        refresh(tx, run_id, desk.pairs, why, desk.settings.order)
        desk.step.stayed += 1
        return
    if run.decided_by == MANUAL or run.set_by_hand:
        desk.step.by_hand.append(Gone(run_id, run.local_date, run.name, by_hand=True))
    desk.step.deleted += 1
    let_go(tx, run, why)
    free_twins(tx, desk.pairs, {run_id})


def let_go(tx: Transaction, run: Run, note: str, status: Status = Status.DELETED) -> None:
    """Take a run that is seen nowhere any more out of the totals."""
    tx.update("run", run.id, status=status, twin_id=None)
    gone = replace(run, status=status, twin_id=None)
    place(tx, gone, Decision(run.shares, run.decided_by), note=note)


def free_twins(tx: Transaction, pairs: Pairs, gone: Container[int]) -> None:
    """What was in doubt as perhaps a run that is gone is in doubt no more."""
    for other_id in strava_queries.doubting(tx, gone):
        tx.update("run", other_id, twin_id=None)
        other = run_queries.run(tx, other_id)
        assert other is not None
        if other.status is Status.ACTIVE:
            place(tx, other, decide(tx, other, pairs), note="no other run's twin any more")
