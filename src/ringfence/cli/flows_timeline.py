"""``ringfence flows timeline``: connections by hour, and what changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ringfence.cli import flow_input, flows_ask, flows_options, options
from ringfence.cli.progress import progress
from ringfence.cli.telling import tell

if TYPE_CHECKING:
    from ringfence.flows.choosing import Choice

_HELP = """Count connections by hour, with marks where policies changed, and say what passed and is denied since.

PATH is the cluster, for which workloads no record names; --snapshots tell when policies changed.

\b
ringfence flows timeline --store flows.duckdb
ringfence flows timeline --snapshots before.json@2026-11-22T10:00:00Z --snapshots after.json@2026-11-22T18:00:00Z

Exit status: 0 answered, 2 wrong usage, no such store, or unreadable input.
"""


@click.command("timeline", help=_HELP, short_help="Connections by hour, and what changed.")
@flows_ask.paths
@flows_options.store
@flows_options.engine
@flow_input.cluster_option
@flows_ask.snapshots
@flows_ask.choice
@options.output("text", "json", "csv")
@options.resolve
@options.common
def command(
    paths: tuple[str, ...],
    store: str,
    engine: str,
    flows_cluster: str,
    snapshots: tuple[str, ...],
    choice: Choice,
    output: str,
    common: options.Common,
) -> None:
    """Runs the command."""
    asking = flows_ask.asking(
        store, engine, choice, paths, snapshots, common, tell=output != "json", flows_cluster=flows_cluster
    )
    with asking as asked, progress("Working it out"):
        from ringfence.observe.timeline import timeline_of

        report = timeline_of(asked.edges, asked.cluster.snapshot if asked.cluster is not None else None, asked.moments)
    from ringfence.render import flows_timeline as rendering

    if output == "json":
        click.echo(rendering.document(report), nl=False)
    elif output == "csv":
        rendering.write_csv(report, sys.stdout)
    else:
        tell(rendering.text(report, every=common.verbose))
    flows_ask.finish(asked.cluster, common)
