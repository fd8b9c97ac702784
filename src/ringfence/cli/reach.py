"""``ringfence reach``: every connection that the policies allow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import IO, TYPE_CHECKING

import click

from ringfence.cli import options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.reach.filters import Filters
    from ringfence.reach.report import ReachReport

_HELP = """Print every connection that the policies allow.

--from and --to take an endpoint (namespace/pod, namespace/Kind/name, an address or range), a namespace, or a glob such
as 'shop/*', and may be repeated. The summary counts all pods, whatever the filters are.

\b
ringfence reach cluster.json --to data --port 5432
ringfence reach manifests/ --by pod -o csv --no-external -f reach.csv
kubectl get ns,nodes,pods,svc,netpol -A -o json | ringfence reach - --summary
"""


@click.command("reach", help=_HELP, short_help="Print every connection that is allowed.")
@options.paths
@click.option(
    "--by", type=click.Choice(["workload", "pod"]), default="workload", show_default=True, help="What an end is."
)
@click.option("--from", "sources", multiple=True, metavar="END", help="Only connections that END opens.")
@click.option("--to", "destinations", multiple=True, metavar="END", help="Only connections to END.")
@click.option(
    "-n", "--namespace", "namespaces", multiple=True, metavar="NAME", help="Only with an end in this namespace."
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    metavar="PORT[/PROTO]",
    help="Only connections that include this port; icmp/8 asks for ping.",
)
@click.option("--icmp", is_flag=True, help="Say of ICMP, too, which messages are allowed.")
@click.option("--external/--no-external", default=True, show_default=True, help="Addresses outside the cluster too.")
@click.option("--summary", "summary_only", is_flag=True, help="Counts only; still exact over all pairs.")
@options.output("text", "json", "csv", "dot", "md", "html")
@click.option("-f", "--output-file", "file", metavar="FILE", type=click.Path(), help="Write the answer to FILE.")
@options.resolve
@options.staged
@options.common
def command(
    paths: tuple[str, ...],
    by: str,
    sources: tuple[str, ...],
    destinations: tuple[str, ...],
    namespaces: tuple[str, ...],
    ports: tuple[str, ...],
    icmp: bool,
    external: bool,
    summary_only: bool,
    output: str,
    file: str | None,
    common: options.Common,
) -> None:
    """Runs the command."""
    from ringfence.cli import end_filters
    from ringfence.model.ports import Icmp
    from ringfence.reach.filters import Filters
    from ringfence.render import reach_text

    if summary_only and output not in ("text", "json"):
        raise click.UsageError(f"--summary has no format {output}. Use -o text or -o json.")
    wanted_ports = tuple(end_filters.port_filter(text) for text in ports)
    icmp = icmp or any(isinstance(port.protocol, Icmp) for port in wanted_ports)
    if icmp and output in ("dot", "html"):
        raise click.UsageError(f"ICMP has no place in -o {output}. Use text, json, csv or md.")
    cluster = session.load(paths, common, tell=output != "json")
    with progress("Working it out"):
        filters = Filters(
            end_filters.end_filter(sources, cluster.snapshot, cluster.endpoints, service=False),
            end_filters.end_filter(destinations, cluster.snapshot, cluster.endpoints, service=True),
            end_filters.namespaces(namespaces, cluster.snapshot),
            wanted_ports,
        )
        report = _report(cluster, by, filters, external=external, summary_only=summary_only, icmp=icmp)
    everything = filters == Filters()
    with nullcontext(sys.stdout) if file is None else session.opened(file, "w") as out:
        if output == "text":
            for line in (
                reach_text.summary(report.summary) if summary_only else reach_text.render(report, counts=everything)
            ):
                click.echo(line, file=out)
            for line in _remarks(report, cluster, common):
                click.echo(line, file=out)
        else:
            _write(report, cluster, output, out, summary_only=summary_only)
    session.finish(cluster, common)


def _report(
    cluster: Cluster, by: str, filters: Filters, *, external: bool, summary_only: bool, icmp: bool
) -> ReachReport:
    senders, receivers = filters.pod_filters
    report = cluster.reach(
        by, sources=senders, destinations=receivers, external=external, summary_only=summary_only, icmp=icmp
    )
    return replace(report, connections=filters.apply(report.connections))


def _write(report: ReachReport, cluster: Cluster, output: str, out: IO[str], *, summary_only: bool) -> None:
    """Writes the answer for a program; each renderer is imported only where it is used."""
    match output:
        case "json":
            from ringfence.render import reach_json

            reach_json.write(report, cluster.findings, out, summary_only=summary_only)
        case "csv":
            from ringfence.render import reach_csv

            reach_csv.write(report, out)
        case "dot":
            from ringfence.render import dot

            out.write(dot.render(report))
        case "md":
            from ringfence.render import markdown

            out.write(markdown.render(_with_errors(report, cluster)))
        case _:
            from ringfence.render import html
            from ringfence.render.cell_reasons import CellReasons

            reasons = CellReasons(cluster)
            out.write(html.render(_with_errors(report, cluster), reasons.allowed, reasons.denied))


def _with_errors(report: ReachReport, cluster: Cluster) -> ReachReport:
    """A document is read without its stderr: what the answer leaves out stands in it."""
    from ringfence.model.finding import Severity

    errors = [finding for finding in cluster.findings if finding.severity is Severity.ERROR]
    return replace(report, notes=(*errors, *report.notes))


def _remarks(report: ReachReport, cluster: Cluster, common: options.Common) -> Iterator[str]:
    """What a reader should know about a text answer, unless the findings on stderr have said it."""
    said = {finding.code for finding in cluster.findings}
    if not common.quiet:
        yield from (f"Note: {note.what}" for note in report.notes if note.code not in said)
    if text := session.left_out(cluster):
        yield f"Note: {text}"
