"""``ringfence flows ingest``: reads flow logs into a store."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ringfence.cli import failures, flows_follow, flows_keep, flows_options, new_store, options
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.flows.ingest import Ingested
    from ringfence.flows.store import Store

_HELP = """Read flow logs into a store.

The format of each log is found out from its first lines; .gz and .zst are unpacked. What was read before is recognised
by what it holds: a second run adds only what a log has grown by.

\b
ringfence flows ingest /var/run/cilium/hubble/events.log --inventory cluster.tar.gz
kubectl -n kube-system exec ds/cilium -- hubble observe --last 10000 -o jsonpb | ringfence flows ingest -

Exit status: 0 stored, 2 wrong usage, or an input or store that can't be used.
"""


@click.command("ingest", help=_HELP, short_help="Read flow logs into a store.")
@click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path(allow_dash=True))
@flows_options.store
@flows_options.engine
@click.option("--format", "log_format", default="auto", show_default=True, metavar="FORMAT", help="Format of the logs.")
@click.option(
    "--inventory",
    "inventories",
    multiple=True,
    metavar="PATH[@TIME]",
    help="The cluster's objects, as they were at a time; given again, at several times.",
)
@click.option("--cluster", default="", metavar="NAME", help="Name of the cluster that the logs are of.")
@flows_keep.option
@click.option("--follow", is_flag=True, help="Go on reading what is added to the logs, until interrupted.")
@options.output("text", "json")
def command(
    paths: tuple[str, ...],
    store: str,
    engine: str,
    log_format: str,
    inventories: tuple[str, ...],
    cluster: str,
    keep: float | None,
    follow: bool,
    output: str,
) -> None:
    """Runs the command."""
    if not paths and not inventories:
        raise click.UsageError("Name a log, or an --inventory to add to the store.")
    if paths.count("-") > 1:
        raise click.UsageError("Only one input can be stdin.")
    if follow and (output == "json" or "-" in paths):
        raise click.UsageError("--follow goes on, so it takes files and prints text.")
    from ringfence.flowlogs.registry import AUTO, by_name
    from ringfence.flows.inventory_files import read_state
    from ringfence.render import flows_ingest as rendering

    if log_format != AUTO:
        by_name(log_format)
    with progress("Reading the inventory"):
        states = [read_state(text, cluster) for text in inventories]
    with new_store.opened(store, engine) as flows:
        added = [(state, path) for state, path in states if flows.add_state(state, path)]
        if follow:
            for line in rendering.read([], added):
                click.echo(line)
        else:
            with progress("Reading the flows"):
                found = _read(flows, paths, cluster, log_format)
        if keep is not None:
            flows_keep.prune(flows, keep)
        if not follow:
            with progress("Joining flows and pods"):
                flows.derive()
            coverage, number = flows.coverage(), flows.count()
    if follow:
        flows_follow.follow(paths, store, engine, cluster=cluster, log_format=log_format, keep=keep)
        return
    if output == "json":
        click.echo(rendering.document(found, added, store, coverage, number), nl=False)
    else:
        for line in (*rendering.read(found, added), *rendering.summary(store, coverage, number)):
            click.echo(line)
    if damaged := [each for each in found if _gave_nothing(each)]:
        for each in damaged:
            click.echo(f"ringfence: {each.name} can't be read: {each.losses[0].detail}", err=True)
        click.get_current_context().exit(failures.USAGE)


def _gave_nothing(one: Ingested) -> bool:
    """Whether an input is so damaged that no line of it could be read. One that is empty is not."""
    from ringfence.model.flow import LossKind

    return not one.format and any(loss.kind is LossKind.TRUNCATED for loss in one.losses)


def _read(flows: Store, paths: tuple[str, ...], cluster: str, log_format: str) -> list[Ingested]:
    from ringfence.flows.ingest import Ingest

    if not paths:
        return []
    stdin = sys.stdin.buffer if "-" in paths else None
    return list(Ingest(flows, cluster=cluster, log_format=log_format).paths(paths, stdin))
