"""The first version: one table of revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "revisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("cluster", sa.String(253), nullable=False),
        sa.Column("api_version", sa.String(253), nullable=False),
        sa.Column("kind", sa.String(63), nullable=False),
        sa.Column("namespace", sa.String(253), nullable=False),
        sa.Column("name", sa.String(253), nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=True),
        sa.Column("who", sa.String(512), nullable=False),
        sa.Column("tool", sa.String(512), nullable=False),
        sa.Column("version", sa.String(63), nullable=False),
        sa.Column("uid", sa.String(63), nullable=False),
        sa.Column("source", sa.String(15), nullable=False),
        sa.Column("exact", sa.Boolean, nullable=False),
    )
    op.create_index("revisions_by_object", "revisions", ["cluster", "kind", "namespace", "name", "time"])
    op.create_index("revisions_by_time", "revisions", ["time"])


def downgrade() -> None:
    """Drops the table, and all that was recorded."""
    op.drop_table("revisions")
