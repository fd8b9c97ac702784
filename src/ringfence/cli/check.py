"""``ringfence check``: one command for CI, one file that says what to check."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli import failures, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.check.config import Config
    from ringfence.check.inputs import Given
    from ringfence.check.report import CheckReport

_HELP = """Check policies as ringfence.yaml says: schema, lint, tests, and the difference to the base revision.

What the file doesn't configure is left out, and said to be. With --output-file one run writes several formats.

\b
ringfence check
ringfence check --base origin/main -o github --output-file sarif=ringfence.sarif --output-file markdown=comment.md
kustomize build overlays/prod | ringfence check --policies -

Exit status: 0 passed, 1 failed, 2 wrong configuration or unreadable input.
"""

FORMATS = ("text", "json", "sarif", "junit", "github", "codequality", "markdown")
_WITH_FIXES = {"json", "sarif"}


def _files(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Format and file of each ``FORMAT=FILE``."""
    found = []
    for value in values:
        name, equals, file = value.partition("=")
        if name not in FORMATS or not equals or not file:
            raise click.BadParameter(f"{value!r} is not FORMAT=FILE, with a format of {', '.join(FORMATS)}.")
        found.append((name, file))
    return tuple(found)


@click.command("check", help=_HELP, short_help="Check policies in CI: schema, lint, tests, difference to the base.")
@click.option(
    "-c", "--config", "file", metavar="FILE", help="The configuration; by default ringfence.yaml, here or above."
)
@click.option("--base", metavar="REV", help="Compare with this revision, in place of the configured one.")
@click.option("--no-base", is_flag=True, help="Compare with nothing.")
@click.option("--allow-dirty", is_flag=True, help="Compare files that are not committed as they stand.")
@click.option("--policies", metavar="PATH", help="Check these policies in place of those configured; - for stdin.")
@click.option("--base-policies", metavar="PATH", help="With --policies, what to compare them with.")
@click.option("--resolve", metavar="FILE", help="Recorded DNS answers, in place of those configured.")
@click.option("--staged", is_flag=True, help="Judge tests and difference as if staged policies were enforced.")
@click.option("--write-baseline", is_flag=True, help="Write today's findings into the baseline file, and end.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help="Format of the answer.",
)
@click.option(
    "--output-file",
    "files",
    metavar="FORMAT=FILE",
    callback=_files,
    multiple=True,
    help="Write the answer in this format to a file, too; may be repeated.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show all of everything in text.")
def command(
    file: str | None,
    base: str | None,
    no_base: bool,
    allow_dirty: bool,
    policies: str | None,
    base_policies: str | None,
    resolve: str | None,
    staged: bool,
    write_baseline: bool,
    output: str,
    files: tuple[tuple[str, str], ...],
    verbose: bool,
) -> None:
    """Runs the command."""
    if base and no_base:
        raise click.UsageError("--base and --no-base exclude each other.")
    given = _given(policies, base_policies, base)
    from ringfence.check.config_file import find_config, read_config
    from ringfence.check.run import run_check

    config = _with_options(read_config(file or find_config(Path.cwd())), resolve, staged=staged)
    if write_baseline:
        _write_baseline(config, given)
        return
    revision = "" if no_base or given is not None else base or config.base
    with progress("Checking"):
        fixes = bool({output, *(name for name, _ in files)} & _WITH_FIXES)
        report = run_check(config, revision, given, fixes=fixes, allow_dirty=allow_dirty)
    for name, path in files:
        with session.opened(path, "w") as out:
            out.write(click.unstyle(render(report, name, every=True)))
    click.echo(render(report, output, every=verbose), nl=False)
    click.get_current_context().exit(failures.FOUND if report.failed else failures.OK)


def _with_options(config: Config, resolve: str | None, *, staged: bool) -> Config:
    """The configuration with what the command line says in its place; a path there is of the current directory."""
    from ringfence.check.config import PathEntry
    from ringfence.model.origin import Position

    if resolve is not None:
        config = replace(config, resolve=PathEntry(str(Path(resolve).absolute()), Position("")))
    return replace(config, staged=config.staged or staged)


def _given(policies: str | None, base_policies: str | None, base: str | None) -> Given | None:
    if policies is None:
        if base_policies is not None:
            raise click.UsageError("--base-policies goes with --policies. A revision to compare with is --base.")
        return None
    if base is not None:
        raise click.UsageError("--policies is compared with --base-policies, not with --base.")
    if policies == base_policies == "-":
        raise click.UsageError("Only one input can be stdin.")
    from ringfence.check.inputs import Given

    return Given(policies, base_policies or "", sys.stdin.buffer if "-" in (policies, base_policies) else None)


def _write_baseline(config: Config, given: Given | None) -> None:
    from ringfence.check.baseline import write_baseline
    from ringfence.check.linting import entries_of
    from ringfence.check.run import baseline_path, run_check

    path = baseline_path(config)
    if not path:
        raise click.UsageError(f"{config.file} names no baseline file. Add baseline: ringfence-baseline.json.")
    with progress("Checking"):
        entries = entries_of(run_check(config, "", given, baseline=False).lint)
    write_baseline(path, entries)
    click.echo(f"Wrote {path}: {len(entries)} finding{'s' * (len(entries) != 1)}.")


def render(report: CheckReport, name: str, *, every: bool) -> str:
    """The report in one format; each renderer is imported only where it is used."""
    if name == "text":
        from ringfence.render import check_text

        return "".join(f"{line}\n" for line in check_text.render(report, every=every))
    return _renderer(name)(report)


def _renderer(name: str) -> Callable[[CheckReport], str]:
    from ringfence.render import check_cases, check_json, check_markdown, code_quality, sarif

    return {
        "json": check_json.render,
        "sarif": sarif.render,
        "junit": check_cases.junit,
        "github": check_cases.github,
        "codequality": code_quality.render,
        "markdown": check_markdown.render,
    }[name]
