"""Stores of older versions are brought up to date, behind a backup, or stay as they were."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

from shoetrack.audit import verify
from shoetrack.db import migrate, schema, version
from shoetrack.db.engine import make_engine
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.db.views import VIEWS
from shoetrack.errors import StoreError
from tests.laws import watch
from tests.laws.watch import Watch
from tests.support import cli_env, import_paths, write_season

# --- the scripts and the schema are one -----------------------------------------------------


def test_the_revisions_are_the_scripts() -> None:
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    assert scripts.get_heads() == [version.HEAD]
    newest_first = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(newest_first)) == version.REVISIONS


def test_the_migrations_make_the_schema(store: Store, location: Location) -> None:
    engine = make_engine(location.path)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []
        migrated = described(connection)
        assert set(inspect(connection).get_view_names()) == set(VIEWS)
    engine.dispose()
    assert migrated == described_schema()


def described_schema() -> dict[str, Any]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        schema.metadata.create_all(connection)
        made = described(connection)
    engine.dispose()
    return made


def described(connection: Connection) -> dict[str, Any]:
    """What SQLite knows of each table: Alembic compares no CHECKs, defaults or keys' names."""
    inspector = inspect(connection)
    found: dict[str, Any] = {}
    for table in set(inspector.get_table_names()) - {"alembic_version"}:
        columns = {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in inspector.get_columns(table)
        }
        lists = (
            inspector.get_check_constraints(table),
            inspector.get_foreign_keys(table),
            inspector.get_indexes(table),
            inspector.get_unique_constraints(table),
        )
        parts = [sorted(map(_in_words, one)) for one in lists]
        found[table] = (columns, inspector.get_pk_constraint(table), *parts)
    return found


def _in_words(value: Any) -> str:
    """Equal where the values are, which the text of a partial index's WHERE is not."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_in_words(value[key])}" for key in sorted(value))
    return str(value)


# --- an older store, met by a newer shoetrack -----------------------------------------------

NEXT = """
from alembic import op
import sqlalchemy as sa

revision = "9000"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rebuilt as wholes, which is where SQLite loses triggers, views and rows that point to them.
    with op.batch_alter_table("run", recreate="always") as batch:
        batch.add_column(sa.Column("mood", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("entry", recreate="always") as batch:
        batch.add_column(sa.Column("mood", sa.Text()))
    {then}
"""


@pytest.fixture
def old(store: Store, location: Location, tmp_path: Path) -> State:
    """A store with runs in it, as today's shoetrack leaves it."""
    write_season(tmp_path / "season", 12)
    import_paths(store, location, [tmp_path / "season"])
    store.close()
    return state_of(location)


State = tuple[watch.State, list[watch.Row]]


def state_of(location: Location) -> State:
    with closing(Watch(location.path)) as seen:
        return watch.state(seen), seen.entries()


def without_mood(state: State) -> State:
    seen, entries = state
    for row in (*seen.runs.values(), *entries):
        row.pop("mood", None)
    return state


def next_version(monkeypatch: pytest.MonkeyPatch, scripts: Path, then: str = "") -> None:
    """Make this a shoetrack with one more migration."""
    shutil.copytree(migrate.SCRIPTS, scripts)
    text = NEXT.format(head=version.HEAD, then=then)
    (scripts / "versions" / "9000_next.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    monkeypatch.setattr(version, "REVISIONS", (*version.REVISIONS, "9000"))
    monkeypatch.setattr(version, "HEAD", "9000")


@pytest.mark.parametrize("first", ["a question", "a change"])
def test_an_older_store_is_upgraded_behind_a_backup(
    old: State,
    location: Location,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first: str,
) -> None:
    head: str = version.HEAD
    next_version(monkeypatch, tmp_path / "scripts")
    if first == "a change":
        Store(location).close()
    with open_reader(location) as reader:
        assert reader is not None
        assert verify(reader).problems == ()  # which knows of the triggers and of foreign keys
        assert reader.rows("PRAGMA journal_mode")[0]["journal_mode"] == "wal"
        assert {row["mood"] for row in reader.rows("SELECT mood FROM run")} == {""}
    assert without_mood(state_of(location)) == old
    saved = location.path.with_name("shoetrack.db.before-9000.bak")
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert stat.S_IMODE(location.path.stat().st_mode) == 0o600
    assert state_of(Location(saved)) == old
    with closing(Watch(saved)) as seen:
        assert seen.value("SELECT version_num FROM alembic_version") == head
    assert migrate.upgrade(location) is None
    Store(location).close()
    left = {path.name for path in location.path.parent.iterdir()}
    assert {name for name in left if not name.endswith(("-shm", "-wal"))} == {
        "shoetrack.db",
        saved.name,
    }


@pytest.mark.parametrize(
    ("then", "error", "said"),
    [
        ("raise RuntimeError('lost')", RuntimeError, "lost"),
        ("op.execute('SELECT wings FROM run')", StoreError, "gave an error: no such column"),
        ("op.execute('DELETE FROM run')", StoreError, "did not survive its upgrade"),
    ],
)
def test_an_upgrade_that_fails_leaves_all_as_it_was(
    old: State,
    location: Location,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    then: str,
    error: type[Exception],
    said: str,
) -> None:
    with monkeypatch.context() as patch:
        next_version(patch, tmp_path / "scripts", then)
        with pytest.raises(error, match=said), open_reader(location):
            pass
    with open_reader(location) as reader:
        assert verify(reader).problems == ()
    assert state_of(location) == old


def test_an_upgrade_that_cannot_be_backed_up_is_not_begun(
    old: State, location: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_version(monkeypatch, tmp_path / "scripts")
    location.path.with_name("shoetrack.db.before-9000.bak").mkdir()
    with pytest.raises(StoreError, match="cannot be backed up"), open_reader(location):
        pass
    assert state_of(location) == old


UPGRADE = """
import sys
from pathlib import Path
from shoetrack.db import migrate, version
from shoetrack.db.location import Location

migrate.SCRIPTS = Path(sys.argv[1])
version.REVISIONS, version.HEAD = (*version.REVISIONS, "9000"), "9000"
print(migrate.upgrade(Location(Path(sys.argv[2]))))
"""


def test_two_programs_upgrade_at_once(
    old: State, location: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One does it; the others wait, and find it done. Nobody overwrites the backup."""
    next_version(monkeypatch, tmp_path / "scripts")
    words = [sys.executable, "-c", UPGRADE, str(tmp_path / "scripts"), str(location.path)]
    with closing(sqlite3.connect(location.path, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        programs = [
            subprocess.Popen(
                words, env=cli_env(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            for _ in range(3)
        ]
        with pytest.raises(subprocess.TimeoutExpired):
            programs[0].wait(1.5)
        lock.execute("COMMIT")
    said = []
    for program in programs:
        with program:
            said.append(program.communicate(timeout=60)[0].decode().strip())
            assert program.returncode == 0, said
    saved = location.path.with_name("shoetrack.db.before-9000.bak")
    assert sorted(said) == sorted(["None", "None", str(saved)])
    assert without_mood(state_of(location)) == old
    assert state_of(Location(saved)) == old
