"""``ringfence flows report``: a page with what is denied, by hour, and who calls whom."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from ringfence.cli import flow_input, flows_ask, flows_options, options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.flows.choosing import Choice

_HELP = """Write a page: what is denied and why, connections by hour with what changed, who calls whom, who talks most.

It is one HTML file without scripts, which asks nothing of the network.

\b
ringfence flows report cluster.json --store flows.duckdb -f flows.html
ringfence flows report cluster.json --snapshots snapshots/ -n shop -f shop.html

Exit status: 0 written, 2 wrong usage, no such store, or unreadable input.
"""


@click.command("report", help=_HELP, short_help="A page: what is denied, by hour, who calls whom.")
@flows_ask.paths
@flows_options.store
@flows_options.engine
@flow_input.cluster_option
@flows_ask.snapshots
@flows_ask.choice
@click.option("--title", default="Recorded traffic", show_default=True, metavar="TEXT", help="Heads the page.")
@options.output("html")
@click.option("-f", "--output-file", "file", metavar="FILE", type=click.Path(), help="Write the page to FILE.")
@options.resolve
@options.common
def command(
    paths: tuple[str, ...],
    store: str,
    engine: str,
    flows_cluster: str,
    snapshots: tuple[str, ...],
    choice: Choice,
    title: str,
    output: str,
    file: str | None,
    common: options.Common,
) -> None:
    """Runs the command."""
    assert output == "html"  # noqa: S101 -- the only choice, by name for those to come
    asking = flows_ask.asking(
        store, engine, choice, paths, snapshots, common, tell=True, flows_cluster=flows_cluster
    )  # fmt: skip
    with asking as asked, progress("Working it out"):
        from ringfence.observe.denied import denied_of
        from ringfence.observe.service_map import service_map_of
        from ringfence.observe.timeline import timeline_of
        from ringfence.observe.top import top_of
        from ringfence.render.flows_html import TALKERS, Page, render

        cluster = asked.cluster
        snapshot = cluster.snapshot if cluster is not None else None
        page = Page(
            title,
            denied_of(asked.edges, snapshot, cluster.policies if cluster is not None else None, asked.moments),
            timeline_of(asked.edges, snapshot, asked.moments),
            service_map_of(asked.edges),
            top_of(asked.store, asked.edges.choice, limit=TALKERS),
            session.left_out(cluster) if cluster is not None else "",
        )
    with nullcontext(sys.stdout) if file is None else session.opened(file, "w") as out:
        out.write(render(page))
    flows_ask.finish(cluster, common)
