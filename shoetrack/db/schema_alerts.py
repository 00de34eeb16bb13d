"""The tables of what runs while nobody looks: alerts, their deliveries, jobs and the daemon.

None of them is journaled: an undo takes back what was decided, and not what was said.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shoetrack.db.schema import Id, Instant, athlete_id, metadata, own_id, ref

# Something worth saying. `subject` is what it is about ("shoe:3", "rotation:daily", "waiting",
# "trouble:strava"); of a pair, `stage` is how far it has come, and `step` how many times fifty
# miles beyond its end. `after_change` is the last change of the store when it was raised.
alert = Table(
    "alert",
    metadata,
    own_id(),
    athlete_id(),
    Column("kind", String(20), nullable=False),
    Column("subject", Text, nullable=False),
    ref("shoe_id", "shoe.id", nullable=True),
    Column("stage", String(20), nullable=False, server_default=""),
    Column("step", Integer, nullable=False, server_default=text("0")),
    Column("distance_mm", BigInteger),
    Column("low_mm", BigInteger),
    Column("high_mm", BigInteger),
    Column("urgent", Integer, nullable=False, server_default=text("0")),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    # What else goes with it, as JSON: numbers of the runs that wait, the account of a digest.
    Column("facts", Text, nullable=False, server_default="{}"),
    Column("after_change", Id, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("acked_at", Instant),
    Column("snoozed_until", Instant),
    # When it was so no longer, or a later one said more.
    Column("ended_at", Instant),
    CheckConstraint(
        "kind IN ('wear', 'rotation', 'waiting', 'load', 'files', 'trouble', 'digest')",
        name="kind",
    ),
    Index("ix_alert_subject", "athlete_id", "subject"),
)
_open = text("acked_at IS NULL AND ended_at IS NULL")
Index("ix_alert_open", alert.c.athlete_id, sqlite_where=_open, postgresql_where=_open)

# An alert on its way by one channel. `round` counts from 0 how often it is said: once more after a
# snooze. `left_to` are those who have not got it yet where some have, as JSON; empty is all.
delivery = Table(
    "delivery",
    metadata,
    own_id(),
    athlete_id(),
    ref("alert_id", "alert.id"),
    Column("channel", Text, nullable=False),
    Column("round", Integer, nullable=False, server_default=text("0")),
    Column("status", String(10), nullable=False, server_default="pending"),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("tried_at", Instant),
    Column("delivered_at", Instant),
    Column("fault", Text, nullable=False, server_default=""),
    Column("left_to", Text, nullable=False, server_default=""),
    CheckConstraint("status IN ('pending', 'delivered', 'given-up', 'dropped')", name="status"),
    UniqueConstraint("alert_id", "channel", "round"),
)
_pending = text("status = 'pending'")
Index(
    "ix_delivery_pending",
    delivery.c.athlete_id,
    sqlite_where=_pending,
    postgresql_where=_pending,
)

# What is done again and again, and how it went. `failures` counts those in a row, `fault` is their
# kind; `done_at` is when it last went well.
job = Table(
    "job",
    metadata,
    own_id(),
    athlete_id(),
    Column("name", Text, nullable=False),
    Column("begun_at", Instant),
    Column("ended_at", Instant),
    Column("done_at", Instant),
    Column("next_at", Instant),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("fault", String(40), nullable=False, server_default=""),
    Column("message", Text, nullable=False, server_default=""),
    UniqueConstraint("athlete_id", "name"),
)

# The daemon's sign of life.
heartbeat = Table(
    "heartbeat",
    metadata,
    own_id(),
    athlete_id(),
    Column("pid", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("version", String(40), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("stopped_at", Instant),
    UniqueConstraint("athlete_id"),
)

# A file of a watched folder as it was when it was dealt with: as long as it is the same, it is not
# tried again. With a `reason` it could not be read, and is not spoken of again either. An undo does
# not make it new. `read_by` is the version that could make nothing of it; see `file_queries`. By
# its `digest`, the SHA-256 of all its bytes, it is the same where it was only written anew.
watched_file = Table(
    "watched_file",
    metadata,
    own_id(),
    athlete_id(),
    Column("place", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("read_by", String(40), nullable=False),
    Column("reason", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("digest", String(64), nullable=False, server_default=""),
    UniqueConstraint("athlete_id", "place"),
)
