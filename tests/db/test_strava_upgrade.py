"""A store from before Strava's API was read keeps its runs, and learns whose word a distance is."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from alembic import command

from shoetrack.audit import verify
from shoetrack.db import migrate, version
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader

ROWS = """
INSERT INTO athlete (id, name, created_at) SELECT 1, '', '2026-01-01 00:00:00.000000'
    WHERE NOT EXISTS (SELECT 1 FROM athlete WHERE id = 1);
INSERT INTO run (id, athlete_id, local_date, sport, distance_mm, distance_from, duration_s)
    VALUES (1, 1, '2026-05-01', 'run', 5000, 'device', 10), (2, 1, '2026-05-02', 'run', 6000,
    'device', 10);
INSERT INTO sighting (athlete_id, run_id, kind, digest, record_index, source, local_date,
    distance_mm, distance_from, duration_s, seen_at)
    VALUES (1, 1, 'strava-export', 'a', 0, 'x', '2026-05-01', 5000, 'device', 10,
        '2026-05-01 00:00:00.000000'),
    (1, 2, 'strava-export', 'b', 0, 'x', '2026-05-02', 6100, 'device', 10,
        '2026-05-01 00:00:00.000000'),
    (1, 2, 'fit', 'c', 0, 'x', '2026-05-02', 6000, 'device', 10, '2026-05-01 00:00:00.000000');
INSERT INTO change (id, athlete_id, kind, summary, made_at)
    VALUES (1, 1, 'import', 'x', '2026-05-01 00:00:00.000000');
INSERT INTO entry (athlete_id, run_id, distance_mm, duration_s, effective_on, kind, decided_by,
    change_id, posted_at)
    VALUES (1, 1, 5000, 10, '2026-05-01', 'run', '', 1, '2026-05-01 00:00:00.000000'),
    (1, 2, 6000, 10, '2026-05-02', 'run', '', 1, '2026-05-01 00:00:00.000000');
"""


def test_an_export_s_distances_become_strava_s(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(version, "HEAD", "0003")
        patch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0003"))
        migrate.create(location)
    with closing(sqlite3.connect(location.path)) as connection:
        connection.executescript(ROWS)
    with open_reader(location) as reader:
        assert reader is not None
        seen = reader.rows("SELECT digest, distance_from FROM sighting ORDER BY digest")
        runs = reader.rows("SELECT id, distance_from, status FROM run ORDER BY id")
        assert verify(reader).problems == ()
    assert [tuple(row) for row in seen] == [("a", "strava"), ("b", "strava"), ("c", "device")]
    assert [tuple(row) for row in runs] == [(1, "strava", "active"), (2, "device", "active")]
    with closing(sqlite3.connect(location.path)) as connection:
        connection.execute("UPDATE run SET status = 'deleted' WHERE id = 1")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE run SET status = 'lost' WHERE id = 1")
