"""What Alembic runs: it is given an open connection, see :mod:`ringfence.history.journal`."""

from __future__ import annotations

from alembic import context

from ringfence.history.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
