"""Chooses how a store is opened: by its path and by the engine that is to work on it."""

from __future__ import annotations

from pathlib import Path

from ringfence.flows.storage import Storage
from ringfence.model.errors import InputError, QueryError

DUCKDB = "duckdb"
SPARK = "spark://"


def open_storage(path: str, engine: str, *, write: bool) -> Storage:
    """The tables at ``path``, with ``engine`` to work on them. A directory has Parquet files, a file is DuckDB's.

    Raises:
        InputError: they can't be opened, or what the engine needs is not installed.
        QueryError: there is no such engine, or it can't work on a DuckDB file.
    """
    try:
        import ibis  # noqa: F401 -- only whether it is there
    except ImportError:
        raise InputError("Stores of flows need the extra 'flows': pip install 'ringfence[flows]'.") from None
    directory = path.endswith("/") or Path(path).is_dir()
    if engine == DUCKDB and not directory:
        from ringfence.flows.duckdb_file import DuckDbFile

        return DuckDbFile(path, write=write)
    from ringfence.flows.parquet_directory import DuckDbEngine, ParquetDirectory

    if engine == DUCKDB:
        return ParquetDirectory(path, DuckDbEngine(), write=write)
    if not engine.startswith(SPARK):
        raise QueryError(f"There is no engine {engine!r}. Engines are duckdb and spark://HOST:PORT.")
    if not directory and Path(path).exists():
        raise QueryError(f"{path} is a DuckDB file, and Spark works on directories of Parquet files.")
    from ringfence.flows.spark import SparkEngine

    return ParquetDirectory(path, SparkEngine(engine), write=write)
