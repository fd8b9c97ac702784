"""``ringfence replay``: recorded traffic against proposed policies."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import IO, TYPE_CHECKING

import click

from ringfence.cli import failures, flow_input, options, session
from ringfence.cli.progress import progress
from ringfence.cli.telling import tell

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.flows.edges import EdgeSet
    from ringfence.model.finding import Finding
    from ringfence.replay import ReplayReport

_HELP = """Say which recorded connections proposed policies would cut, whose they are, and which line cuts them.

PATH is the cluster, or --context the running one: its pods are judged, and its policies are those of today. The
policies of --policies take their place, as with diff --policies; --apply and --delete change them. Without a cluster,
pods are judged by the labels that the records have.

\b
ringfence replay --flows flows.duckdb --policies policies/ cluster.json
ringfence replay --flows flows.duckdb --apply learned.yaml cluster.json
ringfence replay --flows flows.duckdb --policies policies/ cluster.json --fail-on cut -o md

Exit status: 0 answered, 1 what --fail-on names was found, 2 wrong usage or unreadable input.
"""

FAIL_ON = ("cut", "unsure", "unjudged", "opened")


@click.command("replay", help=_HELP, short_help="Which recorded connections new policies would cut.")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(allow_dash=True))
@click.option("--flows", metavar="STORE", required=True, type=click.Path(), help="The store of recorded flows.")
@flow_input.cluster_option
@click.option(
    "--policies",
    metavar="PATH",
    type=click.Path(allow_dash=True),
    help="The proposed policies, in place of all of today's.",
)
@options.cluster
@click.option("--owner-label", default="", metavar="KEY", help="The namespace label that names its team.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(FAIL_ON),
    help="Exit with 1 if connections would be cut, might be, can't be judged, or would open.",
)
@click.option(
    "--lenient", is_flag=True, help="Answer also where proposed objects can't be read, or only in part; they are named."
)
@options.output("text", "json", "csv", "md")
@click.option("-f", "--output-file", "file", metavar="FILE", type=click.Path(), help="Write the answer to FILE.")
@options.resolve
@options.staged
@options.common
def command(
    paths: tuple[str, ...],
    flows: str,
    flows_cluster: str,
    policies: str | None,
    owner_label: str,
    fail_on: tuple[str, ...],
    lenient: bool,
    output: str,
    file: str | None,
    live: options.Live,
    common: options.Common,
) -> None:
    """Runs the command."""
    # Without a path the running cluster is judged only where it is asked for: the records' labels do as well.
    base = live.base(paths) if paths or live.asked else ()
    _check(base, policies, live.changes)
    edges = flow_input.read_edges(flows, cluster=flows_cluster)
    with progress("Reading the input"):
        today, proposed = _clusters(base, policies, live.changes, edges, common)
    findings = _findings(today, proposed)
    if output != "json":
        from ringfence.render import findings_text

        for line in findings_text.render(findings, notes=not common.quiet, every=common.verbose):
            click.echo(line, err=True)
    if not lenient:
        session.refuse_unread(today.findings if today is not None else (), proposed.findings)
    with progress("Replaying"):
        from ringfence.replay import replay

        report = replay(
            edges,
            proposed.snapshot,
            proposed.policies,
            today.policies if today is not None else None,
            owner_label=owner_label,
        )
    with nullcontext(sys.stdout) if file is None else session.opened(file, "w") as out:
        _write(report, findings, output, out, every=common.verbose)
    _finish(report, findings, fail_on, common)


def _check(base: tuple[str, ...], policies: str | None, changes: tuple[str, ...]) -> None:
    """Refuses what names no proposal or two, or changes of nothing.

    Raises:
        click.UsageError: so it is.
    """
    from ringfence.sources import git

    if (policies is not None) + bool(changes) != 1:
        raise click.UsageError("Name what is proposed: either --policies, or --apply and --delete.")
    if changes and not base:
        raise click.UsageError("--apply and --delete change a cluster: name its PATH, or the running one by --context.")
    if changes and any(path.startswith(git.PREFIX) for path in base):
        raise click.UsageError("--apply and --delete go on top of files or a running cluster, not of a revision.")
    if [*base, policies, "-" if changes and "-" in base else None].count("-") > 1:
        raise click.UsageError("Only one input can be stdin, and with --apply and --delete the cluster is read twice.")


def _clusters(
    paths: tuple[str, ...], policies: str | None, changes: tuple[str, ...], edges: EdgeSet, common: options.Common
) -> tuple[Cluster | None, Cluster]:
    """The cluster of today, if one is given, and under the proposed policies.

    Raises:
        InputError: a path can't be read at all, or has nothing.
    """
    from ringfence.cluster import Cluster

    names = flow_input.with_flow_names(session.names(common), edges)
    if not paths:
        return None, Cluster(session.snapshot([policies or ""]), cni=common.cni, names=names, staged=common.staged)
    base = session.snapshot(paths)
    under = (
        session.snapshot((*paths, *changes)) if policies is None else session.under(base, session.snapshot([policies]))
    )
    return (
        Cluster(base, cni=common.cni, names=names),
        Cluster(under, cni=common.cni, names=names, staged=common.staged),
    )


def _findings(today: Cluster | None, proposed: Cluster) -> list[Finding]:
    """What is wrong with either input; what is said of the new one isn't said again of the old."""
    found = {
        (finding.code, finding.what, finding.subject): finding
        for cluster in (today, proposed)
        if cluster is not None
        for finding in cluster.findings
    }
    return sorted(found.values(), key=lambda finding: -finding.severity)


def _write(report: ReplayReport, findings: list[Finding], output: str, out: IO[str], *, every: bool) -> None:
    """Writes the answer; each renderer is imported only where it is used."""
    match output:
        case "text":
            from ringfence.render import findings_text, replay_text

            tell(replay_text.render(report, every=every), out)
            if text := findings_text.left_out(findings):
                click.echo(f"Note: {text}", file=out)
        case "json":
            from ringfence.render import replay_data

            out.write(replay_data.render_json(report, findings))
        case "csv":
            from ringfence.render import replay_data

            replay_data.write_csv(report, out)
        case _:
            from ringfence.render import findings_text, replay_markdown

            out.write(replay_markdown.render(report, note=findings_text.left_out(findings)))


def _finish(report: ReplayReport, findings: list[Finding], fail_on: tuple[str, ...], common: options.Common) -> None:
    from ringfence.model.finding import Severity
    from ringfence.replay import Fate

    met = {fate.value: any(report.of(fate)) for fate in Fate} | {"unjudged": bool(report.unjudged)}
    found = [name for name in FAIL_ON if name in fail_on and met[name]]
    if found:
        click.echo(f"ringfence: --fail-on {', '.join(found)}.", err=True)
    broken = common.strict and any(finding.severity is Severity.ERROR for finding in findings)
    if broken:
        click.echo("ringfence: --strict: the input has errors, so the answer may be incomplete.", err=True)
    click.get_current_context().exit(failures.FOUND if found or broken else failures.OK)
