"""``ringfence flows status``: what a store has, and what its evidence is."""

from __future__ import annotations

import click

from ringfence.cli import flows_options, options
from ringfence.cli.progress import progress
from ringfence.cli.telling import tell

_HELP = """Say what a store has: the window, the logs, the nodes, and what is missing.

\b
ringfence flows status
ringfence flows status --store fleet.duckdb -o json

Exit status: 0 it has flows, 2 wrong usage or no such store.
"""


@click.command("status", help=_HELP, short_help="Say what a store has, and what is missing.")
@flows_options.store
@flows_options.engine
@options.output("text", "json")
def command(store: str, engine: str, output: str) -> None:
    """Runs the command."""
    from ringfence.flows.store import opened
    from ringfence.render import flows_status as rendering

    with progress("Reading the flows"), opened(store, engine=engine) as flows:
        status = flows.status()
    if output == "json":
        click.echo(rendering.document(status), nl=False)
        return
    tell(rendering.text(status))
