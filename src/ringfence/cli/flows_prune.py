"""``ringfence flows prune``: takes what is old out of a store."""

from __future__ import annotations

import time

import click

from ringfence.cli import flows_options
from ringfence.cli.dns import Duration
from ringfence.cli.progress import progress
from ringfence.render.lines import count

_HELP = """Take out what is older than a time. Which logs have been read is kept, so none is counted again.

\b
ringfence flows prune --keep 30d
ringfence flows prune --before 2026-11-01

Exit status: 0 done, 2 wrong usage or no such store.
"""


@click.command("prune", help=_HELP, short_help="Take out what is old.")
@click.option("--keep", type=Duration(), metavar="DURATION", help="Keep what is younger than this, such as 30d.")
@click.option(
    "--before", type=flows_options.Time(), metavar="TIME", help="Take out the hours that end before this time."
)
@flows_options.store
@flows_options.engine
def command(keep: float | None, before: float | None, store: str, engine: str) -> None:
    """Runs the command."""
    if (keep is None) == (before is None):
        raise click.UsageError("Say what to take out: --keep DURATION or --before TIME.")
    from ringfence.flows.store import open_store, opened

    open_store(store, engine=engine).close()  # a store that isn't there is not made to be pruned
    limit = before if before is not None else time.time() - (keep or 0.0)
    with progress("Pruning"), opened(store, engine=engine, write=True) as flows:
        pruned = flows.prune(limit)
        flows.derive()
    click.echo(
        f"{count(pruned.hours, 'hour')} with {count(pruned.records, 'record')} taken out, "
        f"{count(pruned.left, 'record')} left."
    )
