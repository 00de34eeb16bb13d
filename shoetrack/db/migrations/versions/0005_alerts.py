"""What runs while nobody looks: alerts, their deliveries, jobs, the daemon, watched files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)
NONE = sa.text("0")


def _of(table: str) -> list[sa.schema.SchemaItem]:
    """The key, the athlete, and what holds them."""
    return [
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f(f"fk_{table}_athlete_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def upgrade() -> None:
    op.create_table(
        "alert",
        *_of("alert"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("shoe_id", Id),
        sa.Column("stage", sa.String(20), nullable=False, server_default=""),
        sa.Column("step", sa.Integer(), nullable=False, server_default=NONE),
        sa.Column("distance_mm", sa.BigInteger()),
        sa.Column("low_mm", sa.BigInteger()),
        sa.Column("high_mm", sa.BigInteger()),
        sa.Column("urgent", sa.Integer(), nullable=False, server_default=NONE),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("after_change", Id, nullable=False),
        sa.Column("raised_at", Instant, nullable=False),
        sa.Column("acked_at", Instant),
        sa.Column("snoozed_until", Instant),
        sa.Column("ended_at", Instant),
        sa.ForeignKeyConstraint(["shoe_id"], ["shoe.id"], name=op.f("fk_alert_shoe_id")),
        sa.CheckConstraint(
            "kind IN ('wear', 'rotation', 'waiting', 'load', 'files', 'trouble', 'digest')",
            name=op.f("ck_alert_kind"),
        ),
    )
    op.create_index("ix_alert_subject", "alert", ["athlete_id", "subject"])
    opened = sa.text("acked_at IS NULL AND ended_at IS NULL")
    op.create_index(
        "ix_alert_open", "alert", ["athlete_id"], sqlite_where=opened, postgresql_where=opened
    )
    op.create_table(
        "delivery",
        *_of("delivery"),
        sa.Column("alert_id", Id, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False, server_default=NONE),
        sa.Column("status", sa.String(10), nullable=False, server_default="pending"),
        sa.Column("tries", sa.Integer(), nullable=False, server_default=NONE),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("tried_at", Instant),
        sa.Column("delivered_at", Instant),
        sa.Column("fault", sa.Text(), nullable=False, server_default=""),
        sa.Column("left_to", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_delivery_alert_id")),
        sa.UniqueConstraint(
            "alert_id", "channel", "round", name=op.f("uq_delivery_alert_id_channel_round")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'given-up', 'dropped')",
            name=op.f("ck_delivery_status"),
        ),
    )
    pending = sa.text("status = 'pending'")
    op.create_index(
        "ix_delivery_pending",
        "delivery",
        ["athlete_id"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_table(
        "job",
        *_of("job"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("begun_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("done_at", Instant),
        sa.Column("next_at", Instant),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=NONE),
        sa.Column("fault", sa.String(40), nullable=False, server_default=""),
        sa.Column("message", sa.Text(), nullable=False, server_default=""),
        sa.UniqueConstraint("athlete_id", "name", name=op.f("uq_job_athlete_id_name")),
    )
    op.create_table(
        "heartbeat",
        *_of("heartbeat"),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("beat_at", Instant, nullable=False),
        sa.Column("stopped_at", Instant),
        sa.UniqueConstraint("athlete_id", name=op.f("uq_heartbeat_athlete_id")),
    )
    op.create_table(
        "watched_file",
        *_of("watched_file"),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("read_by", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, server_default=""),
        sa.UniqueConstraint("athlete_id", "place", name=op.f("uq_watched_file_athlete_id_place")),
    )
