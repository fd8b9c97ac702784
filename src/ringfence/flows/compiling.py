"""Expressions to the SQL of an engine. An expression is over tables by name, so each is made and compiled once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ringfence.flows.tables import TABLES

if TYPE_CHECKING:
    import ibis.expr.types as ir

KEPT = "kept_"
"""How the names of results begin that are kept while a store is open."""


@lru_cache(maxsize=64)
def table(name: str) -> ir.Table:
    """A table of a store, of any engine, to build expressions on."""
    import ibis

    return ibis.table(TABLES[name], name=name)


def kept(name: str, expression: ir.Table) -> ir.Table:
    """The table that the result of an expression is kept in."""
    import ibis

    return ibis.table(expression.schema(), name=f"{KEPT}{name}")


@lru_cache(maxsize=256)
def sql(expression: ir.Table, dialect: str) -> str:
    """The SQL of an expression; ``dialect`` is Ibis' name of the engine."""
    import ibis

    return str(ibis.to_sql(expression, dialect=dialect))
