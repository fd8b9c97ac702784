"""Expressions to the SQL of an engine. An expression is over tables by name, so each is made and compiled once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ringfence.flows.tables import TABLES

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

KEPT = "kept_"
"""How the names of results begin that are kept while a store is open."""


@lru_cache(maxsize=64)
def table(name: str) -> ir.Table:
    """A table of a store, of any engine, to build expressions on."""
    import ibis

    return ibis.table(TABLES[name], name=name)


def kept(name: str, rows: pa.Table | ir.Table) -> ir.Table:
    """The table that rows, or the result of an expression, are kept in."""
    import ibis

    schema = rows.schema() if callable(rows.schema) else ibis.Schema.from_pyarrow(rows.schema)
    return ibis.table(schema, name=f"{KEPT}{name}")


def named(name: str, columns: dict[str, str]) -> ir.Table:
    """The table of a result that is kept, by its columns."""
    import ibis

    return ibis.table(columns, name=f"{KEPT}{name}")


def tables_of(expression: ir.Table) -> set[str]:
    """The tables of the store that an expression reads."""
    from ibis.expr import operations

    return {str(node.name) for node in expression.op().find(operations.UnboundTable)} & set(TABLES)


@lru_cache(maxsize=512)
def sql(expression: ir.Table, dialect: str) -> str:
    """The SQL of an expression; ``dialect`` is Ibis' name of the engine.

    DuckDB's sums of whole numbers have 128 bits, which Ibis takes for 64 and Parquet doesn't know, so they are cast.
    """
    import ibis

    text = str(ibis.to_sql(expression, dialect=dialect))
    if dialect != "duckdb":
        return text
    columns = ", ".join(
        f'CAST("{name}" AS BIGINT) AS "{name}"' if kind.is_integer() else f'"{name}"'
        for name, kind in expression.schema().items()
    )
    return f"SELECT {columns} FROM ({text})"  # noqa: S608 - columns are those of this package's tables
