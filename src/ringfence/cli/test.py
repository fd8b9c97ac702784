"""``ringfence test``: whether the policies keep the promises that a suite writes down."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import IO, TYPE_CHECKING

import click

from ringfence.cli import options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.sources.documents import Documents
    from ringfence.testing.plan import Plan
    from ringfence.testing.report import TestReport
    from ringfence.testing.suite import Suite

_HELP = """Judge policy tests: documents of kind PolicyTest that say what must be allowed, and what denied.

The tests are those among the manifests, or, with --suite, those in files of their own.

\b
ringfence test manifests/
ringfence test --suite tests/ cluster.json --junit report.xml
ringfence test --init cluster.json -f tests.yaml
ringfence test --suite tests/ cluster.json --coverage

Exit status: 0 every test passed, 1 one failed, or the coverage is too low, 2 a test that can't be run, wrong usage or
unreadable input.
"""


@click.command("test", help=_HELP, short_help="Judge what must be allowed, and what denied.")
@options.paths
@click.option(
    "-s",
    "--suite",
    "suites",
    multiple=True,
    metavar="PATH",
    type=click.Path(allow_dash=True),
    help="A file or directory of tests, in place of those among the manifests.",
)
@click.option("--only", "chosen", multiple=True, metavar="NAME", help="Run these tests alone; * stands for any text.")
@click.option("--owner-label", default="", metavar="KEY", help="The namespace label that names its team.")
@options.output("text", "json", "junit", "tap", "github")
@click.option("-f", "--output-file", "file", metavar="FILE", type=click.Path(), help="Write the answer to FILE.")
@click.option("--junit", "junit_file", metavar="FILE", type=click.Path(), help="Write JUnit XML to FILE as well.")
@click.option("--init", "first", is_flag=True, help="Write tests of what is allowed today, and run none.")
@click.option("--force", is_flag=True, help="With --init, replace FILE if it is there.")
@click.option("--coverage", is_flag=True, help="Tell which policy rules no test depends on.")
@click.option(
    "--min-coverage",
    "least",
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    help="Exit with 1 if the coverage is lower. Implies --coverage.",
)
@options.resolve
@options.staged
@options.common
def command(
    paths: tuple[str, ...],
    suites: tuple[str, ...],
    chosen: tuple[str, ...],
    owner_label: str,
    output: str,
    file: str | None,
    junit_file: str | None,
    first: bool,
    force: bool,
    coverage: bool,
    least: float | None,
    common: options.Common,
) -> None:
    """Runs the command."""
    coverage = coverage or least is not None
    if first:
        _init(
            paths,
            file,
            common,
            force=force,
            others=bool(suites or chosen or coverage or junit_file or output != "text"),
        )
        return
    if force:
        raise click.UsageError("--force goes with --init only.")
    if [*paths, *suites].count("-") > 1:
        raise click.UsageError("Only one input can be stdin.")
    with progress("Reading the input"):
        cluster, tests = _load(paths, suites, common)
        if chosen:
            from ringfence.testing.choosing import only

            tests = only(tests, chosen)
    if output == "text":
        from ringfence.render import findings_text

        for line in findings_text.render(cluster.findings, notes=not common.quiet, every=common.verbose):
            click.echo(line, err=True)
    with progress("Testing"):
        from ringfence.testing import planning, running

        plan = planning.plan(tests, cluster.snapshot, owner_label)
        report = running.run(plan, cluster.engine, cluster.findings)
    with nullcontext(sys.stdout) if file is None else session.opened(file, "w") as out:
        if not (coverage and output == "json"):
            _write(report, cluster, output, out, every=common.verbose)
        too_low = coverage and _covered(plan, cluster, output, out, every=common.verbose) < (least or 0)
    if junit_file is not None:
        with session.opened(junit_file, "w") as out:
            _write(report, cluster, "junit", out, every=True)
    if too_low:
        click.echo(f"ringfence: The coverage is below {least:g}%.", err=True)
    session.finish(cluster, common, found=bool(report.failed) or too_low)


def _init(paths: Sequence[str], file: str | None, common: options.Common, *, force: bool, others: bool) -> None:
    if others:
        raise click.UsageError("--init writes tests and runs none: only --output-file and --force go with it.")
    from ringfence.cli import test_extras

    test_extras.write_first_suite(paths, file, common, force=force)


def _covered(plan: Plan, cluster: Cluster, output: str, out: IO[str], *, every: bool) -> float:
    """Writes the coverage; its percentage."""
    from ringfence.cli import test_extras

    return test_extras.tell_coverage(plan, cluster, output, out, every=every).percent


def _load(paths: Sequence[str], suites: Sequence[str], common: options.Common) -> tuple[Cluster, tuple[Suite, ...]]:
    """The cluster and the tests.

    Raises:
        InputError: a path can't be read at all, nothing was found in it, or a suite is wrong.
    """
    from ringfence.cluster import Cluster
    from ringfence.sources import documents, load_snapshot
    from ringfence.testing import reading
    from ringfence.testing.suite import KIND

    stdin = sys.stdin.buffer if "-" in (*paths, *suites) else None
    found: Documents
    if suites:
        snapshot = load_snapshot(paths, stdin=stdin)
        found = documents.read_documents(suites, (KIND,), stdin=stdin)
    else:
        snapshot, found = documents.load_with_documents(paths, (KIND,), stdin=stdin)
    # What was loaded lives as long as the process: no collection of garbage need walk it again.
    gc.freeze()
    tests = reading.read(found.objects, found.problems)
    if not tests:
        hint = "" if suites else " Name the tests with --suite."
        raise click.UsageError(f"There is no {KIND} in {', '.join(suites or paths)}.{hint}")
    return Cluster(snapshot, cni=common.cni, names=session.names(common), staged=common.staged), tests


def _write(report: TestReport, cluster: Cluster, output: str, out: IO[str], *, every: bool) -> None:
    """Writes the answer; each renderer is imported only where it is used."""
    match output:
        case "json":
            from ringfence.render import testing_json

            text = testing_json.render(report, cluster.findings)
        case "junit":
            from ringfence.render import junit, testing_cases

            text = junit.render(testing_cases.cases(report), name="ringfence test")
        case "tap":
            from ringfence.render import tap, testing_cases

            text = tap.render(testing_cases.cases(report))
        case "github":
            from ringfence.render import github, testing_cases

            text = github.render(testing_cases.annotated(report, cluster.findings))
        case _:
            from ringfence.render import testing_text

            text = testing_text.render(report, every=every)
            if note := session.left_out(cluster):
                text += f"\n{note}\n"
    click.echo(text, file=out, nl=False)
