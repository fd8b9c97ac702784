"""A store in one DuckDB file."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringfence.flows import compiling
from ringfence.flows.compiling import sql
from ringfence.flows.storage import Together
from ringfence.flows.tables import TABLES, VERSION
from ringfence.model.errors import InputError

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir
    import pyarrow as pa

WAIT = 10.0
"""Seconds to wait for another process that is writing."""

BATCH = 50_000
"""Rows that are fetched together."""

MEMORY = ":memory:"

SETTINGS: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "1GB", "preserve_insertion_order": False}
"""What doesn't fit is worked on in files beside the store (DuckDB, "Tuning Workloads")."""


_TYPES = {"int64": "BIGINT", "float64": "DOUBLE", "string": "VARCHAR", "boolean": "BOOLEAN"}


class DuckDbFile:
    """The tables of a store in a DuckDB file, or with :data:`MEMORY` in none. ``write`` is needed for changes.

    Raises:
        InputError: the file can't be opened, is no store, has another version, or another process keeps it.
    """

    def __init__(self, path: str, *, write: bool) -> None:
        self.path = path
        fresh = path == MEMORY or not Path(path).exists()
        self._connection = _connect(path, write=write)
        try:
            self._prepare(fresh=fresh, write=write)
        except BaseException:
            self.close()
            raise

    def _prepare(self, *, fresh: bool, write: bool) -> None:
        names = {row[0] for row in self._run("SELECT table_name FROM duckdb_tables()").fetchall()}
        if not names and (fresh or write):
            with self.changing():
                for name, columns in TABLES.items():
                    typed = ", ".join(f'"{column}" {_TYPES[kind]}' for column, kind in columns.items())
                    self._run(f"CREATE TABLE {name} ({typed})")
                self._run("CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
                self.set_note("version", str(VERSION))
            return
        if not names.issuperset({*TABLES, "notes"}):
            raise InputError(f"{self.path} is a DuckDB database, but no store of flows.")
        check_version(self.path, self.note("version"))

    def table(self, name: str) -> ir.Table:
        """A table, to build expressions on."""
        return compiling.table(name)

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Works an expression out."""
        return self._run(sql(expression, "duckdb")).fetch_arrow_table()

    def batches(self, name: str, *columns: str) -> Iterator[pa.RecordBatch]:
        """A table, or some of its columns, in parts. Nothing else may be asked in between."""
        listed = ", ".join(columns) or "*"
        yield from self._run(f"SELECT {listed} FROM {name}").fetch_record_batch(BATCH)  # noqa: S608 - as below

    def keep(self, name: str, rows: pa.Table | ir.Table) -> ir.Table:
        """Keeps rows, or what an expression comes to, until the store is closed."""
        import pyarrow as pa

        made = f"CREATE OR REPLACE TEMP TABLE {compiling.KEPT}{name} AS"
        if isinstance(rows, pa.Table):
            with self._registered(rows):
                self._run(f"{made} SELECT * FROM incoming")  # noqa: S608 - as below
        else:
            self._run(f"{made} {sql(rows, 'duckdb')}")
        return compiling.kept(name, rows)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A transaction; an exception undoes it."""
        self._run("BEGIN")
        try:
            yield
        except BaseException:
            self._run("ROLLBACK")
            raise
        self._run("COMMIT")

    def append(self, name: str, rows: pa.Table | ir.Table) -> None:
        """Adds rows, or what an expression comes to, to a table."""
        import pyarrow as pa

        columns = ", ".join(f'"{column}"' for column in TABLES[name])
        insert = f"INSERT INTO {name} SELECT {columns} FROM"
        if not isinstance(rows, pa.Table):
            self._run(f"{insert} ({sql(rows, 'duckdb')})")
        elif rows.num_rows:
            with self._registered(rows):
                self._run(f"{insert} incoming")

    def add_up(self, name: str, rows: ir.Table, keys: Sequence[str], together: Together) -> None:
        """Puts rows together with those that have the same keys."""
        same = self.table(name).semi_join(rows, list(keys))
        made = self.keep("together", together(same.union(rows)))
        self.remove(name, self.keep("same", rows.select(*keys)))
        self.append(name, made)

    def remove(self, name: str, gone: ir.Table) -> None:
        """Takes out the rows that have the values of a row of ``gone`` in its columns."""
        same = " AND ".join(f'{name}."{column}" = gone."{column}"' for column in gone.columns)
        self._run(f"DELETE FROM {name} USING {gone.get_name()} gone WHERE {same}")  # noqa: S608 - as above

    def replace(self, name: str, rows: pa.Table | ir.Table) -> None:
        """Puts rows, or what an expression comes to, in the place of a table's."""
        self._run(f"DELETE FROM {name}")  # noqa: S608 - as above
        self.append(name, rows)

    @contextmanager
    def _registered(self, rows: pa.Table) -> Iterator[None]:
        self._connection.register("incoming", rows)
        try:
            yield
        finally:
            self._connection.unregister("incoming")

    def note(self, key: str) -> str:
        """A note that stands beside the tables."""
        found = self._run("SELECT value FROM notes WHERE key = ?", key).fetchone()
        return str(found[0]) if found else ""

    def set_note(self, key: str, value: str) -> None:
        """Writes a note."""
        self._run("INSERT OR REPLACE INTO notes VALUES (?, ?)", key, value)

    def close(self) -> None:
        """Frees the file for other processes."""
        self._connection.close()

    def _run(self, statement: str, *values: str) -> Any:
        return self._connection.execute(statement, list(values))


def check_version(path: str, version: str) -> None:
    """Refuses a store that another version of its tables was written with.

    Raises:
        InputError: it isn't this one's.
    """
    if version != str(VERSION):
        raise InputError(
            f"{path} has version {version or 'unknown'} of the store's tables, and this Ringfence writes {VERSION}. "
            "Ingest the logs into a new store, or use the Ringfence that wrote it."
        )


def _connect(path: str, *, write: bool) -> duckdb.DuckDBPyConnection:
    import duckdb

    if path != MEMORY:
        _check_file(path)
    # By its name alone DuckDB takes some for other things than files.
    database = path if path == MEMORY else str(Path(path).absolute())
    until = time.monotonic() + WAIT
    while True:
        try:
            return duckdb.connect(database, read_only=not write, config=SETTINGS)
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise InputError(f"{path} can't be opened: {_first_line(error)}") from None
            if time.monotonic() > until:
                raise InputError(f"{path} is in use by another process that writes to it. Try again later.") from None
            time.sleep(0.2)
        except duckdb.Error as error:
            raise InputError(f"{path} can't be opened: {_first_line(error)}") from None


def _check_file(path: str) -> None:
    """Refuses a file that is no DuckDB database: of some others DuckDB would fetch an extension, or open none at all.

    Its files have ``DUCK`` after the checksum of their first block (DuckDB, "Storage Versions and Format").

    Raises:
        InputError: so it is, or it can't be read.
    """
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(12)
    except FileNotFoundError:
        return  # it is made, or its directory is what is missing
    except OSError as error:
        raise InputError(f"{path} can't be opened: {(error.strerror or str(error)).lower()}.") from None
    if len(start) == 12 and start[8:] != b"DUCK":  # a shorter one may be about to be made
        raise InputError(f"{path} can't be opened: it is no DuckDB file, so no store of flows.")


def _first_line(error: Exception) -> str:
    text = str(error).partition("\n")[0].rstrip(".")
    return f"{text}."
