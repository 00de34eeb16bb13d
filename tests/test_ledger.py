"""The ledger's algebra, as laws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.ledger import divide, faults, on_shoe, reversal, settle, standing, take_back, wanted
from shoetrack.model import Entry, Kind, Posting, Run, Share, Status
from shoetrack.sport import Sport

WHEN = datetime(2026, 5, 1, 8, tzinfo=UTC)
DAY = date(2026, 5, 1)

amounts = st.one_of(st.just(0), st.integers(1, 60_000_000), st.integers(10**15, 10**18))
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=6).filter(any)
days = st.sampled_from([date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1), DAY])


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Run 1 as it may ever have been decided."""
    shoes = draw(st.lists(st.integers(1, 4), unique=True, max_size=3))
    return Run(
        id=1,
        local_date=draw(days),
        sport=Sport.RUN,
        distance_mm=draw(st.none() | amounts),
        duration_s=draw(st.none() | st.integers(0, 400_000)),
        status=draw(st.sampled_from(Status)),
        decided_by=draw(st.sampled_from([None, "manual", "default"])),
        shares=tuple(Share(shoe, draw(st.integers(1, 100))) for shoe in shoes),
    )


def post(entries: Sequence[Entry], postings: Iterable[Posting], change_id: int = 1) -> list[Entry]:
    """The ledger with the postings written below what stands in it."""
    start = len(entries) + 1
    return [
        *entries,
        *(Entry(start + i, posting, change_id, WHEN) for i, posting in enumerate(postings)),
    ]


def written(*states: Run) -> list[Entry]:
    """The ledger of a run that went through these states."""
    entries: list[Entry] = []
    for change_id, state in enumerate(states, 1):
        entries = post(entries, settle(state, entries, by="manual"), change_id)
    return entries


def balances(postings: Iterable[Posting]) -> dict[tuple[int | None, date], tuple[int, int]]:
    """What each account holds of each day, where it holds anything."""
    metres: Counter[tuple[int | None, date]] = Counter()
    seconds: Counter[tuple[int | None, date]] = Counter()
    for posting in postings:
        metres[posting.shoe_id, posting.effective_on] += posting.distance_mm
        seconds[posting.shoe_id, posting.effective_on] += posting.duration_s
    held = {key: (metres[key], seconds[key]) for key in metres}
    return {key: value for key, value in held.items() if value != (0, 0)}


def posted(entries: Iterable[Entry]) -> list[Posting]:
    return [entry.posting for entry in entries]


# --- divide ---------------------------------------------------------------------------------


@given(total=amounts, weights=weights)
def test_the_parts_sum_to_the_whole(total: int, weights: list[int]) -> None:
    assert sum(divide(total, weights)) == total
    assert sum(divide(-total, weights)) == -total


@given(total=amounts, weights=weights)
def test_a_part_is_its_share_to_within_one(total: int, weights: list[int]) -> None:
    for part, weight in zip(divide(total, weights), weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)
        assert part >= 0
        assert weight or not part


@given(total=amounts, weights=weights, factor=st.integers(1, 1000))
def test_only_the_proportion_of_weights_matters(
    total: int, weights: list[int], factor: int
) -> None:
    assert divide(total, [weight * factor for weight in weights]) == divide(total, weights)


@given(total=amounts, count=st.integers(1, 9))
def test_equal_weights_give_parts_that_fall_by_one_at_most(total: int, count: int) -> None:
    parts = divide(total, [1] * count)
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


def test_divide_by_example() -> None:
    assert divide(10, [1, 1, 1]) == [4, 3, 3]
    assert divide(10_000_000, [60, 40]) == [6_000_000, 4_000_000]
    assert divide(0, [3, 4]) == [0, 0]
    assert divide(1, [0, 5]) == [0, 1]


@pytest.mark.parametrize("bad", [[], [0], [0, 0], [-1, 2], [3, -3]])
def test_weights_that_divide_nothing_are_refused(bad: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        divide(100, bad)


# --- wanted ---------------------------------------------------------------------------------


@given(run=runs())
def test_every_metre_of_a_run_that_counts_is_on_exactly_one_account(run: Run) -> None:
    lines = wanted(run)
    counts = run.status is Status.ACTIVE
    assert sum(line.distance_mm for line in lines) == (run.distance_mm or 0) * counts
    assert sum(line.duration_s for line in lines) == (run.duration_s or 0) * counts
    accounts = [line.shoe_id for line in lines]
    pairs: list[int | None] = [share.shoe_id for share in run.shares]
    assert len(set(accounts)) == len(accounts)
    assert accounts == ((pairs or [None]) if counts else [])
    assert {line.effective_on for line in lines} <= {run.local_date}


def test_a_run_without_a_pair_is_on_unassigned() -> None:
    (line,) = wanted(Run(7, DAY, Sport.RUN, distance_mm=5_000_000, duration_s=1800))
    assert (line.shoe_id, line.run_id, line.distance_mm) == (None, 7, 5_000_000)


def test_a_run_of_unknown_distance_has_its_time_and_no_metres() -> None:
    (line,) = wanted(Run(7, DAY, Sport.TREADMILL, duration_s=1800, shares=(Share(2),)))
    assert (line.shoe_id, line.distance_mm, line.duration_s) == (2, 0, 1800)


# --- reversal -------------------------------------------------------------------------------


@given(run=runs(), note=st.text(max_size=5))
def test_an_entry_and_its_reversal_sum_to_nothing(run: Run, note: str) -> None:
    for entry in written(run):
        back = reversal(entry, by="manual", note=note)
        assert balances([entry.posting, back]) == {}
        assert (back.kind, back.reverses_id, back.note) == (Kind.REVERSAL, entry.id, note)


@given(run=runs())
def test_reversing_twice_changes_nothing(run: Run) -> None:
    for entry in written(run):
        once = Entry(101, reversal(entry, by="manual"), 2, WHEN)
        twice = reversal(once, by="manual")
        assert balances([entry.posting, once.posting, twice]) == balances([entry.posting])
        assert (twice.distance_mm, twice.duration_s) == (
            entry.posting.distance_mm,
            entry.posting.duration_s,
        )


@given(before=runs(), after=runs())
def test_the_standing_entries_hold_all_that_the_ledger_does(before: Run, after: Run) -> None:
    entries = written(before, after)
    assert balances(posted(standing(entries))) == balances(posted(entries))
    assert all(entry.posting.kind is not Kind.REVERSAL for entry in standing(entries))


# --- settle ---------------------------------------------------------------------------------


@given(history=st.lists(runs(), min_size=1, max_size=5))
def test_settled_entries_are_the_wanted_ones_whatever_was_before(history: list[Run]) -> None:
    entries = written(*history)
    expected = wanted(history[-1])
    assert Counter(posted(standing(entries))) == Counter(expected)
    assert balances(posted(entries)) == balances(expected)
    assert faults(history[-1], entries) == []


@given(history=st.lists(runs(), min_size=1, max_size=4))
def test_settling_twice_changes_nothing(history: list[Run]) -> None:
    assert settle(history[-1], written(*history), by="manual") == []


@given(before=runs(), after=runs())
def test_there_and_back_holds_what_it_held(before: Run, after: Run) -> None:
    assert balances(posted(written(before, after, before))) == balances(posted(written(before)))


@given(run=runs(), other=runs())
def test_settling_only_adds_lines(run: Run, other: Run) -> None:
    first = written(run)
    assert written(run, other)[: len(first)] == first


def test_what_stays_is_not_touched() -> None:
    """A run moved from two pairs to one of them and another: the entry that is right remains."""
    run = Run(1, DAY, Sport.RUN, distance_mm=10, decided_by="manual", shares=(Share(1), Share(2)))
    entries = written(run)
    postings = settle(replace(run, shares=(Share(1), Share(3))), entries, by="manual")
    assert [(p.shoe_id, p.kind) for p in postings] == [(2, Kind.REVERSAL), (3, Kind.RUN)]


def test_who_decided_is_told_by_the_entries() -> None:
    run = Run(1, DAY, Sport.RUN, distance_mm=10, decided_by="default", shares=(Share(1),))
    postings = settle(replace(run, decided_by="manual"), written(run), by="manual", note="moved")
    assert [(p.kind, p.by, p.note) for p in postings] == [
        (Kind.REVERSAL, "manual", "moved"),
        (Kind.RUN, "manual", ""),
    ]


# --- take_back ------------------------------------------------------------------------------


adjustments = st.builds(
    on_shoe,
    st.integers(1, 3),
    st.integers(-(10**12), 10**12),
    st.sampled_from([Kind.OPENING, Kind.ADJUSTMENT]),
    days,
)


def undone(entries: list[Entry], change_id: int, undo_id: int) -> list[Entry]:
    """The ledger with what a change did to pairs taken back."""
    originals = {entry.id: entry for entry in entries}
    of_change = [entry for entry in entries if entry.change_id == change_id]
    return post(entries, take_back(of_change, originals, "undo"), undo_id)


@given(changes=st.lists(st.lists(adjustments, max_size=3), min_size=1, max_size=4))
def test_taking_changes_back_restores_every_balance(changes: list[list[Posting]]) -> None:
    states: list[list[Entry]] = [[]]
    for change_id, postings in enumerate(changes, 1):
        states.append(post(states[-1], postings, change_id))
    entries = states[-1]
    for change_id in range(len(changes), 0, -1):
        entries = undone(entries, change_id, 100 + change_id)
        assert balances(posted(entries)) == balances(posted(states[change_id - 1]))
    assert standing(entries) == []


@given(before=st.lists(adjustments), last=st.lists(adjustments), times=st.integers(1, 4))
def test_an_undo_taken_back_is_the_change_again(
    before: list[Posting], last: list[Posting], times: int
) -> None:
    done = entries = post(post([], before, 1), last, 2)
    for turn in range(times):
        entries = undone(entries, 2 + 2 * turn, 3 + 2 * turn)
        assert balances(posted(entries)) == balances(before)
        entries = undone(entries, 3 + 2 * turn, 4 + 2 * turn)
        assert balances(posted(entries)) == balances(posted(done))
    reversed_ids = [e.posting.reverses_id for e in entries if e.posting.reverses_id is not None]
    assert len(set(reversed_ids)) == len(reversed_ids), "an entry was reversed more than once"


@given(before=runs(), after=runs())
def test_runs_are_not_taken_back_but_settled_anew(before: Run, after: Run) -> None:
    entries = written(before, after)
    assert undone(entries, 2, 3) == entries
    again = post(entries, settle(before, entries, by="manual"), 3)
    assert balances(posted(again)) == balances(posted(written(before)))


# --- faults ---------------------------------------------------------------------------------


@given(run=runs(), amount=st.integers(1, 10**9))
def test_a_metre_too_many_is_a_fault(run: Run, amount: int) -> None:
    extra = Posting(9, 1, amount, 0, run.local_date, Kind.RUN, "manual")
    (fault,) = faults(run, post(written(run), [extra]))
    assert fault.startswith("run 1: its entries sum to")


def test_the_right_sum_on_the_wrong_pair_is_a_fault() -> None:
    run = Run(1, DAY, Sport.RUN, distance_mm=10, shares=(Share(1),), decided_by="manual")
    elsewhere = written(replace(run, shares=(Share(2),)))
    assert faults(run, elsewhere) == ["run 1: its entries are not what was decided for it"]


def test_a_reversal_that_does_not_cancel_is_a_fault() -> None:
    run = Run(1, DAY, Sport.RUN, distance_mm=10, status=Status.IGNORED)
    entries = written(replace(run, status=Status.ACTIVE), run)
    assert faults(run, entries) == []
    moved = replace(entries[1], posting=replace(entries[1].posting, shoe_id=2))
    assert faults(run, [entries[0], moved]) == ["entry 2: does not cancel entry 1"]
    (orphan,) = faults(run, [replace(entries[1], posting=replace(moved.posting, distance_mm=0))])
    assert orphan == "entry 2: does not cancel entry 1"


@pytest.mark.parametrize("kind", [Kind.OPENING, Kind.ADJUSTMENT])
def test_a_pair_may_be_given_and_taken_miles_by_hand(kind: Kind) -> None:
    line = on_shoe(3, -42_000, kind, date(2024, 2, 29), "counted twice")
    assert (line.shoe_id, line.run_id, line.distance_mm, line.duration_s) == (3, None, -42_000, 0)
    assert (line.kind, line.by, line.note) == (kind, "manual", "counted twice")
