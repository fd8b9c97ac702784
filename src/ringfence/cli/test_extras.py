"""What ``ringfence test`` does besides testing: write a first suite, and tell what the tests cover."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from ringfence.cli import options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.testing.coverage_report import CoverageReport
    from ringfence.testing.plan import Plan


def write_first_suite(paths: Sequence[str], file: str | None, common: options.Common, *, force: bool) -> None:
    """Writes a suite of today's connectivity to stdout, or to a file that isn't there yet.

    Raises:
        InputError: the input can't be read.
        QueryError: there is nothing to promise.
        UsageError: the file is there, and ``force`` isn't given.
    """
    if file is not None and not force and Path(file).exists():
        raise click.UsageError(f"{file} is there already. Name another file, or replace it with --force.")
    cluster = session.load(paths, common, tell=True)
    with progress("Writing the tests"):
        from ringfence.testing.init import initial_suite

        text = initial_suite(cluster.snapshot, cluster.engine)
    if file is None:
        click.echo(text, nl=False)
    else:
        with session.opened(file, "w") as out:
            out.write(text)
        click.echo(f"Wrote {file}. Read it, then run: ringfence test --suite {file} {' '.join(paths)}", err=True)
    session.finish(cluster, common)


def tell_coverage(plan: Plan, cluster: Cluster, output: str, out: IO[str], *, every: bool) -> CoverageReport:
    """Works out the coverage and writes it; of formats that have no place for it, the score goes to stderr."""
    with progress("Changing the policies"):
        from ringfence.testing.coverage import coverage

        report = coverage(plan, cluster.engine)
    if output == "json":
        from ringfence.render import testing_coverage_json

        click.echo(testing_coverage_json.render(report, cluster.findings), file=out, nl=False)
        return report
    from ringfence.render import testing_coverage

    if output == "text":
        click.echo("", file=out)
        click.echo(testing_coverage.render(report, every=every), file=out, nl=False)
    else:
        click.echo(testing_coverage.summary(report), file=sys.stderr)
    return report
