"""Objects are told apart by their API group, too: a NetworkPolicy may be of Kubernetes and of Calico."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SAME = {"crd.projectcalico.org": "projectcalico.org", "extensions": "networking.k8s.io"}


def upgrade() -> None:
    """Adds the group, read from the version that each revision was recorded in."""
    op.add_column("revisions", sa.Column("api_group", sa.String(253), nullable=False, server_default=""))
    table = sa.table("revisions", sa.column("api_group"), sa.column("api_version"))
    connection = op.get_bind()
    for version in list(connection.execute(sa.select(table.c.api_version).distinct()).scalars()):
        group = version.rpartition("/")[0]
        if group:
            new = sa.update(table).where(table.c.api_version == version).values(api_group=_SAME.get(group, group))
            connection.execute(new)
    op.drop_index("revisions_by_object", "revisions")
    op.create_index("revisions_by_object", "revisions", ["cluster", "api_group", "kind", "namespace", "name", "time"])


def downgrade() -> None:
    """Forgets the group."""
    op.drop_index("revisions_by_object", "revisions")
    op.drop_column("revisions", "api_group")
    op.create_index("revisions_by_object", "revisions", ["cluster", "kind", "namespace", "name", "time"])
