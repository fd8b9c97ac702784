"""``ringfence diagnose``: what is cut in a cluster, by root cause."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ringfence.cli import flow_input, options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.diagnose import Remark
    from ringfence.survey import Dependency

_HELP = """Say what the policies cut that the cluster needs, by root cause, and what to change.

What is needed is found in the input: DNS, and every Service that a variable, an argument, a ConfigMap or an Ingress
names. --wanted adds connections of your own.

\b
ringfence diagnose cluster.json
ringfence diagnose manifests/ --wanted needed.csv -n shop

Exit status: 0 nothing that is needed is cut, 1 something is, 2 wrong usage or unreadable input.
"""


@click.command("diagnose", help=_HELP, short_help="What is cut, by root cause, and what to change.")
@options.paths
@click.option(
    "--wanted", metavar="FILE", help="Connections that must be allowed: CSV src,dst,protocol,port; - is stdin."
)
@click.option(
    "--flows",
    metavar="STORE",
    default="",
    type=click.Path(),
    help="Recorded traffic: what passed is needed, and what is tried most comes first.",
)
@flow_input.cluster_option
@click.option("-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="Only what concerns this namespace.")
@options.output("text", "json", "md", "html")
@options.resolve
@options.staged
@options.common
def command(
    paths: tuple[str, ...],
    wanted: str | None,
    flows: str,
    flows_cluster: str,
    namespaces: tuple[str, ...],
    output: str,
    common: options.Common,
) -> None:
    """Runs the command."""
    if wanted == "-" and "-" in paths:
        raise click.UsageError("--wanted - and PATH - can't both read stdin.")
    cluster = session.load(paths, common, tell=output == "text")
    needs, remarks = _wanted(cluster, wanted)
    if flows:
        from ringfence.cli import diagnose_flows

        used = diagnose_flows.read_used(flows, flows_cluster, cluster)
        needed = diagnose_flows.asked(used, cluster)
        needs = (*needs, *diagnose_flows.wanted(needed, cluster))
    with progress("Diagnosing"):
        report = cluster.diagnose(namespaces=namespaces, wanted=needs, remarks=remarks, paths=paths)
        if flows:
            report = diagnose_flows.ranked(report, used, needed, cluster, flows, paths)
    if output == "json":
        from ringfence.render import diagnose_json

        click.echo(diagnose_json.render(report, cluster.findings), nl=False)
    elif output == "html":
        from ringfence.render import diagnose_html

        click.echo(diagnose_html.render(report), nl=False)
    elif output == "md":
        from ringfence.render import diagnose_markdown

        click.echo(diagnose_markdown.render(report), nl=False)
    else:
        from ringfence.render import diagnose_text

        click.echo(diagnose_text.render(report, every=common.verbose), nl=False)
        if note := session.left_out(cluster):
            click.echo(f"\n{note}")
    session.finish(cluster, common, found=report.cut or bool(remarks))


def _wanted(cluster: Cluster, path: str | None) -> tuple[tuple[Dependency, ...], tuple[Remark, ...]]:
    if path is None:
        return (), ()
    from ringfence.diagnose import wanted_dependencies
    from ringfence.explain.queries import read_queries

    if path == "-":
        return wanted_dependencies(read_queries(sys.stdin.buffer, "<stdin>"), cluster.endpoints, "<stdin>")
    with session.opened(path, "rb") as stream:
        return wanted_dependencies(read_queries(stream, path), cluster.endpoints, path)
