"""The tables, in SQLAlchemy Core. Every row carries its athlete; distances are integer millimetres.

The migrations build the same tables step by step; a test holds the two equal.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

from shoetrack.units import as_utc

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the key is exactly INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware moment, kept in UTC. SQLAlchemy's own type drops an offset without converting."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def own_id() -> Column[int]:
    """The key that every table has."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def athlete_id() -> Column[int]:
    """Whose row it is."""
    return Column("athlete_id", Id, ForeignKey("athlete.id"), nullable=False)


def ref(name: str, target: str, *, nullable: bool = False) -> Column[Any]:
    """A column that points to another table's key."""
    return Column(name, Id, ForeignKey(target), nullable=nullable)


athlete = Table(
    "athlete",
    metadata,
    own_id(),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# One change is what one `undo` takes back.
change = Table(
    "change",
    metadata,
    own_id(),
    athlete_id(),
    Column("kind", String(20), nullable=False),
    Column("summary", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    ref("undoes_id", "change.id", nullable=True),
    ref("redoes_id", "change.id", nullable=True),
    Column("undone", Integer, nullable=False, server_default=text("0")),
)

# What a change did to rows that can change, so that it can be taken back: `before` is the row as
# JSON, or NULL where the change made the row.
journal = Table(
    "journal",
    metadata,
    own_id(),
    athlete_id(),
    ref("change_id", "change.id"),
    Column("table_name", String(20), nullable=False),
    Column("row_id", Id, nullable=False),
    Column("before", Text),
    Index("ix_journal_change", "change_id"),
)

shoe = Table(
    "shoe",
    metadata,
    own_id(),
    athlete_id(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("brand", Text, nullable=False, server_default=""),
    Column("model", Text, nullable=False, server_default=""),
    Column("bought_on", Date),
    Column("price", Text, nullable=False, server_default=""),
    Column("range_low_mm", BigInteger),
    Column("range_high_mm", BigInteger),
    Column("rotation", Text, nullable=False, server_default=""),
    Column("strava_id", Text),
    Column("note", Text, nullable=False, server_default=""),
    Column("retired_on", Date),
    Column("status", String(10), nullable=False, server_default="active"),
    Column("added_on", Date),
    # What of its rotation's miles it should have, in percent; NULL is an equal part of the rest.
    Column("target", Integer),
    Column("minimalist", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("status IN ('active', 'deleted')", name="status"),
    CheckConstraint(
        "(range_low_mm IS NULL AND range_high_mm IS NULL)"
        " OR (range_low_mm > 0 AND range_high_mm > range_low_mm)",
        name="range",
    ),
)
_living = text("status = 'active'")
Index(
    "uq_shoe_name",
    shoe.c.athlete_id,
    shoe.c.name_key,
    unique=True,
    sqlite_where=_living,
    postgresql_where=_living,
)
Index(
    "uq_shoe_strava",
    shoe.c.athlete_id,
    shoe.c.strava_id,
    unique=True,
    sqlite_where=text("status = 'active' AND strava_id IS NOT NULL"),
    postgresql_where=text("status = 'active' AND strava_id IS NOT NULL"),
)

# The pair that runs of a sport go to by themselves, from a day on (the first day there is, where
# no day was given).
default_shoe = Table(
    "default_shoe",
    metadata,
    own_id(),
    athlete_id(),
    Column("sport", String(20), nullable=False),
    Column("since", Date, nullable=False, server_default=str(date.min)),
    ref("shoe_id", "shoe.id"),
    UniqueConstraint("athlete_id", "sport", "since"),
)

run = Table(
    "run",
    metadata,
    own_id(),
    athlete_id(),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("local_date", Date, nullable=False),
    Column("sport", String(20), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("distance_mm", BigInteger),
    Column("distance_from", String(10)),
    Column("duration_s", BigInteger),
    Column("status", String(10), nullable=False, server_default="active"),
    Column("decided_by", Text),
    ref("twin_id", "run.id", nullable=True),
    ref("merged_into_id", "run.id", nullable=True),
    # What a hand has set stays, whatever a later file says: names of columns, with commas.
    Column("set_by_hand", Text, nullable=False, server_default=""),
    # What a merged run gave to the one that it became part of, so that it can be taken out of it
    # again: JSON, read and written by `hand.twins` alone.
    Column("lent", Text, nullable=False, server_default=""),
    CheckConstraint(
        "status IN ('active', 'ignored', 'merged', 'undone', 'deleted')", name="status"
    ),
    CheckConstraint("distance_mm > 0", name="distance"),
    CheckConstraint("duration_s >= 0", name="duration"),
    Index("ix_run_started", "athlete_id", "started_at"),
    Index("ix_run_date", "athlete_id", "local_date"),
)
_unmeasured = text("status = 'active' AND distance_mm IS NULL")
_doubtful = text("status = 'active' AND twin_id IS NOT NULL")
Index(
    "ix_run_unmeasured",
    run.c.athlete_id,
    sqlite_where=_unmeasured,
    postgresql_where=_unmeasured,
)
Index("ix_run_doubtful", run.c.athlete_id, sqlite_where=_doubtful, postgresql_where=_doubtful)

# How a run is divided over pairs: the decision. The ledger is what came of it.
share = Table(
    "share",
    metadata,
    own_id(),
    athlete_id(),
    ref("run_id", "run.id"),
    ref("shoe_id", "shoe.id"),
    Column("weight", BigInteger, nullable=False),
    CheckConstraint("weight > 0", name="weight"),
    UniqueConstraint("run_id", "shoe_id"),
    Index("ix_share_shoe", "shoe_id"),
)

sighting = Table(
    "sighting",
    metadata,
    own_id(),
    athlete_id(),
    ref("run_id", "run.id"),
    Column("kind", String(20), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("record_index", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("local_date", Date, nullable=False),
    Column("sport", String(20)),
    Column("distance_mm", BigInteger),
    Column("distance_from", String(10)),
    Column("duration_s", BigInteger),
    Column("name", Text, nullable=False, server_default=""),
    Column("creator", Text, nullable=False, server_default=""),
    Column("device", Text, nullable=False, server_default=""),
    Column("seen_at", Instant, nullable=False),
    Column("utc_offset_s", Integer),
    Column("description", Text, nullable=False, server_default=""),
    # Degrees, where the source has places at all.
    Column("start_lat", Double),
    Column("start_lon", Double),
    Column("finish_lat", Double),
    Column("finish_lon", Double),
    Column("ascent_mm", BigInteger),
    # The pair that the service names ("g123"), and the activity's own number there; the latter
    # only where Strava's API told of it.
    Column("gear", Text),
    Column("strava_id", Text),
    # The run that it was of at first, where a merge has moved it; else NULL.
    Column("first_run_id", Id),
    UniqueConstraint("athlete_id", "digest", "record_index"),
    Index("ix_sighting_run", "run_id"),
    Index("ix_sighting_started", "athlete_id", "started_at"),
)
_untimed = text("started_at IS NULL AND strava_id IS NOT NULL")
Index(
    "ix_sighting_untimed",
    sighting.c.athlete_id,
    sighting.c.local_date,
    sqlite_where=_untimed,
    postgresql_where=_untimed,
)

# How far the runs of a Strava account have been read. `synced_at` is when the last reading of what
# is recent began; `oldest` is how far back the first reading has come, which `whole` ends; `gears`
# is JSON: what was found out of each pair there, by its id.
strava_state = Table(
    "strava_state",
    metadata,
    own_id(),
    athlete_id(),
    Column("account_id", BigInteger, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("synced_at", Instant),
    Column("oldest", Instant),
    Column("whole", Integer, nullable=False, server_default=text("0")),
    Column("gears", Text, nullable=False, server_default="{}"),
    UniqueConstraint("athlete_id"),
)

# What a person notes: how a run felt, or what is seen on a pair. `part` is a part of the body
# ("heel") or of the shoe ("tread"), `level` goes from 0 (nothing) to 10 (as bad as can be).
observation = Table(
    "observation",
    metadata,
    own_id(),
    athlete_id(),
    ref("run_id", "run.id", nullable=True),
    ref("shoe_id", "shoe.id", nullable=True),
    Column("noted_on", Date, nullable=False),
    Column("part", Text, nullable=False, server_default=""),
    Column("level", Integer),
    Column("note", Text, nullable=False, server_default=""),
    CheckConstraint("(run_id IS NULL) <> (shoe_id IS NULL)", name="subject"),
    CheckConstraint("level BETWEEN 0 AND 10", name="level"),
    Index("ix_observation_run", "run_id"),
    Index("ix_observation_shoe", "shoe_id"),
)

# What was read of each file, so that one that did not change costs a look at its size and time. A
# memory of readings, and no fact: it may be emptied at any time.
file = Table(
    "file",
    metadata,
    own_id(),
    athlete_id(),
    Column("place", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("read_by", String(40), nullable=False),
    Column("runs", Integer, nullable=False),
    Column("skips", Text, nullable=False),
    UniqueConstraint("athlete_id", "place"),
)

# The ledger. Append-only: triggers refuse UPDATE and DELETE. shoe_id NULL is *unassigned*.
entry = Table(
    "entry",
    metadata,
    own_id(),
    athlete_id(),
    ref("shoe_id", "shoe.id", nullable=True),
    ref("run_id", "run.id", nullable=True),
    Column("distance_mm", BigInteger, nullable=False),
    Column("duration_s", BigInteger, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    ref("change_id", "change.id"),
    ref("reverses_id", "entry.id", nullable=True),
    Column("posted_at", Instant, nullable=False),
    CheckConstraint("kind IN ('run', 'opening', 'adjustment', 'reversal')", name="kind"),
    CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reverses"),
    CheckConstraint("kind <> 'run' OR run_id IS NOT NULL", name="run"),
    CheckConstraint("run_id IS NOT NULL OR shoe_id IS NOT NULL", name="account"),
    UniqueConstraint("reverses_id"),
    Index("ix_entry_run", "run_id"),
    Index("ix_entry_change", "change_id"),
    # Covers the totals: they are summed from this index alone, in its order.
    Index(
        "ix_entry_totals",
        "athlete_id",
        "shoe_id",
        "effective_on",
        "run_id",
        "kind",
        "distance_mm",
        "duration_s",
    ),
)
