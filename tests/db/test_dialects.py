"""Ready for several athletes and for PostgreSQL: what tables and statements must be like."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from shoetrack.db import (
    alert_queries,
    check_queries,
    content_queries,
    delivery_queries,
    entry_queries,
    file_queries,
    job_queries,
    observation_queries,
    run_queries,
    schema,
    schema_alerts,  # noqa: F401 - its tables are among the metadata
    shoe_queries,
    sighting_queries,
    strava_queries,
    turn_queries,
    views,
)
from shoetrack.db.reader import Reader
from shoetrack.db.run_queries import RunFilter
from shoetrack.sport import Sport
from tests.support import NOW

TABLES = schema.metadata.sorted_tables
DAY = date(2026, 5, 1)

# Every question, with all that makes its text another one.
QUESTIONS: dict[str, Callable[[Any], object]] = {
    "content": content_queries.content,
    "shoes": shoe_queries.shoes,
    "defaults": shoe_queries.defaults,
    "totals": shoe_queries.totals,
    "days_of_sports": lambda store: shoe_queries.days_of_sports(store, tuple(Sport), DAY, DAY),
    "any_run_until": lambda store: shoe_queries.any_run_until(store, tuple(Sport), DAY),
    "observations": lambda store: [
        observation_queries.observations(store),
        observation_queries.observations(store, 1),
    ],
    "observations_of_run": lambda store: observation_queries.observations_of_run(store, 1),
    "observations_on": lambda store: observation_queries.observations_on(store, 1, DAY),
    "gains": lambda store: observation_queries.gains(store, 1),
    "openings": lambda store: observation_queries.openings(store, 1),
    "days_since": lambda store: shoe_queries.days_since(store, DAY),
    "days_of_rotations": lambda store: shoe_queries.days_of_rotations(store, DAY),
    "wearings": lambda store: turn_queries.wearings(store, DAY),
    "has_entries": lambda store: shoe_queries.has_entries(store, 1),
    "runs": lambda store: [
        run_queries.runs(store),
        run_queries.runs(store, RunFilter(ids=(1, 2), since=DAY)),
        run_queries.runs(
            store,
            RunFilter(None, 1, True, DAY, DAY, Sport.RUN, doubtful=True, unmeasured=True, limit=5),
        ),
    ],
    "run": lambda store: run_queries.run(store, 1),
    "merged_into": lambda store: run_queries.merged_into(store, 1),
    "first_runs": lambda store: sighting_queries.first_runs(store, 1),
    "runs_by_id": lambda store: run_queries.runs_by_id(store, [1, 2]),
    "entries_of_runs": lambda store: entry_queries.entries_of_runs(store, [1, 2]),
    "standing_of_runs": lambda store: entry_queries.standing_of_runs(store, [1, 2]),
    "all_runs": run_queries.all_runs,
    "shares_of": lambda store: run_queries.shares_of(store, [1, 2]),
    "decided": run_queries.decided,
    "waiting": shoe_queries.waiting,
    "known": lambda store: sighting_queries.known(store, "d" * 64),
    "runs_of": lambda store: sighting_queries.runs_of(store, ["d" * 64]),
    "is_known": lambda store: sighting_queries.is_known(store, "d" * 64, 0),
    "file_seen": lambda store: sighting_queries.file_seen(store, "a.gpx"),
    "differs": lambda store: run_queries.differs(store, 1, 0.03),
    "sightings_near": lambda store: sighting_queries.sightings_near(
        store, NOW, NOW, back=timedelta(1), around=timedelta(1)
    ),
    "sightings_of": lambda store: sighting_queries.sightings_of(store, [1, 2]),
    "entries": lambda store: list(entry_queries.entries(store)),
    "entries_on": lambda store: [
        entry_queries.entries_on(store, None),
        entry_queries.entries_on(store, 1),
    ],
    "entries_of_run": lambda store: entry_queries.entries_of_run(store, 1),
    "entries_of_change": lambda store: entry_queries.entries_of_change(store, 1),
    "entries_by_id": lambda store: entry_queries.entries_by_id(store, [1, 2]),
    "changes": lambda store: [entry_queries.changes(store), entry_queries.changes(store, 5)],
    "last_change": lambda store: [
        entry_queries.last_change(store),
        alert_queries.last_change(store),
    ],
    "newest_change": entry_queries.newest_change,
    "last_undo": entry_queries.last_undo,
    "untimed_on": lambda store: sighting_queries.untimed_on(store, DAY),
    "sightings_by_digest": lambda store: sighting_queries.sightings_by_digest(store, ["d" * 64]),
    "state": strava_queries.state,
    "told": strava_queries.told,
    "told_between": lambda store: [
        strava_queries.told_between(store, None, None),
        strava_queries.told_between(store, NOW, NOW),
    ],
    "last_worn": lambda store: strava_queries.last_worn(store, "g1"),
    "elsewhere": strava_queries.elsewhere,
    "without_activity_on": lambda store: strava_queries.without_activity_on(store, DAY),
    "doubting": lambda store: strava_queries.doubting(store, {1}),
    "on_pair": lambda store: strava_queries.on_pair(store, 1),
    "beside_runs": lambda store: strava_queries.beside_runs(store, 1),
    "accounts_of": lambda store: strava_queries.accounts_of(store, [1, 2]),
    "undoable": strava_queries.undoable,
    "only_strava": strava_queries.only_strava,
    "open_alerts": alert_queries.open_alerts,
    "alert": lambda store: alert_queries.alert(store, 1),
    "alerts": lambda store: [alert_queries.alerts(store), alert_queries.alerts(store, 5)],
    "alerts_of": lambda store: alert_queries.alerts_of(store, "shoe:1"),
    "said": lambda store: alert_queries.said(store, NOW),
    "links_after": lambda store: check_queries.links_after(store, 1),
    "nets_after": lambda store: check_queries.nets_after(store, 1, 1),
    "net_since": lambda store: check_queries.net_since(store, 1, NOW.date()),
    "pair_before": lambda store: check_queries.pair_before(store, 1, 1),
    "waiting_runs": lambda store: check_queries.waiting_runs(store, NOW),
    "pending": delivery_queries.pending,
    "given_up": delivery_queries.given_up,
    "said_nowhere": delivery_queries.said_nowhere,
    "deliveries_of": lambda store: delivery_queries.deliveries_of(store, 1),
    "heartbeat": job_queries.heartbeat,
    "heartbeat_id": job_queries.heartbeat_id,
    "jobs": job_queries.jobs,
    "job_ids": job_queries.job_ids,
    "watched": lambda store: file_queries.watched(store, ["/a.gpx"]),
    "refused": file_queries.refused,
    "imported_since": file_queries.imported_since,
}
# What SQLite reads and PostgreSQL does not, or reads as something else.
SQLITE_ONLY = re.compile(
    r"\b(PRAGMA|GLOB|AUTOINCREMENT|ROWID|IFNULL|INSTR|STRFTIME|JULIANDAY|DATETIME|PRINTF|TOTAL|"
    r"GROUP_CONCAT|IIF|INDEXED|REPLACE INTO|OR (REPLACE|IGNORE|ABORT)|IS :\w+|IS NOT :\w+)\b"
    r"|sqlite_|[`\"\[]|==|LIMIT -1|LIMIT \d+ *, *\d+",
    re.IGNORECASE,
)


class Recorder:
    """Passes questions on to a store, and keeps their texts."""

    def __init__(self, store: Reader) -> None:
        self.athlete = store.athlete
        self.texts: list[str] = []
        self._store = store

    def rows(self, sql: str, /, **params: object) -> list[Any]:
        self.texts.append(sql)
        return self._store.rows(sql, **params)


def test_every_question_is_here() -> None:
    defined = {
        name
        for module in (
            shoe_queries,
            run_queries,
            sighting_queries,
            entry_queries,
            observation_queries,
            strava_queries,
            turn_queries,
            content_queries,
            alert_queries,
            check_queries,
            delivery_queries,
            job_queries,
            file_queries,
        )
        for name, thing in inspect.getmembers(module, inspect.isfunction)
        if thing.__module__ == module.__name__ and not name.startswith("_")
    }
    assert defined == set(QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_neutral_and_of_one_athlete(reader: Reader, name: str) -> None:
    recorder = Recorder(reader)
    QUESTIONS[name](recorder)
    assert recorder.texts
    for sql in recorder.texts:
        assert_neutral(sql)
        asked_by_run = re.search(r"WHERE (sighting\.)?run_id IN \(", sql)
        assert "athlete_id = :athlete" in sql or asked_by_run, sql


@pytest.mark.parametrize("name", views.VIEWS)
def test_a_view_is_neutral_and_by_athlete(name: str) -> None:
    assert_neutral(views.VIEWS[name])
    assert re.search(r"GROUP BY athlete_id,", views.VIEWS[name])


def assert_neutral(sql: str) -> None:
    found = SQLITE_ONLY.search(sql)
    assert found is None, (found, sql)
    str(text(sql).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_has_its_athlete(table: Table) -> None:
    if table is schema.athlete:
        return
    column = table.c.athlete_id
    assert not column.nullable
    assert {key.column for key in column.foreign_keys} == {schema.athlete.c.id}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_can_be_made_in_postgresql(table: Table) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    made = str(CreateTable(table).compile(dialect=dialect))
    assert re.search(r"\bid BIGSERIAL NOT NULL", made)
    assert not re.search(r"\bDATETIME\b", made)
    for column in table.columns:
        if isinstance(column.type, schema.Instant):
            assert re.search(rf"\b{column.name} TIMESTAMP WITH TIME ZONE", made)
    for index in table.indexes:
        found = str(CreateIndex(index).compile(dialect=dialect))
        partial = index.dialect_options["sqlite"]["where"] is not None
        assert (" WHERE " in found) == partial


def test_sqlite_numbers_rows_by_itself() -> None:
    for table in TABLES:
        made = str(CreateTable(table).compile(dialect=sqlite.dialect()))
        assert re.search(r"\bid INTEGER NOT NULL", made)


def test_names_are_short_enough_for_postgresql() -> None:
    """It cuts names at 63 bytes, and a migration then looks for a name that is not there."""
    for name in _names(TABLES):
        assert len(name.encode()) <= 63, name


def _names(tables: Iterable[Table]) -> Iterable[str]:
    for table in tables:
        yield table.name
        yield from (str(constraint.name) for constraint in table.constraints if constraint.name)
        yield from (str(index.name) for index in table.indexes)
