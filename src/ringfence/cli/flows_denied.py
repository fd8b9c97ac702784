"""``ringfence flows denied``: who is denied, by what and since when."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ringfence.cli import flow_input, flows_ask, flows_options, options, session
from ringfence.cli.progress import progress
from ringfence.cli.telling import tell

if TYPE_CHECKING:
    from ringfence.flows.choosing import Choice

_HELP = """Say who is denied, since when, how often and by which policy, and what changed just before.

The records name the policy where they can. With PATH, the cluster, the engine says which line denies, and where records
and policies disagree. Drops are told from rejects, from nothing listening, and from failures that are no policy's.

\b
ringfence flows denied cluster.json --store flows.duckdb
ringfence flows denied cluster.json --snapshots snapshots/ --since 2026-11-22

Exit status: 0 answered, 1 what --fail-on names was found, 2 wrong usage, no such store, or unreadable input.
"""

FAIL_ON = ("denied", "disagreement")


@click.command("denied", help=_HELP, short_help="Who is denied, by what and since when.")
@flows_ask.paths
@flows_options.store
@flows_options.engine
@flow_input.cluster_option
@flows_ask.snapshots
@flows_ask.choice
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(FAIL_ON),
    help="Exit with 1 if policies deny what doesn't pass again, or where records and policies disagree.",
)
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
    fail_on: tuple[str, ...],
    output: str,
    common: options.Common,
) -> None:
    """Runs the command."""
    asking = flows_ask.asking(
        store, engine, choice, paths, snapshots, common, tell=output != "json", flows_cluster=flows_cluster
    )
    with asking as asked, progress("Working it out"):
        from ringfence.observe.denied import denied_of

        cluster = asked.cluster
        report = denied_of(
            asked.edges,
            cluster.snapshot if cluster is not None else None,
            cluster.policies if cluster is not None else None,
            asked.moments,
        )
    from ringfence.render import flows_denied as rendering

    if output == "json":
        click.echo(rendering.document(report, cluster.findings if cluster is not None else ()), nl=False)
    elif output == "csv":
        rendering.write_csv(report, sys.stdout)
    else:
        tell(rendering.text(report, every=common.verbose))
        if cluster is not None and (note := session.left_out(cluster)):
            click.echo(f"Note: {note}")
    lasting = any(row.ending.by_policy and row.works_since is None for row in report.rows)
    met = {"denied": lasting, "disagreement": bool(report.findings)}
    found = any(met[name] for name in fail_on)
    flows_ask.finish(cluster, common, found=found)
