"""``ringfence diff``: what a change of policies opens and closes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import IO, TYPE_CHECKING

import click

from ringfence.cli import failures, options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.diff import DiffReport
    from ringfence.model.finding import Finding
    from ringfence.model.objects import Snapshot
    from ringfence.sources.twins import Twins

_HELP = """Print every connection that differs between A and B, the policy and line responsible, and what is risky.

A and B are manifests (a file, a directory, an archive, - for stdin), or git:REV[:path], a revision of the repository
here. With --policies, A is a whole cluster, and B the same cluster under other policies.

\b
ringfence diff before/ after/
ringfence diff git:main:policies policies --cluster cluster.json --fail-on risk
ringfence diff cluster.json --policies policies/ -o md

Exit status: 0 answered, 1 what --fail-on names was found, 2 wrong usage or unreadable input.
"""

FAIL_ON = ("added", "removed", "risk", "any")


@click.command("diff", help=_HELP, short_help="What a change opens and closes, and which line does it.")
@click.argument("old", metavar="[A]", required=False, type=click.Path(allow_dash=True))
@click.argument("new", metavar="[B]", required=False, type=click.Path(allow_dash=True))
@click.option(
    "--policies",
    metavar="PATH",
    type=click.Path(allow_dash=True),
    help="B is A with these policies.",
)
@click.option(
    "--cluster",
    metavar="PATH",
    type=click.Path(allow_dash=True),
    help="The cluster under both: of A and B only the policies are taken.",
)
@click.option(
    "--by", type=click.Choice(["workload", "pod"]), default="workload", show_default=True, help="What an end is."
)
@click.option("--external/--no-external", default=True, show_default=True, help="Addresses outside the cluster too.")
@click.option("--owner-label", default="", metavar="KEY", help="The namespace label that names its team.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(FAIL_ON),
    help="Exit with 1 if ports are opened, closed, if there is a risk, or if anything differs.",
)
@click.option(
    "--lenient", is_flag=True, help="Answer also where objects of B can't be read, or only in part; they are named."
)
@click.option("--summary", "summary_only", is_flag=True, help="Counts and risks only.")
@options.cluster
@options.output("text", "json", "csv", "md", "html")
@click.option("-f", "--output-file", "file", metavar="FILE", type=click.Path(), help="Write the answer to FILE.")
@options.resolve
@options.staged
@options.common
def command(
    old: str | None,
    new: str | None,
    policies: str | None,
    cluster: str | None,
    by: str,
    external: bool,
    owner_label: str,
    fail_on: tuple[str, ...],
    lenient: bool,
    summary_only: bool,
    output: str,
    file: str | None,
    live: options.Live,
    common: options.Common,
) -> None:
    """Runs the command."""
    (old,) = live.base((old,) if old else ())
    if (new is not None) + (policies is not None) + bool(live.changes) != 1:
        raise click.UsageError("Name what to compare A with: either B, or --policies, or --apply and --delete.")
    if live.changes and old.startswith("git:"):
        raise click.UsageError("--apply and --delete go on top of files or a running cluster, not of a revision.")
    if cluster is not None and policies is not None:
        raise click.UsageError("--policies takes the cluster from A: leave --cluster out.")
    if [old, new, policies, cluster, "-" if live.changes and old == "-" else None].count("-") > 1:
        raise click.UsageError("Only one input can be stdin.")
    if summary_only and output not in ("text", "json"):
        raise click.UsageError(f"--summary has no format {output}. Use -o text or -o json.")
    with progress("Reading the input"):
        after_paths = (old, *live.changes) if live.changes else (new or policies or "",)
        before, after = _clusters(old, after_paths, policies, cluster, common)
    if not common.quiet:
        _tell_uncommitted([old, new or policies or ""])
    _check_pods(before, after, policies_only=policies is not None)
    findings = _findings(before, after)
    if output != "json":
        from ringfence.render import findings_text

        for line in findings_text.render(findings, notes=not common.quiet, every=common.verbose):
            click.echo(line, err=True)
    if not lenient:
        session.refuse_unread(before.findings, after.findings)
    with progress("Working it out"):
        from ringfence.diff import By, State, compute_diff

        states = (State(before.snapshot, before.policies), State(after.snapshot, after.policies))
        report = compute_diff(*states, By(by), external=external, owner_label=owner_label)
    with nullcontext(sys.stdout) if file is None else session.opened(file, "w") as out:
        _write(report, findings, output, out, summary_only=summary_only, every=common.verbose)
    _finish(report, findings, fail_on, common)


def _clusters(
    old: str, new: Sequence[str], policies: str | None, cluster: str | None, common: options.Common
) -> tuple[Cluster, Cluster]:
    """The cluster before and after.

    Raises:
        InputError: a path or revision can't be read at all, or nothing was found in it.
    """
    from ringfence.cluster import Cluster
    from ringfence.sources.twins import Twins

    twins = Twins()
    base = _snapshot([cluster], twins) if cluster is not None else None
    first, second = _snapshot([old], twins), _snapshot(new, twins)
    if policies is not None:
        base = first
    snapshots = [first, second]
    if base is not None:
        snapshots = [each if each is base else session.under(base, each) for each in snapshots]
    names = session.names(common)
    before, after = snapshots
    # What enforcing the staged policies changes is seen against a state that doesn't.
    return (
        Cluster(before, cni=common.cni, names=names),
        Cluster(after, cni=common.cni, names=names, staged=common.staged),
    )


def _tell_uncommitted(sides: list[str]) -> None:
    """Says that a revision isn't the work tree, where both sides are revisions and one of them is checked out."""
    from ringfence.sources import git

    if not all(side.startswith(git.PREFIX) for side in sides):
        return
    for side in sides:
        if files := git.uncommitted(side):
            rest = f" and {len(files) - 1} more" if files[1:] else ""
            what = f"{files[0]}{rest} of the work tree differ" + ("" if files[1:] else "s")
            click.echo(
                f"ringfence: {side} is read as it was committed: {what} from it. For these, name a path.", err=True
            )


def _snapshot(paths: Sequence[str], twins: Twins) -> Snapshot:
    from ringfence.sources import git, load_snapshot

    if paths[0].startswith(git.PREFIX):
        snapshot = git.load_revision(paths[0], twins)
    else:
        snapshot = load_snapshot(paths, stdin=sys.stdin.buffer if paths[0] == "-" else None, twins=twins)
    gc.freeze()  # what was read stays: walking it again and again for garbage takes longer than the comparison
    return snapshot


def _check_pods(before: Cluster, after: Cluster, *, policies_only: bool) -> None:
    """Without pods nothing differs, and a passing check would say nothing: that is wrong usage, not an answer."""
    if not before.snapshot.pods and not after.snapshot.pods:
        where = "A has no" if policies_only else "Neither A nor B has a"
        raise click.UsageError(f"{where} pod or workload, so no connection can differ. Name one with --cluster.")
    if not before.snapshot.pods or not after.snapshot.pods:
        name, hint = ("B", " For other policies over A's pods: --policies.") if before.snapshot.pods else ("A", "")
        click.echo(f"ringfence: {name} has no pod or workload, so every connection differs.{hint}", err=True)


def _findings(before: Cluster, after: Cluster) -> list[Finding]:
    """What is wrong with either input; what is said of the new one isn't said again of the old."""
    found = {(finding.code, finding.what, finding.subject): finding for finding in before.findings}
    found.update({(finding.code, finding.what, finding.subject): finding for finding in after.findings})
    return sorted(found.values(), key=lambda finding: -finding.severity)


def _write(
    report: DiffReport, findings: list[Finding], output: str, out: IO[str], *, summary_only: bool, every: bool
) -> None:
    """Writes the answer; each renderer is imported only where it is used."""
    match output:
        case "text":
            from ringfence.render import diff_text, findings_text

            for line in diff_text.render(report, summary_only=summary_only, every=every):
                click.echo(line, file=out)
            if text := findings_text.left_out(findings):
                click.echo(f"Note: {text}", file=out)
        case "json":
            from ringfence.render import diff_json

            diff_json.write(report, findings, out, summary_only=summary_only)
        case "csv":
            from ringfence.render import diff_csv

            diff_csv.write(report, out)
        case "md":
            from ringfence.render import diff_markdown, findings_text

            out.write(diff_markdown.render(report, note=findings_text.left_out(findings)))
        case _:
            from ringfence.render import diff_html, findings_text

            out.write(diff_html.render(report, note=findings_text.left_out(findings)))


def _finish(report: DiffReport, findings: list[Finding], fail_on: tuple[str, ...], common: options.Common) -> None:
    from ringfence.model.finding import Severity

    met = {"added": report.opens, "removed": report.closes, "risk": bool(report.risks), "any": report.differs}
    found = [name for name in FAIL_ON if name in fail_on and met[name]]
    if found:
        click.echo(f"ringfence: --fail-on {', '.join(found)}.", err=True)
    broken = common.strict and any(finding.severity is Severity.ERROR for finding in findings)
    if broken:
        click.echo("ringfence: --strict: the input has errors, so the answer may be incomplete.", err=True)
    click.get_current_context().exit(failures.FOUND if found or broken else failures.OK)
