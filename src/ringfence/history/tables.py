"""The tables that history is kept in. A change of them is a migration in ``migrations/versions``."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

REVISIONS: Final = sa.Table(
    "revisions",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("cluster", sa.String(253), nullable=False),
    sa.Column("api_version", sa.String(253), nullable=False),
    sa.Column("api_group", sa.String(253), nullable=False, server_default=""),  # see identity.group_of
    sa.Column("kind", sa.String(63), nullable=False),
    sa.Column("namespace", sa.String(253), nullable=False),
    sa.Column("name", sa.String(253), nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),  # microseconds since 1970, UTC: alike in every database
    sa.Column("body", sa.Text, nullable=True),  # JSON; NULL: deleted
    sa.Column("who", sa.String(512), nullable=False),
    sa.Column("tool", sa.String(512), nullable=False),
    sa.Column("version", sa.String(63), nullable=False),
    sa.Column("uid", sa.String(63), nullable=False),
    sa.Column("source", sa.String(15), nullable=False),
    sa.Column("exact", sa.Boolean, nullable=False),
    sa.Index("revisions_by_object", "cluster", "api_group", "kind", "namespace", "name", "time"),
    sa.Index("revisions_by_time", "time"),
)
