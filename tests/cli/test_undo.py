"""Undo: of any change, back to the first and forth again, always with the ledger sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.support import write_season


def _state(cli: Cli) -> Any:
    """What people see of a store; not the entries, of which there are more after an undo."""
    exported = cli("export").json
    return exported["shoes"], exported["runs"]


@pytest.fixture
def steps(cli: Cli, tmp_path: Path) -> list[tuple[str, ...]]:
    write_season(tmp_path / "season", 12)
    return [
        ("shoe", "add", "Ghost", "--start", "10mi", "--default-for", "run"),
        ("shoe", "add", "Nova"),
        ("import", str(tmp_path / "season")),
        ("assign", "1-5", "nova"),
        ("assign", "6", "--split", "nova=50%,ghost=50%"),
        ("run", "edit", "1", "--distance", "9km", "--date", "2026-01-01"),
        ("run", "ignore", "1", "6"),
        ("run", "restore", "6"),
        ("run", "merge", "2", "3"),
        ("run", "add", "5km", "--shoe", "nova"),
        ("shoe", "adjust", "nova", "2mi"),
        ("shoe", "edit", "nova", "--name", "Nova 5", "--default-for", "run"),
        ("shoe", "retire", "ghost"),
        ("shoe", "restore", "ghost"),
        ("shoe", "add", "Mistake"),
        ("shoe", "delete", "mistake"),
    ]


def test_every_change_is_undone_and_done_again(cli: Cli, steps: list[tuple[str, ...]]) -> None:
    states = []
    for step in steps:
        states.append(_state(cli))
        answer = cli(*step)
        assert answer.status == 0, answer.err
    states.append(_state(cli))

    for before in reversed(states[:-1]):
        assert cli("undo", "--yes").status == 0
        assert _state(cli) == before
        assert cli("verify").status == 0
    assert cli("undo").status == 1

    for after in states[1:]:
        assert cli("undo", "--redo", "--yes").status == 0
        assert _state(cli) == after
        assert cli("verify").status == 0
    assert cli("undo", "--redo").status == 1

    for before in reversed(states[:-1]):
        assert cli("undo", "--yes").status == 0
        assert _state(cli) == before


def test_much_is_asked_for_before_it_is_undone(cli: Cli, steps: list[tuple[str, ...]]) -> None:
    for step in steps[:3]:
        cli(*step)
    before = _state(cli)
    answer = cli("undo")
    assert answer.status == 1
    assert "--yes" in answer.err
    assert _state(cli) == before


def test_an_undone_import_can_be_imported_again(cli: Cli, steps: list[tuple[str, ...]]) -> None:
    for step in steps[:3]:
        cli(*step)
    totals = cli("status", "--json").json["shoes"]
    cli("undo", "--yes")
    again = cli(*steps[2], "--json").json
    assert (again["new"], again["known"]) == (12, 0)
    assert cli("status", "--json").json["shoes"] == totals


def test_nothing_is_erased_by_an_undo(cli: Cli, steps: list[tuple[str, ...]]) -> None:
    for step in steps[:4]:
        cli(*step)
    before = cli("ledger", "--json").json
    cli("undo", "--yes")
    after = cli("ledger", "--json").json
    assert after[: len(before)] == before
    reversals = [e for e in after[len(before) :] if e["kind"] == "reversal"]
    assert {entry["note"] for entry in reversals} == {"undo of change 4"}


def test_a_redo_is_possible_only_right_after_the_undo(
    cli: Cli, steps: list[tuple[str, ...]]
) -> None:
    for step in steps[:2]:
        cli(*step)
    cli("undo")
    cli("shoe", "add", "Other")
    answer = cli("undo", "--redo")
    assert answer.status == 1
    assert "no undo to take back" in answer.err


def test_the_changes_are_listed(cli: Cli, steps: list[tuple[str, ...]]) -> None:
    for step in steps[:4]:
        cli(*step)
    cli("undo")
    changes = cli("undo", "--list", "--json").json
    assert [change["kind"] for change in changes] == ["assign", "import", "shoe", "shoe"]
    assert [change["undone"] for change in changes] == [True, False, False, False]
    assert "import of 12 new runs" in cli("undo", "--list").out


def test_what_changes_nothing_is_no_change(cli: Cli, steps: list[tuple[str, ...]]) -> None:
    for step in steps[:3]:
        cli(*step)
    cli(*steps[2])  # all known
    cli("shoe", "edit", "ghost", "--brand", "")
    assert len(cli("undo", "--list", "--json").json) == 3
