"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "athlete",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_athlete")),
    )
    op.create_table(
        "change",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("undoes_id", Id, nullable=True),
        sa.Column("redoes_id", Id, nullable=True),
        sa.Column("undone", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["athlete_id"], ["athlete.id"], name=op.f("fk_change_athlete_id")),
        sa.ForeignKeyConstraint(["undoes_id"], ["change.id"], name=op.f("fk_change_undoes_id")),
        sa.ForeignKeyConstraint(["redoes_id"], ["change.id"], name=op.f("fk_change_redoes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    op.create_table(
        "run",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("started_at", Instant, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("sport", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("distance_mm", sa.BigInteger(), nullable=True),
        sa.Column("distance_from", sa.String(length=10), nullable=True),
        sa.Column("duration_s", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=10), server_default="active", nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("twin_id", Id, nullable=True),
        sa.Column("merged_into_id", Id, nullable=True),
        sa.Column("set_by_hand", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "status IN ('active', 'ignored', 'merged', 'undone')", name=op.f("ck_run_status")
        ),
        sa.CheckConstraint("distance_mm > 0", name=op.f("ck_run_distance")),
        sa.CheckConstraint("duration_s >= 0", name=op.f("ck_run_duration")),
        sa.ForeignKeyConstraint(["athlete_id"], ["athlete.id"], name=op.f("fk_run_athlete_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["run.id"], name=op.f("fk_run_merged_into_id")),
        sa.ForeignKeyConstraint(["twin_id"], ["run.id"], name=op.f("fk_run_twin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index("ix_run_date", "run", ["athlete_id", "local_date"], unique=False)
    op.create_index(
        "ix_run_doubtful",
        "run",
        ["athlete_id"],
        unique=False,
        sqlite_where=sa.text("status = 'active' AND twin_id IS NOT NULL"),
        postgresql_where=sa.text("status = 'active' AND twin_id IS NOT NULL"),
    )
    op.create_index("ix_run_started", "run", ["athlete_id", "started_at"], unique=False)
    op.create_index(
        "ix_run_unmeasured",
        "run",
        ["athlete_id"],
        unique=False,
        sqlite_where=sa.text("status = 'active' AND distance_mm IS NULL"),
        postgresql_where=sa.text("status = 'active' AND distance_mm IS NULL"),
    )
    op.create_table(
        "shoe",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), server_default="", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("price", sa.Text(), server_default="", nullable=False),
        sa.Column("range_low_mm", sa.BigInteger(), nullable=True),
        sa.Column("range_high_mm", sa.BigInteger(), nullable=True),
        sa.Column("rotation", sa.Text(), server_default="", nullable=False),
        sa.Column("strava_id", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=10), server_default="active", nullable=False),
        sa.CheckConstraint("status IN ('active', 'deleted')", name=op.f("ck_shoe_status")),
        sa.CheckConstraint(
            "(range_low_mm IS NULL AND range_high_mm IS NULL) OR (range_low_mm > 0 AND range_high_mm > range_low_mm)",
            name=op.f("ck_shoe_range"),
        ),
        sa.ForeignKeyConstraint(["athlete_id"], ["athlete.id"], name=op.f("fk_shoe_athlete_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shoe")),
    )
    op.create_index(
        "uq_shoe_name",
        "shoe",
        ["athlete_id", "name_key"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(
        "uq_shoe_strava",
        "shoe",
        ["athlete_id", "strava_id"],
        unique=True,
        sqlite_where=sa.text("status = 'active' AND strava_id IS NOT NULL"),
        postgresql_where=sa.text("status = 'active' AND strava_id IS NOT NULL"),
    )
    op.create_table(
        "default_shoe",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("sport", sa.String(length=20), nullable=False),
        sa.Column("since", sa.Date(), server_default="0001-01-01", nullable=False),
        sa.Column("shoe_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_default_shoe_athlete_id")
        ),
        sa.ForeignKeyConstraint(["shoe_id"], ["shoe.id"], name=op.f("fk_default_shoe_shoe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_default_shoe")),
        sa.UniqueConstraint(
            "athlete_id", "sport", "since", name=op.f("uq_default_shoe_athlete_id_sport_since")
        ),
    )
    op.create_table(
        "entry",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("shoe_id", Id, nullable=True),
        sa.Column("run_id", Id, nullable=True),
        sa.Column("distance_mm", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("change_id", Id, nullable=False),
        sa.Column("reverses_id", Id, nullable=True),
        sa.Column("posted_at", Instant, nullable=False),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_entry_reverses")
        ),
        sa.CheckConstraint("kind <> 'run' OR run_id IS NOT NULL", name=op.f("ck_entry_run")),
        sa.CheckConstraint(
            "kind IN ('run', 'opening', 'adjustment', 'reversal')", name=op.f("ck_entry_kind")
        ),
        sa.CheckConstraint(
            "run_id IS NOT NULL OR shoe_id IS NOT NULL", name=op.f("ck_entry_account")
        ),
        sa.ForeignKeyConstraint(["athlete_id"], ["athlete.id"], name=op.f("fk_entry_athlete_id")),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_entry_change_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["entry.id"], name=op.f("fk_entry_reverses_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_entry_run_id")),
        sa.ForeignKeyConstraint(["shoe_id"], ["shoe.id"], name=op.f("fk_entry_shoe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_entry_reverses_id")),
    )
    op.create_index("ix_entry_change", "entry", ["change_id"], unique=False)
    op.create_index("ix_entry_run", "entry", ["run_id"], unique=False)
    op.create_index(
        "ix_entry_totals",
        "entry",
        ["athlete_id", "shoe_id", "effective_on", "run_id", "kind", "distance_mm", "duration_s"],
        unique=False,
    )
    op.create_table(
        "journal",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("change_id", Id, nullable=False),
        sa.Column("table_name", sa.String(length=20), nullable=False),
        sa.Column("row_id", Id, nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["athlete_id"], ["athlete.id"], name=op.f("fk_journal_athlete_id")),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_journal_change_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_change", "journal", ["change_id"], unique=False)
    op.create_table(
        "share",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("shoe_id", Id, nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("weight > 0", name=op.f("ck_share_weight")),
        sa.ForeignKeyConstraint(["athlete_id"], ["athlete.id"], name=op.f("fk_share_athlete_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_share_run_id")),
        sa.ForeignKeyConstraint(["shoe_id"], ["shoe.id"], name=op.f("fk_share_shoe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share")),
        sa.UniqueConstraint("run_id", "shoe_id", name=op.f("uq_share_run_id_shoe_id")),
    )
    op.create_index("ix_share_shoe", "share", ["shoe_id"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("record_index", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", Instant, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("sport", sa.String(length=20), nullable=True),
        sa.Column("distance_mm", sa.BigInteger(), nullable=True),
        sa.Column("distance_from", sa.String(length=10), nullable=True),
        sa.Column("duration_s", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("creator", sa.Text(), server_default="", nullable=False),
        sa.Column("device", sa.Text(), server_default="", nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_sighting_athlete_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_sighting_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint(
            "athlete_id",
            "digest",
            "record_index",
            name=op.f("uq_sighting_athlete_id_digest_record_index"),
        ),
    )
    op.create_index("ix_sighting_run", "sighting", ["run_id"], unique=False)
    op.execute("INSERT INTO athlete (name, created_at) VALUES ('me', CURRENT_TIMESTAMP)")
