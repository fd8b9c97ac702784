"""``ringfence flows edges``: who talks to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.cli import flows_options, options
from ringfence.cli.progress import progress
from ringfence.cli.telling import tell

if TYPE_CHECKING:
    from ringfence.flows.choosing import Choice

_HELP = """List the edges of a store: who connects to whom, on which port, with what outcome, how often and when.

\b
ringfence flows edges -n shop
ringfence flows edges --outcome denied --since 2026-11-22 -o csv

Exit status: 0 the answer, also where there is no edge; 2 wrong usage or no such store.
"""


@click.command("edges", help=_HELP, short_help="List who connects to whom.")
@flows_options.store
@flows_options.engine
@flows_options.choice
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Show the N edges with most connections.")
@options.output("text", "json", "csv")
def command(store: str, engine: str, choice: Choice, limit: int | None, output: str) -> None:
    """Runs the command."""
    from ringfence.flows.store import opened
    from ringfence.render import flows_edges as rendering

    with progress("Reading the flows"), opened(store, engine=engine) as flows:
        edges = flows.edges(choice, whole=True, limit=limit)
        total = flows.count(choice) if limit is not None else len(edges)
    if output == "text":
        tell(rendering.text(edges, total))
        return
    for piece in (rendering.document if output == "json" else rendering.table)(edges, total):
        click.echo(piece)
