"""What rules, rotations and the forecast ask of runs and pairs; and what a person notes of them."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _remember_first_runs() -> None:
    """A sighting that a merge has moved was at first of the run that its first image names."""
    connection = op.get_bind()
    first: dict[int, int] = {}
    for row_id, before in connection.execute(
        sa.text(
            "SELECT row_id, before FROM journal WHERE table_name = 'sighting'"
            " AND before IS NOT NULL ORDER BY id"
        )
    ):
        first.setdefault(row_id, json.loads(before)["run_id"])
    moved = [{"sighting": row_id, "run": run_id} for row_id, run_id in first.items()]
    if moved:
        connection.execute(
            sa.text(
                "UPDATE sighting SET first_run_id = :run WHERE id = :sighting AND run_id <> :run"
            ),
            moved,
        )


def upgrade() -> None:
    op.add_column("shoe", sa.Column("added_on", sa.Date()))
    op.add_column("shoe", sa.Column("target", sa.Integer()))
    op.add_column(
        "shoe", sa.Column("minimalist", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    # A pair was added on the day of the change whose journal has no row of it before.
    op.execute(
        "UPDATE shoe SET added_on = (SELECT SUBSTR(CAST(change.made_at AS VARCHAR(32)), 1, 10)"
        " FROM journal JOIN change ON change.id = journal.change_id"
        " WHERE journal.table_name = 'shoe' AND journal.before IS NULL"
        " AND journal.row_id = shoe.id ORDER BY journal.id LIMIT 1)"
    )
    op.add_column("sighting", sa.Column("utc_offset_s", sa.Integer()))
    op.add_column(
        "sighting", sa.Column("description", sa.Text(), nullable=False, server_default="")
    )
    for name in ("start_lat", "start_lon", "finish_lat", "finish_lon"):
        op.add_column("sighting", sa.Column(name, sa.Double()))
    op.add_column("sighting", sa.Column("ascent_mm", sa.BigInteger()))
    op.add_column("run", sa.Column("lent", sa.Text(), nullable=False, server_default=""))
    op.add_column("sighting", sa.Column("first_run_id", Id))
    _remember_first_runs()
    op.create_table(
        "observation",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("athlete_id", Id, nullable=False),
        sa.Column("run_id", Id),
        sa.Column("shoe_id", Id),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False, server_default=""),
        sa.Column("level", sa.Integer()),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint(
            "(run_id IS NULL) <> (shoe_id IS NULL)", name=op.f("ck_observation_subject")
        ),
        sa.CheckConstraint("level BETWEEN 0 AND 10", name=op.f("ck_observation_level")),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_observation_athlete_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_observation_run_id")),
        sa.ForeignKeyConstraint(["shoe_id"], ["shoe.id"], name=op.f("fk_observation_shoe_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
    )
    op.create_index("ix_observation_run", "observation", ["run_id"])
    op.create_index("ix_observation_shoe", "observation", ["shoe_id"])
