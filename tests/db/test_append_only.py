"""The ledger refuses to be changed (law 2), by whatever program; and `verify` notices the rest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from shoetrack import audit, hand
from shoetrack.db import schema, version
from shoetrack.db.engine import make_engine
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.model import Share, Shoe
from shoetrack.sport import Sport
from tests.support import NOW

REFUSED = "entries are append-only"
TODAY = date(2026, 6, 1)

COLUMNS = (
    "athlete_id, shoe_id, run_id, distance_mm, duration_s, effective_on, kind, decided_by,"
    " change_id, reverses_id, posted_at"
)
VALUES = "1, 1, 1, 7, 7, '2026-06-01', 'run', 'manual', 1, NULL, '2026-06-01 12:00:00.000000'"
REVERSAL = VALUES.replace("'run'", "'reversal'").replace("NULL", "2")


@pytest.fixture
def path(store: Store, location: Location) -> Path:
    """A store with a pair of opening miles, and a run that was moved to it."""
    hand.add_shoe(store, Shoe(0, "Pegasus"), 1_000_000, hand.DefaultFor(), NOW, TODAY)
    run = hand.new_run(
        store,
        on=TODAY,
        sport=Sport.RUN,
        distance_mm=5_000_000,
        duration_s=1500,
        name="",
        shoe_id=None,
        now=NOW,
    )
    hand.assign_runs(store, [run.id], (Share(1),), NOW, "assigned")
    return location.path


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection, which sets nothing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def ledger(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT * FROM entry ORDER BY id").fetchall()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET distance_mm = distance_mm + 1",
        "UPDATE entry SET note = 'x' WHERE id = 1",
        "UPDATE entry SET id = 99 WHERE id = 1",
        "UPDATE OR REPLACE entry SET id = 2 WHERE id = 1",
        "DELETE FROM entry",
        "DELETE FROM entry WHERE id = 1",
        f"INSERT OR REPLACE INTO entry (id, {COLUMNS}) VALUES (1, {VALUES})",
        f"REPLACE INTO entry (id, {COLUMNS}) VALUES (1, {VALUES})",
        f"REPLACE INTO entry (rowid, {COLUMNS}) VALUES (1, {VALUES})",
        f"REPLACE INTO entry ({COLUMNS}) VALUES ({REVERSAL})",
        f"INSERT INTO entry (id, {COLUMNS}) VALUES (1, {VALUES})"
        " ON CONFLICT (id) DO UPDATE SET distance_mm = 0",
    ],
)
@pytest.mark.parametrize("recursive", ["OFF", "ON"])
def test_no_program_changes_an_entry(
    raw: sqlite3.Connection, statement: str, recursive: str
) -> None:
    raw.execute(f"PRAGMA recursive_triggers = {recursive}")
    before = ledger(raw)
    assert [row[0] for row in before] == [1, 2, 3, 4]
    with pytest.raises(sqlite3.IntegrityError, match=REFUSED):
        raw.execute(statement)
    assert ledger(raw) == before


def test_nor_do_we(path: Path) -> None:
    engine = make_engine(path)
    first = schema.entry.c.id == 1
    for statement in (
        update(schema.entry).where(first).values(note="x"),
        delete(schema.entry).where(first),
        insert(schema.entry).prefix_with("OR REPLACE").values(id=1, athlete_id=1),
    ):
        with pytest.raises(DBAPIError, match=REFUSED), engine.begin() as connection:
            connection.execute(statement)
    engine.dispose()


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        (VALUES.replace("'run'", "'gift'"), "ck_entry_kind"),
        (VALUES.replace("'run'", "'reversal'"), "ck_entry_reverses"),
        (VALUES.replace("NULL", "1"), "ck_entry_reverses"),
        (VALUES.replace("1, 1, 1, 7", "1, 1, NULL, 7"), "ck_entry_run"),
        (VALUES.replace("1, 1, 1, 7", "1, NULL, NULL, 7").replace("'run'", "'opening'"), "account"),
        (VALUES.replace("1, 1, 1, 7", "1, 1, 1, NULL"), "NOT NULL"),
    ],
)
def test_an_entry_that_makes_no_sense(
    raw: sqlite3.Connection, values: str, constraint: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=constraint):
        raw.execute(f"INSERT INTO entry ({COLUMNS}) VALUES ({values})")


def test_an_entry_is_reversed_once(raw: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(f"INSERT INTO entry ({COLUMNS}) VALUES ({REVERSAL})")


def problems(location: Location) -> tuple[str, ...]:
    with open_reader(location) as reader:
        return audit.verify(reader).problems


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        (f"INSERT INTO entry ({COLUMNS}) VALUES ({VALUES})", "its entries sum to 5000007 mm"),
        ("UPDATE run SET distance_mm = 1", "its entries sum to 5000000 mm, its distance is 1 mm"),
        ("UPDATE run SET status = 'ignored'", "its distance is 0 mm"),
        ("UPDATE run SET local_date = '2026-05-01'", "not what was decided"),
        ("DELETE FROM share", "not what was decided"),
        ("DELETE FROM sighting", "run 1 was never seen anywhere"),
        ("DELETE FROM run", "a row of entry points to a row of run"),
        ("UPDATE run SET status = 'merged'", "sighting 1 belongs to run 1, which is gone"),
        ("DROP TRIGGER entry_no_update", "the trigger entry_no_update"),
        (
            "DROP TRIGGER entry_no_update; UPDATE entry SET distance_mm = 6000000 WHERE id = 4",
            "its entries sum to 6000000 mm",
        ),
        (
            "DROP TRIGGER entry_no_update; UPDATE entry SET distance_mm = -4 WHERE id = 3",
            "does not cancel entry 2",
        ),
        ("DROP TRIGGER entry_no_delete; DELETE FROM entry WHERE id = 4", "its entries sum to 0 mm"),
    ],
)
def test_verify_notices_what_was_done_behind_its_back(
    raw: sqlite3.Connection, location: Location, tampering: str, said: str
) -> None:
    assert problems(location) == ()
    raw.executescript(tampering)
    assert any(said in problem for problem in problems(location)), problems(location)


def test_every_trigger_has_its_name_in_version(raw: sqlite3.Connection) -> None:
    found = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    assert {name for (name,) in found} == version.APPEND_ONLY
