"""``ringfence lint``: what is wrong with the policies, whether or not anybody asked."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ringfence.cli import failures, options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.lint.context import LintContext
    from ringfence.lint.run import LintReport

_HELP = """Find what is wrong with policies: invalid parts, selectors that match nothing, cuts, exposure, redundancy.

Rules look at what the policies allow, not at what is written. --explain says what a rule is about, --list lists all.
A finding is suppressed by the annotation ringfence.dev/ignore of its object: "RF203: reason (owner x, until DATE)".

\b
ringfence lint manifests/
ringfence lint cluster.json --select RF2,RF3 --ignore RF203
ringfence lint --explain RF206

Exit status: 0 nothing of the severity of --fail-on, 1 findings, 2 wrong usage or unreadable input.
"""

_SEVERITIES = ("error", "warning", "note")


@click.command("lint", help=_HELP, short_help="Find what is wrong with the policies.")
@options.paths
@click.option("--select", multiple=True, metavar="CODES", help="Only these rules: RF203, RF2, or names; with commas.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not these rules.")
@click.option(
    "--severity",
    type=click.Choice(_SEVERITIES),
    default="note",
    show_default=True,
    help="Show this, and what is worse.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*_SEVERITIES, "never"]),
    default="warning",
    show_default=True,
    help="Exit with 1 for this, and what is worse.",
)
@click.option(
    "--require-annotation",
    "annotations",
    multiple=True,
    metavar="KEY",
    help="An annotation that every policy must have, such as its owner (RF601).",
)
@click.option("--owner-label", default="", metavar="KEY", help="The namespace label that says whose a namespace is.")
@click.option(
    "--suppressions", "aside", metavar="FILE", type=click.Path(), help="Leave out what this file suppresses, too."
)
@click.option("--fix", is_flag=True, help="Write the fixes that change no connection; shows the difference, and asks.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix, those that change what policies say, too.")
@click.option("-y", "--yes", is_flag=True, help="With --fix, don't ask.")
@click.option("--explain", metavar="CODE", help="Say what a rule is about, and end.")
@click.option("--list", "listed", is_flag=True, help="List the rules, and end.")
@options.output("text", "json")
@options.resolve
@options.common
def command(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: str,
    fail_on: str,
    annotations: tuple[str, ...],
    owner_label: str,
    aside: str | None,
    fix: bool,
    unsafe_fixes: bool,
    yes: bool,
    explain: str | None,
    listed: bool,
    output: str,
    common: options.Common,
) -> None:
    """Runs the command."""
    with _to_stay():
        from ringfence.lint import registry
        from ringfence.lint.context import LintContext, Settings
        from ringfence.lint.run import run
        from ringfence.model.finding import Severity
        from ringfence.render import lint_text

    if explain is not None:
        from ringfence.lint import pages

        click.echo(pages.markdown(registry.find(explain)), nl=False)
        return
    rules = registry.choose(_split(select), _split(ignore))
    if listed:
        for line in lint_text.table(rules):
            click.echo(line)
        return
    if fix and output != "text":
        raise click.UsageError("--fix shows what it writes as text. Leave out -o.")
    if unsafe_fixes and not fix:
        raise click.UsageError("--unsafe-fixes goes with --fix.")
    with progress("Reading the input"), _to_stay():
        # Not through the public API, which brings the engine: rules about documents do without it.
        from ringfence.dialects import read_policies
        from ringfence.sources import load_snapshot

        snapshot = load_snapshot(paths, stdin=sys.stdin.buffer if "-" in paths else None)
        if names := session.names(common):
            snapshot = replace(snapshot, names=names)
        policy_set, findings = read_policies(snapshot, cni=common.cni)
    with progress("Linting"):
        settings = Settings(annotations=annotations, owner_label=owner_label)
        context = LintContext(snapshot, policy_set, (*snapshot.findings, *findings), settings)
        report = run(context, rules)
        if aside is not None:
            from ringfence.lint import suppression_file

            report = suppression_file.set_aside(report, suppression_file.read(aside), settings.today)
    least = Severity.WARNING if common.quiet and severity == "note" else Severity[severity.upper()]
    shown = [finding for finding in report.findings if finding.severity >= least]
    if output == "json":
        from ringfence.lint.fixes import lint_fixes
        from ringfence.render import lint_json

        with progress("Trying fixes"):
            fixes = lint_fixes(context, shown, cni=common.cni)
        click.echo(lint_json.render(report, shown, fixes, snapshot), nl=False)
    else:
        for line in lint_text.render(report, shown, every=common.verbose):
            click.echo(line)
    mended = _fix(context, report, common, unsafe=unsafe_fixes, yes=yes) if fix else frozenset()
    worst = max((finding.severity for finding in report.findings if id(finding) not in mended), default=None)
    failed = worst is not None and (
        (fail_on != "never" and worst >= Severity[fail_on.upper()]) or (common.strict and worst is Severity.ERROR)
    )
    click.get_current_context().exit(failures.FOUND if failed else failures.OK)


@contextmanager
def _to_stay() -> Iterator[None]:
    """For what is kept until the process ends: no collection of garbage walks it, now or later."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


def _split(values: Sequence[str]) -> list[str]:
    """The names in options that may be repeated, and may hold several with commas."""
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def _fix(
    context: LintContext, report: LintReport, common: options.Common, *, unsafe: bool, yes: bool
) -> frozenset[int]:
    """Writes what can be written; the identities of the findings that are mended."""
    from ringfence.fix.writing import changes
    from ringfence.lint.fixes import lint_fixes, proposed
    from ringfence.lint.text_fixes import replacements
    from ringfence.lint.together import together
    from ringfence.render import lint_text

    with progress("Trying fixes"):
        found = lint_fixes(context, report.findings, cni=common.cni, unsafe=unsafe)
        plan = together(context, [fix for fix in found if replacements(fix, context.snapshot)], cni=common.cni)
    more = 0 if unsafe else proposed(context, report.findings) - len(found)
    if not plan.patches:
        click.echo(f"\nNothing of this can be fixed without changing what is allowed.{lint_text.more_fixes(more)}")
        return frozenset()
    files = changes(plan.patches, context.snapshot)
    click.echo()
    for change in files:
        click.echo(change.difference(), nl=False)
    click.echo()
    for line in lint_text.plan(plan):
        click.echo(line)
    if more:
        click.echo(lint_text.more_fixes(more).lstrip())
    if not yes:
        click.confirm("Write it?", abort=True)
    for change in files:
        change.write()
        click.echo(f"Wrote {change.path}.")
    return frozenset(id(finding) for finding in plan.mended)
