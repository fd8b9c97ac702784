"""``ringfence flows top``: who talks most."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ringfence.cli import flow_input, flows_options, options
from ringfence.cli.progress import progress
from ringfence.cli.telling import tell

if TYPE_CHECKING:
    from ringfence.flows.choosing import Choice

_HELP = """Say who talks most: pairs, sources, destinations, ports, or names outside the cluster.

\b
ringfence flows top --store flows.duckdb
ringfence flows top --by name --bytes --external

Exit status: 0 answered, 2 wrong usage or no such store.
"""


@click.command("top", help=_HELP, short_help="Who talks most, by connections or bytes.")
@flows_options.store
@flows_options.engine
@click.option(
    "--by",
    type=click.Choice(["pair", "source", "destination", "port", "name"]),
    default="pair",
    show_default=True,
    help="What a row is.",
)
@click.option("--bytes", "octets", is_flag=True, help="By bytes in both directions, where the records have them.")
@flows_options.choice
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, metavar="N", help="Show N rows.")
@options.output("text", "json", "csv")
def command(store: str, engine: str, by: str, octets: bool, choice: Choice, limit: int, output: str) -> None:
    """Runs the command."""
    from ringfence.flows.store import opened
    from ringfence.model.errors import InputError
    from ringfence.observe.top import By, top_of

    with progress("Reading the flows"), opened(store, engine=engine) as flows:
        report = top_of(flows, choice, By(by), octets=octets, limit=limit)
    if not report.edges:
        raise InputError(flow_input.nothing(store, choice))
    from ringfence.render import flows_top as rendering

    if output == "json":
        click.echo(rendering.document(report, limit), nl=False)
    elif output == "csv":
        rendering.write_csv(report, limit, sys.stdout)
    else:
        tell(rendering.text(report, limit))
