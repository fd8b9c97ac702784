"""Chooses how a store is opened: by its path and by the engine that is to work on it."""

from __future__ import annotations

from ringfence.flows.storage import Storage
from ringfence.model.errors import InputError, QueryError

DUCKDB = "duckdb"


def open_storage(path: str, engine: str, *, write: bool) -> Storage:
    """The tables at ``path``, with ``engine`` to work on them.

    Raises:
        InputError: they can't be opened, or what the engine needs is not installed.
        QueryError: there is no such engine.
    """
    if engine != DUCKDB:
        raise QueryError(f"There is no engine {engine!r}. Engines are duckdb and spark://HOST:PORT.")
    try:
        import ibis  # noqa: F401 -- only whether it is there
    except ImportError:
        raise InputError("Stores of flows need the extra 'flows': pip install 'ringfence[flows]'.") from None
    from ringfence.flows.duckdb_file import DuckDbFile

    return DuckDbFile(path, write=write)
