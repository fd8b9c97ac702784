"""Where the tables of a store lie, and which engine works on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa


Together = Callable[["ir.Table"], "ir.Table"]
"""What makes one row of all rows that have the same keys."""


class Storage(Protocol):
    """The tables of :mod:`ringfence.flows.tables`. What a transaction changes is there as a whole or not at all."""

    path: str

    def table(self, name: str) -> ir.Table:
        """A table, to build expressions on."""

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Works an expression out."""

    def batches(self, name: str, *columns: str) -> Iterator[pa.RecordBatch]:
        """A table, or some of its columns, in parts. Nothing else may be asked in between."""

    def keep(self, name: str, rows: pa.Table | ir.Table) -> ir.Table:
        """Keeps rows, or what an expression comes to, until the store is closed."""

    def changing(self) -> AbstractContextManager[None]:
        """A transaction; an exception undoes it."""

    def append(self, name: str, rows: pa.Table | ir.Table) -> None:
        """Adds rows, or what an expression comes to, to a table, within a transaction."""

    def add_up(self, name: str, rows: ir.Table, keys: Sequence[str], together: Together) -> None:
        """Adds rows, the result of :meth:`keep`, to a table, within a transaction.

        Rows that have the same ``keys`` are put together: at once, or after so many times that it bounds the table.
        """

    def remove(self, name: str, gone: ir.Table) -> None:
        """Takes rows out of a table, within a transaction: those with the values of a row of ``gone`` in its columns.

        ``gone`` is the result of :meth:`keep`.
        """

    def replace(self, name: str, rows: pa.Table | ir.Table) -> None:
        """Puts rows, or what an expression comes to, in the place of a table's, within a transaction."""

    def note(self, key: str) -> str:
        """A note that stands beside the tables, empty if there is none."""

    def set_note(self, key: str, value: str) -> None:
        """Writes a note, within a transaction."""

    def close(self) -> None:
        """Frees the store for others."""
