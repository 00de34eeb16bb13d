"""Writing a store: one transaction is one step, and all of a change can be taken back.

Rows that may change are journaled as they were before; entries are only ever added.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from shoetrack.db import faults, schema, version
from shoetrack.db.engine import make_engine
from shoetrack.db.location import Location
from shoetrack.db.reader import ATHLETE, exists, schema_version
from shoetrack.db.statements import DELETE, INSERT, KEPT, SELECT, TABLES, UPDATE, flat, full
from shoetrack.model import FileSeen, Posting

# SQLite takes 999 parameters at the least.
_IDS_AT_ONCE = 500
_text = lru_cache(maxsize=128)(text)
# So many lines of the journal are written at once; nobody reads them before the end of a step.
_JOURNAL_LINES = 1000


class Transaction:
    """A step in the store: everything in it happens, or nothing."""

    def __init__(
        self, connection: Connection, now: datetime, kind: str, summary: str, change_id: int | None
    ) -> None:
        self.athlete = ATHLETE
        self.now = now
        self._connection = connection
        self._kind = kind
        self.summary = summary
        self._change_id = change_id
        self._links: dict[str, int] = {}
        self._journaled: list[dict[str, Any]] = []

    # --- reading --------------------------------------------------------------------------

    def rows(self, sql: str, /, **params: object) -> list[Any]:
        result = self._connection.execute(_text(sql), {"athlete": self.athlete, **params})
        return list(result.mappings())

    # --- the change -----------------------------------------------------------------------

    @property
    def change_id(self) -> int | None:
        """The change of this step; None as long as nothing was changed."""
        return self._change_id

    def _change(self) -> int:
        if self._change_id is None:
            self._change_id = self._insert(
                "change",
                athlete_id=self.athlete,
                kind=self._kind,
                summary=self.summary,
                made_at=self.now,
                **self._links,
            )
        return self._change_id

    def mark(self) -> None:
        """Make this step a change, whatever else it does."""
        self._change()

    def summarise(self, summary: str) -> None:
        """Say better what the change was, now that it is known. Nothing changed: nothing said."""
        self.summary = summary
        if self._change_id is not None:
            self._connection.execute(
                update(schema.change)
                .where(schema.change.c.id == self._change_id)
                .values(summary=summary)
            )

    # --- rows that may change -------------------------------------------------------------

    def add(self, table: str, **values: Any) -> int:
        """Add a row; gives its id."""
        change_id = self._change()
        row_id = self._insert(table, athlete_id=self.athlete, **values)
        self._journal(change_id, table, row_id, None)
        return row_id

    def update(self, table: str, row_id: int, **values: Any) -> None:
        """Change a row; a value that it has already is no change."""
        before = self._row(table, row_id)
        if all(before[name] == flat(value) for name, value in values.items()):
            return
        self._journal(self._change(), table, row_id, before)
        self._connection.execute(UPDATE[table], {"_row": row_id, **values})

    def remove(self, table: str, row_id: int) -> None:
        """Remove a row; a shoe or a run stays in the store, out of sight."""
        if status := KEPT.get(table):
            self.update(table, row_id, status=status)
            return
        self._journal(self._change(), table, row_id, self._row(table, row_id))
        self._connection.execute(DELETE[table], {"_row": row_id})

    # --- many rows at once ----------------------------------------------------------------

    def add_all(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows, each with the same columns."""
        if not rows:
            return
        change_id = self._change()
        lines = [{"athlete_id": self.athlete, **row} for row in rows]
        ids = INSERT[table].returning(TABLES[table].c.id)
        for row_id in self._connection.execute(ids, lines).scalars():
            self._journal(change_id, table, row_id, None)

    def update_all(self, table: str, rows: Mapping[int, Mapping[str, Any]]) -> None:
        """Change rows by their ids, each in the same columns; what is so already is no change."""
        changed = []
        for row_id, before in self._rows_by_id(table, list(rows)).items():
            if any(before[name] != flat(value) for name, value in rows[row_id].items()):
                self._journal(self._change(), table, row_id, before)
                changed.append({"_row": row_id, **rows[row_id]})
        if changed:
            columns = [name for name in changed[0] if name != "_row"]
            wanted = UPDATE[table].values({name: bindparam(name) for name in columns})
            self._connection.execute(wanted, changed)

    def remove_all(self, table: str, row_ids: Sequence[int]) -> None:
        """Remove rows by their ids; shoes and runs stay in the store, out of sight."""
        present = self._rows_by_id(table, row_ids)
        for row_id, row in present.items():
            self._journal(self._change(), table, row_id, row)
        keys = [{"_row": row_id} for row_id in present]
        if keys and (status := KEPT.get(table)):
            self._connection.execute(UPDATE[table].values(status=status), keys)
        elif keys:
            self._connection.execute(DELETE[table], keys)

    # --- the ledger -----------------------------------------------------------------------

    def post(self, postings: Iterable[Posting]) -> None:
        """Write entries. Nothing ever changes or removes them again."""
        lines = [
            {
                "athlete_id": self.athlete,
                "shoe_id": posting.shoe_id,
                "run_id": posting.run_id,
                "distance_mm": posting.distance_mm,
                "duration_s": posting.duration_s,
                "effective_on": posting.effective_on,
                "kind": str(posting.kind),
                "decided_by": posting.by,
                "note": posting.note,
                "change_id": self._change(),
                "reverses_id": posting.reverses_id,
                "posted_at": self.now,
            }
            for posting in postings
        ]
        if lines:
            self._connection.execute(insert(schema.entry), lines)

    def note(self, table: str, row_id: int, **values: Any) -> None:
        """Keep up with what is so elsewhere: no change, and nothing for an undo to stop at."""
        self._connection.execute(UPDATE[table], {"_row": row_id, **values})

    def note_new(self, table: str, **values: Any) -> int:
        """As `note`, where there is no row yet; gives its id."""
        return self._insert(table, athlete_id=self.athlete, **values)

    def forget(self, table: str, row_ids: Iterable[int]) -> None:
        """Remove rows for good, without a trace."""
        keys = [{"_row": row_id} for row_id in row_ids]
        if keys:
            self._connection.execute(DELETE[table], keys)

    def forget_what_was(self) -> None:
        """Empty the journal, of this step too: no change up to now can be taken back any more.

        The memory of files goes as well, so that what they tell can be brought in again.
        """
        self._journaled = []
        for table in (schema.journal, schema.file):
            self._connection.execute(delete(table).where(table.c.athlete_id == self.athlete))

    # --- files ----------------------------------------------------------------------------

    def remember(self, files: Iterable[FileSeen]) -> None:
        """Remember what was read of files; no change, and not undone but forgotten."""
        lines = [
            {
                "athlete_id": self.athlete,
                "place": seen.place,
                "size": seen.size,
                "mtime_ns": seen.mtime_ns,
                "digest": seen.digest,
                "read_by": seen.read_by,
                "runs": seen.runs,
                "skips": "\n".join(seen.skips),
            }
            for seen in files
        ]
        if not lines:
            return
        columns = [name for name in lines[0] if name not in ("athlete_id", "place")]
        self._connection.execute(
            text(
                f"INSERT INTO file ({', '.join(lines[0])})"
                f" VALUES ({', '.join(f':{name}' for name in lines[0])})"
                " ON CONFLICT (athlete_id, place) DO UPDATE SET"
                f" {', '.join(f'{name} = excluded.{name}' for name in columns)}"
            ),
            lines,
        )

    # --- undo -----------------------------------------------------------------------------

    def undo_rows(self, change_id: int) -> None:
        """Put back the rows of a change as they were before it, and mark it undone.

        The entries are for the caller to reverse: they are the ledger's business.
        """
        self._take_back(change_id, undoes_id=change_id)

    def redo_rows(self, undo_id: int) -> None:
        """Put back the rows of an undo, as a change of its own that can be undone again."""
        self._take_back(undo_id, redoes_id=undo_id)

    def _take_back(self, change_id: int, **why: int) -> None:
        self._links = why
        self._change()
        self.write_journal()
        self._connection.execute(
            update(schema.change).where(schema.change.c.id == change_id).values(undone=1)
        )
        journaled = self.rows(
            "SELECT table_name, row_id, before FROM journal WHERE athlete_id = :athlete"
            " AND change_id = :change ORDER BY id",
            change=change_id,
        )
        # How a row was before the change is what its first line says, whatever came after.
        targets: dict[str, dict[int, dict[str, Any] | None]] = {name: {} for name in TABLES}
        for line in journaled:
            before = None if line["before"] is None else json.loads(line["before"])
            targets[line["table_name"]].setdefault(line["row_id"], before)
        # What goes makes room for what comes back: shares and sightings are one of a kind.
        for table in reversed(TABLES):
            self.remove_all(table, [id_ for id_, was in targets[table].items() if was is None])
        for table in TABLES:
            self._put_back(table, {id_: was for id_, was in targets[table].items() if was})
        # What an undone import had read is unknown again; a redone one's is read again for that.
        self._connection.execute(
            delete(schema.file).where(schema.file.c.athlete_id == self.athlete)
        )

    def _put_back(self, table: str, images: Mapping[int, Mapping[str, Any]]) -> None:
        present = self._rows_by_id(table, list(images))
        changed, replaced, missing = [], [], []
        types = TABLES[table].c
        for row_id, image in images.items():
            now = present.get(row_id)
            if now == image:
                continue
            self._journal(self._change(), table, row_id, now)
            row = {name: full(types[name].type, value) for name, value in image.items()}
            if now is None:
                missing.append(row)
            elif table in KEPT:
                # Its number stays, and to set it would have SQLite look for all that points to it.
                del row["id"]
                changed.append({"_row": row_id, **row})
            else:
                # A number may have been given again, so two rows may have to swap what is one of
                # a kind: none can be put right while the other stands.
                standing = {name: full(types[name].type, value) for name, value in now.items()}
                replaced.append({**standing, **row})
        if changed:
            columns = [name for name in changed[0] if name != "_row"]
            restore = UPDATE[table].values({name: bindparam(name) for name in columns})
            self._connection.execute(restore, changed)
        if replaced:
            self._connection.execute(DELETE[table], [{"_row": row["id"]} for row in replaced])
        for rows in (replaced, missing):
            if rows:
                self._connection.execute(INSERT[table], rows)

    def _rows_by_id(self, table: str, row_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Rows as JSON can keep them, by their id; those that are not there are left out."""
        columns = TABLES[table].c
        found = {}
        for start in range(0, len(row_ids), _IDS_AT_ONCE):
            some = row_ids[start : start + _IDS_AT_ONCE]
            wanted = select(TABLES[table]).where(
                columns.id.in_(some), columns.athlete_id == self.athlete
            )
            result = self._connection.execute(wanted)
            names = list(result.keys())
            for row in result:
                image = dict(zip(names, map(flat, row), strict=True))
                found[image["id"]] = image
        return found

    # --- within ---------------------------------------------------------------------------

    def _insert(self, table: str, **values: Any) -> int:
        key = self._connection.execute(INSERT[table], values).inserted_primary_key
        assert key is not None
        return int(key[0])

    def _row(self, table: str, row_id: int) -> dict[str, Any]:
        found = self._connection.execute(SELECT[table], {"_row": row_id}).mappings()
        return {name: flat(value) for name, value in found.one().items()}

    def _journal(
        self, change_id: int, table: str, row_id: int, before: Mapping[str, Any] | None
    ) -> None:
        self._journaled.append(
            {
                "athlete_id": self.athlete,
                "change_id": change_id,
                "table_name": table,
                "row_id": row_id,
                "before": None if before is None else json.dumps(before),
            }
        )
        if len(self._journaled) >= _JOURNAL_LINES:
            self.write_journal()

    def write_journal(self) -> None:
        """Write what was journaled and is not written yet; the end of a step does it."""
        if self._journaled:
            self._connection.execute(insert(schema.journal), self._journaled)
            self._journaled = []


class Store:
    """A store opened for writing: made where there is none, brought up to date where it is old."""

    def __init__(self, location: Location) -> None:
        """Raises StoreError."""
        self._location = location
        # Alembic takes as long to load as all else, and is seldom needed.
        if not exists(location):
            from shoetrack.db.migrate import create

            create(location)
        if schema_version(location) != version.HEAD:
            from shoetrack.db.migrate import upgrade

            upgrade(location)
        self._engine = make_engine(location.path)

    @contextmanager
    def write(
        self, kind: str, summary: str, now: datetime, *, change_id: int | None = None
    ) -> Iterator[Transaction]:
        """One transaction, which holds the write lock from its beginning.

        `change_id` goes on with a change that an earlier transaction began, unless something else
        was changed since: then this is another change, because undo goes back in order. Raises
        StoreError; then, as at any other exception, nothing of it is kept.
        """
        try:
            with self._engine.begin() as connection:
                last = select(func.max(schema.change.c.id)).where(
                    schema.change.c.athlete_id == ATHLETE
                )
                if change_id != connection.scalar(last):
                    change_id = None
                step = Transaction(connection, now, kind, summary, change_id)
                yield step
                step.write_journal()
        except (sqlite3.Error, DBAPIError) as error:
            raise faults.explain(error, self._location) from error

    def compact(self) -> None:
        """Write the file anew, without what was removed from it. Raises StoreError."""
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
        except sqlite3.Error as error:
            raise faults.explain(error, self._location) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()
