"""A store in a directory of Parquet files, for engines that work on files: DuckDB, or Spark for a fleet's flows.

``store.json`` names the files that count. A transaction writes new files, then puts a new ``store.json`` in the place
of the old one; what a crash leaves behind is named by none, and removed by a later transaction.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ringfence.flows import compiling
from ringfence.flows.duckdb_file import BATCH, WAIT, check_version
from ringfence.flows.rows import arrow
from ringfence.flows.storage import Together
from ringfence.flows.tables import TABLES, VERSION, empty
from ringfence.model.errors import InputError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

MANIFEST = "store.json"
MANY = 64
"""Files of a table after which what was added to it bit by bit is put together: that writes the whole table."""

_FRESH = 3600.0
"""Seconds for which files that no longer count are left alone: a reader may still be at them."""


class Engine(Protocol):
    """What works expressions out over Parquet files."""

    def name(self, table: str, columns: Mapping[str, str], files: list[str]) -> None:
        """Makes a table with these columns and types of files, in the place of one of that name."""

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Works an expression out."""

    def write(self, expression: ir.Table, directory: str) -> None:
        """Works an expression out into Parquet files of a new directory."""

    def hold(self, table: str, rows: pa.Table | ir.Table) -> None:
        """Makes a table of rows, or of what an expression comes to, that is in no file of the store."""

    def close(self) -> None:
        """Ends the engine's part of it."""


class ParquetDirectory:
    """The tables of a store as Parquet files. ``write`` makes the store if it isn't there.

    Without it nothing is written to the directory: what is kept while the store is open, the engine holds.

    Raises:
        InputError: the directory is no store, or has another version; or another process keeps writing to it.
    """

    def __init__(self, path: str, engine: Engine, *, write: bool) -> None:
        self.path = path
        self._root = Path(path).absolute()
        self._engine = engine
        self._files: dict[str, list[str]] = {}
        self._notes: dict[str, str] = {}
        self._named: dict[str, tuple[str, ...]] = {}
        self._may_write = write
        self._kept = self._root / "kept" / uuid.uuid4().hex
        if not (self._root / MANIFEST).exists():
            if not write or (self._root.exists() and any(self._root.iterdir())):
                engine.close()
                raise InputError(f"{path} is no store of flows.")
            self._create()
        self._read()
        check_version(path, self.note("version"))

    def _create(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        with self.changing():
            for name in TABLES:
                self.replace(name, arrow(name, empty(name)))
            self.set_note("version", str(VERSION))

    def _read(self) -> None:
        try:
            manifest = json.loads((self._root / MANIFEST).read_text(encoding="utf-8"))
            self._files, self._notes = manifest["files"], manifest["notes"]
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{self._root / MANIFEST} can't be read: {error}.") from None

    def table(self, name: str) -> ir.Table:
        """A table, to build expressions on."""
        return compiling.table(name)

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Works an expression out."""
        self._name_tables(expression)
        return self._engine.fetch(expression)

    def batches(self, name: str, *columns: str) -> Iterator[pa.RecordBatch]:
        """A table, or some of its columns, in parts. No engine is needed for that."""
        from pyarrow import parquet

        for file in self._paths(name):
            with parquet.ParquetFile(file) as opened:
                yield from opened.iter_batches(BATCH, columns=list(columns) or None)

    def keep(self, name: str, rows: pa.Table | ir.Table) -> ir.Table:
        """Keeps rows, or what an expression comes to, until the store is closed."""
        import pyarrow as pa

        kept = compiling.kept(name, rows)
        if not self._may_write:
            if not isinstance(rows, pa.Table):
                self._name_tables(rows)
            self._engine.hold(kept.get_name(), rows)
            return kept
        directory = self._kept / f"{name}-{uuid.uuid4().hex}"
        if isinstance(rows, pa.Table):
            directory.mkdir(parents=True)
            _write_file(rows, directory / "part.parquet")
        else:
            self._write(rows, directory)
        columns = {column: str(kind).lstrip("!") for column, kind in kept.schema().items()}
        self._engine.name(kept.get_name(), columns, _parquet_files(directory))
        return kept

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """A transaction; an exception undoes it."""
        with self._locked():
            self._read()
            before = {name: list(files) for name, files in self._files.items()}, dict(self._notes)
            try:
                yield
                self._commit()
            except BaseException:
                self._files, self._notes = before
                raise

    def _commit(self) -> None:
        new = self._root / f".{MANIFEST}.{uuid.uuid4().hex}"
        with new.open("w", encoding="utf-8") as stream:
            json.dump({"files": self._files, "notes": self._notes}, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self._root / MANIFEST)
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        counted = {self._root / file for files in self._files.values() for file in files}
        limit = time.time() - _FRESH
        for name in TABLES:
            for path in (self._root / name).glob("**/*"):
                with contextlib.suppress(OSError):
                    if path.is_file() and path not in counted and path.stat().st_mtime < limit:
                        path.unlink()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        until = time.monotonic() + WAIT
        with (self._root / ".lock").open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() > until:
                        raise InputError(f"{self.path} is in use by another process. Try again later.") from None
                    time.sleep(0.1)
            yield

    def append(self, name: str, rows: pa.Table | ir.Table) -> None:
        """Adds rows, or what an expression comes to, to a table."""
        self._files[name] = [*self._files.get(name, []), *self._put(name, rows)]

    def add_up(self, name: str, rows: ir.Table, keys: Sequence[str], together: Together) -> None:
        """Adds rows, and puts all together that have the same keys when the table has come to many files."""
        del keys
        self.append(name, rows)
        if len(self._files[name]) > MANY:
            self.replace(name, together(self.table(name)))

    def replace(self, name: str, rows: pa.Table | ir.Table) -> None:
        """Puts rows, or what an expression comes to, in the place of a table's."""
        self._files[name] = self._put(name, rows) or self._put(name, arrow(name, empty(name)), even_empty=True)

    def remove(self, name: str, gone: ir.Table) -> None:
        """Takes out the rows that have the values of a row of ``gone`` in its columns."""
        self.replace(name, self.table(name).anti_join(gone, list(gone.columns)))

    def _put(self, name: str, rows: pa.Table | ir.Table, *, even_empty: bool = False) -> list[str]:
        """Writes files with rows, and gives their names; none where there are no rows."""
        import pyarrow as pa

        if not isinstance(rows, pa.Table):
            directory = self._root / name / uuid.uuid4().hex
            self._write(rows.select(*TABLES[name]), directory)
            files = [file for file in _parquet_files(directory) if _has_rows(file)]
            return [str(Path(file).relative_to(self._root)) for file in files]
        if not rows.num_rows and not even_empty:
            return []
        file = self._root / name / f"{uuid.uuid4().hex}.parquet"
        file.parent.mkdir(exist_ok=True)
        _write_file(rows.select(list(TABLES[name])), file)
        return [str(file.relative_to(self._root))]

    def _write(self, expression: ir.Table, directory: Path) -> None:
        self._name_tables(expression)
        directory.parent.mkdir(parents=True, exist_ok=True)
        self._engine.write(expression, str(directory))

    def _name_tables(self, expression: ir.Table) -> None:
        """Tells the engine which files the tables of an expression now are."""
        for name in compiling.tables_of(expression):
            files = tuple(self._paths(name))
            if self._named.get(name) != files:
                self._engine.name(name, TABLES[name], list(files))
                self._named[name] = files

    def _paths(self, name: str) -> list[str]:
        return [str(self._root / file) for file in self._files[name]]

    def note(self, key: str) -> str:
        """A note that stands beside the tables."""
        return self._notes.get(key, "")

    def set_note(self, key: str, value: str) -> None:
        """Writes a note."""
        self._notes[key] = value

    def close(self) -> None:
        """Ends the engine, and removes what was kept."""
        self._engine.close()
        if self._may_write:
            shutil.rmtree(self._kept, ignore_errors=True)
            with contextlib.suppress(OSError):
                self._kept.parent.rmdir()


class DuckDbEngine:
    """DuckDB over Parquet files."""

    def __init__(self) -> None:
        import duckdb

        self._connection = duckdb.connect()

    def name(self, table: str, columns: Mapping[str, str], files: list[str]) -> None:
        """Makes a view of these files, which know their columns."""
        del columns
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        self._connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet([{listed}])")  # noqa: S608

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Works an expression out."""
        found: Any = self._connection.execute(compiling.sql(expression, "duckdb"))
        return found.fetch_arrow_table()

    def write(self, expression: ir.Table, directory: str) -> None:
        """Works an expression out into a Parquet file."""
        Path(directory).mkdir(parents=True)
        target = str(Path(directory, "part.parquet")).replace("'", "''")
        query = compiling.sql(expression, "duckdb")
        self._connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")

    def hold(self, table: str, rows: pa.Table | ir.Table) -> None:
        """Makes a table in memory, or a view of rows that are there already."""
        import pyarrow as pa

        if isinstance(rows, pa.Table):
            self._connection.register(table, rows)
        else:
            query = compiling.sql(rows, "duckdb")
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()


def _write_file(rows: pa.Table, file: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(rows, file, compression="zstd")


def _has_rows(file: str) -> bool:
    from pyarrow import parquet

    return bool(parquet.read_metadata(file).num_rows)


def _parquet_files(directory: Path) -> list[str]:
    return sorted(str(path) for path in directory.glob("*.parquet"))
