"""``ringfence flows export``: edges as a table for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.cli import flows_options
from ringfence.cli.progress import progress
from ringfence.render.lines import count

if TYPE_CHECKING:
    from ringfence.flows.choosing import Choice

_HELP = """Write the edges of a store to a file: Parquet, CSV or JSON lines, by its suffix.

\b
ringfence flows export --to edges.parquet
ringfence flows export --to hours.csv --by hour -n shop

Exit status: 0 written, 2 wrong usage, no such store, or a file that can't be written.
"""


@click.command("export", help=_HELP, short_help="Write edges to Parquet, CSV or JSON lines.")
@click.option("--to", "file", required=True, metavar="FILE", help="The file: .parquet, .csv or .jsonl.")
@flows_options.store
@flows_options.engine
@flows_options.choice
@click.option(
    "--by",
    type=click.Choice(["edge", "hour"]),
    default="edge",
    show_default=True,
    help="A row for each edge, or hour of it.",
)
def command(file: str, store: str, engine: str, choice: Choice, by: str) -> None:
    """Runs the command."""
    from ringfence.flows.store import opened
    from ringfence.render import flows_evidence

    with progress("Writing the flows"), opened(store, engine=engine) as flows:
        rows = flows.export(file, choice, by_hour=by == "hour")
        coverage = flows.coverage(choice)
    click.echo(f"{file} has {count(rows, 'row')}.", err=True)
    from ringfence.explain.evidence import evidence

    for line in flows_evidence.lines(evidence(coverage, None, ())):
        click.echo(line, err=True)
