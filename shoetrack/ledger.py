"""The ledger's algebra: entries add up, a reversal is the entry with its sign turned, a total is a
sum. Plain functions over frozen values; nothing here touches a store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from shoetrack.model import MANUAL, Entry, Kind, Posting, Run, Status


def divide(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by `weights` into whole parts that sum to it exactly.

    Largest remainder (Hamilton's method); a tie goes to the earlier part, so the answer is stable.
    Raises ValueError where the weights do not sum to more than 0.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be positive")
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -remainders[i])
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def reversal(entry: Entry, *, by: str, note: str = "") -> Posting:
    """The posting that takes an entry back: same account, same day, opposite amounts."""
    line = entry.posting
    return Posting(
        shoe_id=line.shoe_id,
        run_id=line.run_id,
        distance_mm=-line.distance_mm,
        duration_s=-line.duration_s,
        effective_on=line.effective_on,
        kind=Kind.REVERSAL,
        by=by,
        note=note,
        reverses_id=entry.id,
    )


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that are not reversals and that no later one among them reverses."""
    entries = list(entries)
    reversed_ids = {entry.posting.reverses_id for entry in entries}
    return [
        entry
        for entry in entries
        if entry.posting.kind is not Kind.REVERSAL and entry.id not in reversed_ids
    ]


def wanted(run: Run) -> list[Posting]:
    """The entries that a run should have: one a shoe, or one on *unassigned*.

    A run that does not count has none. One of unknown distance has its duration and no metres.
    """
    if run.status is not Status.ACTIVE:
        return []
    accounts: list[int | None] = [share.shoe_id for share in run.shares] or [None]
    weights = [share.weight for share in run.shares] or [1]
    distances = divide(run.distance_mm or 0, weights)
    durations = divide(run.duration_s or 0, weights)
    return [
        Posting(
            shoe_id=account,
            run_id=run.id,
            distance_mm=distance,
            duration_s=duration,
            effective_on=run.local_date,
            kind=Kind.RUN,
            by=run.decided_by or "",
        )
        for account, distance, duration in zip(accounts, distances, durations, strict=True)
    ]


def settle(run: Run, entries: Iterable[Entry], *, by: str, note: str = "") -> list[Posting]:
    """The postings that turn a run's entries into the wanted ones; none where they already are.

    What stands and is not wanted is reversed, what is wanted and does not stand is posted: so
    settling twice changes nothing.
    """
    missing = wanted(run)
    reversals = []
    for entry in standing(entries):
        if entry.posting in missing:
            missing.remove(entry.posting)
        else:
            reversals.append(reversal(entry, by=by, note=note))
    return reversals + missing


def take_back(of_change: Iterable[Entry], originals: dict[int, Entry], note: str) -> list[Posting]:
    """The postings that undo what a change did to pairs: opening miles and adjustments.

    Its entries are reversed, what it reversed is posted again; `originals` are the entries that
    its reversals took back, by id. Runs are not among these: they are settled anew, since what
    stands for a run may have been posted again by a later change that was undone.
    """
    postings = []
    for entry in of_change:
        if entry.posting.run_id is not None:
            continue
        if entry.posting.reverses_id is None:
            postings.append(reversal(entry, by=MANUAL, note=note))
        else:
            postings.append(originals[entry.posting.reverses_id].posting)
    return postings


def on_shoe(shoe_id: int, distance_mm: int, kind: Kind, on: date, note: str = "") -> Posting:
    """A pair's opening miles, or a later correction of them."""
    return Posting(
        shoe_id=shoe_id,
        run_id=None,
        distance_mm=distance_mm,
        duration_s=0,
        effective_on=on,
        kind=kind,
        by=MANUAL,
        note=note,
    )


def faults(run: Run, entries: Sequence[Entry]) -> list[str]:
    """What of law 1 and 2 a run's entries break, a sentence each; none is as it should be."""
    found = []
    total = sum(entry.posting.distance_mm for entry in entries)
    expected = (run.distance_mm or 0) if run.status is Status.ACTIVE else 0
    if total != expected:
        found.append(f"run {run.id}: its entries sum to {total} mm, its distance is {expected} mm")
    elif settle(run, entries, by=""):
        found.append(f"run {run.id}: its entries are not what was decided for it")
    by_id = {entry.id: entry for entry in entries}
    for entry in entries:
        reversed_id = entry.posting.reverses_id
        if reversed_id is None:
            continue
        original = by_id.get(reversed_id)
        if original is None or not _cancels(entry.posting, original.posting):
            found.append(f"entry {entry.id}: does not cancel entry {reversed_id}")
    return found


def _cancels(one: Posting, other: Posting) -> bool:
    return (
        one.shoe_id == other.shoe_id
        and one.run_id == other.run_id
        and one.effective_on == other.effective_on
        and one.distance_mm == -other.distance_mm
        and one.duration_s == -other.duration_s
    )
