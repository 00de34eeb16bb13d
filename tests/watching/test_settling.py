"""When a file is ready, by clocks that the test moves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from shoetrack.watching.settling import HELD_S, PATIENCE_S, Judged, Memory, Moment
from shoetrack.watching.walking import Found, Stamp
from tests.support import NOW

TOP, OTHER = Path("/w"), Path("/o")
WALL = 1_800_000_000.0


def at(seconds: float) -> Moment:
    """So many seconds after the first look, by every clock."""
    return Moment(NOW + timedelta(seconds=seconds), 500 + seconds, WALL + seconds)


def file(size: int = 1, written: float = 0.0, folder: Path = TOP, change: float = 0) -> Found:
    """A file written to `written` seconds after the first look."""
    return Found(Stamp(size, round((WALL + written) * 1e9), round(change * 1e9)), folder)


def judge(memory: Memory, seconds: float, *came: Path, **found: Found) -> Judged:
    return memory.judge(found, {TOP, OTHER}, came, at(seconds))


def test_two_looks_three_seconds_apart() -> None:
    memory = Memory(3)
    assert judge(memory, 0, TOP, a=file()) == ([], frozenset(), ["a"], 3.0)
    assert judge(memory, 2.9, a=file()).growing == ["a"]
    found = judge(memory, 3.0, a=file())
    assert (found.ready, found.growing, found.again_s) == (["a"], [], None)


def test_an_old_file_is_ready_at_the_first_look() -> None:
    assert judge(Memory(3), 0, TOP, a=file(written=-10)).ready == ["a"]
    assert judge(Memory(3), 0, TOP, a=file(written=-9.9)).ready == []


def test_a_time_to_come_is_no_old_one() -> None:
    memory = Memory(3)
    tomorrow = file(written=86400)
    assert judge(memory, 0, TOP, a=tomorrow).growing == ["a"]
    assert judge(memory, 3, a=tomorrow).ready == ["a"]


def test_bursts_begin_the_wait_anew() -> None:
    memory = Memory(3)
    judge(memory, 0, TOP, a=file(1, 0))
    assert judge(memory, 2, a=file(2, 2)).growing == ["a"]
    assert judge(memory, 4, a=file(2, 4)).growing == ["a"]  # the same size at another time
    assert judge(memory, 6, a=file(3, 4)).growing == ["a"]  # another size at the same time
    assert judge(memory, 8, a=file(3, 4)).growing == ["a"]
    assert judge(memory, 9, a=file(3, 4)).ready == ["a"]


def test_a_clock_that_was_set_back_or_stands_holds_nothing_up() -> None:
    memory = Memory(3)
    judge(memory, 0, TOP, a=file())
    back = Moment(NOW - timedelta(days=1), 503.0, WALL - 86400)
    assert memory.judge({"a": file()}, {TOP}, (), back).ready == ["a"]


def test_what_is_dealt_with_is_not_ready_again_until_it_changes() -> None:
    memory = Memory(3)
    old = file(written=-100)
    judge(memory, 0, TOP, a=old)
    memory.deal("a", old.stamp, TOP)
    assert judge(memory, 1, a=old).ready == []
    assert judge(memory, 2, a=file(2, written=-50)).ready == ["a"]
    assert judge(memory, 3, a=file(written=-100, change=7)).ready == ["a"]  # of mode or owner


def test_what_was_not_dealt_with_is_ready_again() -> None:
    memory = Memory(3)
    assert judge(memory, 0, TOP, a=file(written=-100)).ready == ["a"]
    assert judge(memory, 0.1, a=file(written=-100)).ready == ["a"]


def test_while_files_keep_arriving_all_of_the_folder_waits() -> None:
    memory = Memory(3)
    old = {name: file(written=-100) for name in "abc"}
    judge(memory, 0, TOP, OTHER)
    other = file(written=-100, folder=OTHER)
    assert judge(memory, 1, a=old["a"]).growing == ["a"]
    assert judge(memory, 3, a=old["a"], b=old["b"]).growing == ["a", "b"]
    assert judge(memory, 5, **old).growing == ["a", "b", "c"]
    assert judge(memory, 7.9, **old).again_s is not None
    found = judge(memory, 8, **old, o=other)
    assert (found.ready, found.growing) == (["a", "b", "c"], ["o"])


def test_no_file_waits_for_ever_for_others_to_arrive() -> None:
    memory = Memory(3)
    judge(memory, 0, TOP)
    found = {"first": file(written=-100)}
    judge(memory, 0, **found)
    for second in range(2, round(HELD_S), 2):
        found[f"n{second}"] = file(written=-100)
        assert judge(memory, second, **found).ready == []
    assert judge(memory, HELD_S, **found, last=file(written=-100)).ready == ["first"]


def test_what_was_in_a_folder_that_comes_is_ready_at_once() -> None:
    memory = Memory(3)
    judge(memory, 0, TOP)
    found = judge(memory, 5, OTHER, o=file(written=-100, folder=OTHER))
    assert found.ready == ["o"]


def test_a_young_file_that_fails_is_tried_again_after_a_minute() -> None:
    memory = Memory(3)
    judge(memory, 0, TOP, a=file())
    assert judge(memory, 3, a=file()).young == {"a"}
    memory.try_later("a")
    found = judge(memory, 4, a=file())
    assert (found.ready, found.growing, found.again_s) == ([], [], None)
    assert not memory.is_due(500 + PATIENCE_S - 1, WALL + PATIENCE_S - 1)
    assert memory.is_due(500 + PATIENCE_S, WALL)
    assert memory.is_due(500, WALL + PATIENCE_S)
    assert judge(memory, PATIENCE_S, a=file()) == (["a"], frozenset(), [], None)


def test_one_that_failed_and_changed_is_tried_as_any_other() -> None:
    memory = Memory(3)
    judge(memory, 0, TOP, a=file(), b=file())
    memory.try_later("a")
    memory.try_later("b")
    later = {"a": file(2, 10), "b": file(change=9)}  # grown; and readable now, perhaps
    assert judge(memory, 10, **later).ready == ["b"]
    assert judge(memory, 13, **later).ready == ["a", "b"]


def test_what_awaits_another_is_not_even_growing() -> None:
    empty = file(0)._replace(awaited=True)
    assert judge(Memory(3), 0, TOP, a=empty) == ([], frozenset(), [], None)


def test_what_left_is_forgotten_but_not_while_its_folder_is_away() -> None:
    memory = Memory(3)
    old = file(written=-100, folder=OTHER)
    memory.deal("o", old.stamp, OTHER)
    memory.judge({}, {TOP}, (), at(1))  # unplugged
    assert judge(memory, 2, OTHER, o=old).ready == []
    judge(memory, 3)  # deleted
    assert judge(memory, 10, OTHER, o=old).ready == ["o"]


def test_a_fault_of_the_moment_is_tried_again_when_the_folder_comes_anew() -> None:
    memory = Memory(3)
    old = file(written=-100, folder=OTHER)
    memory.deal("o", old.stamp, OTHER, flaky=True)
    assert judge(memory, 1, o=old).ready == []
    assert judge(memory, 2, OTHER, o=old).ready == ["o"]
