"""What Strava's API is asked for: whose pair it names, how far a sync has come, what was deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("sighting", sa.Column("gear", sa.Text()))
    op.add_column("sighting", sa.Column("strava_id", sa.Text()))
    untimed = sa.text("started_at IS NULL AND strava_id IS NOT NULL")
    op.create_index(
        "ix_sighting_untimed",
        "sighting",
        ["athlete_id", "local_date"],
        sqlite_where=untimed,
        postgresql_where=untimed,
    )
    # What Strava's export says of a distance is Strava's word, as what its API says.
    op.execute("UPDATE sighting SET distance_from = 'strava' WHERE kind = 'strava-export'")
    op.execute(
        "UPDATE run SET distance_from = 'strava' WHERE distance_from = 'device' AND NOT EXISTS"
        " (SELECT 1 FROM sighting WHERE sighting.run_id = run.id"
        " AND sighting.kind <> 'strava-export')"
        " AND EXISTS (SELECT 1 FROM sighting WHERE sighting.run_id = run.id)"
    )
    with op.batch_alter_table("run", recreate="always") as batch:
        batch.drop_constraint(op.f("ck_run_status"), type_="check")
        batch.create_check_constraint(
            op.f("ck_run_status"),
            "status IN ('active', 'ignored', 'merged', 'undone', 'deleted')",
        )
    op.create_table(
        "strava_state",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True)),
        sa.Column("oldest", sa.DateTime(timezone=True)),
        sa.Column("whole", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("gears", sa.Text(), nullable=False, server_default="{}"),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_strava_state_athlete_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strava_state")),
        sa.UniqueConstraint("athlete_id", name=op.f("uq_strava_state_athlete_id")),
    )
