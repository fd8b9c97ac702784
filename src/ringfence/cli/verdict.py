"""``ringfence verdict``: many point queries at once."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import click

from ringfence.cli import options, session

_HELP = """Answer many queries: the same rows come out, with verdict, egress and ingress behind them.

An endpoint is namespace/pod, namespace/Kind/name, an IP address, or, as dst, service:namespace/name with the
Service's port. A workload or Service is allowed only if every pair of its pods is. A row that can't be answered
has the verdict "error", and says why in the column "error". Other columns are kept.

\b
printf 'src,dst,protocol,port\\nshop/web-0,10.0.0.7,TCP,443\\n' | ringfence verdict cluster.json --queries -

Exit status: 0 every row is answered, 1 a row has an error, 2 wrong usage or unreadable input.
"""


@click.command("verdict", help=_HELP, short_help="Answer a file of queries: allowed or blocked.")
@options.paths
@click.option(
    "--queries",
    required=True,
    metavar="FILE|-",
    type=click.Path(allow_dash=True),
    help="CSV with the columns src,dst,protocol,port, or JSON lines with these keys.",
)
@options.output("csv", "json")
@options.resolve
@options.staged
@options.common
def command(paths: tuple[str, ...], queries: str, output: str, common: options.Common) -> None:
    """Runs the command."""
    from ringfence.explain.bulk import answer_rows
    from ringfence.explain.queries import read_queries
    from ringfence.render import verdicts

    if queries == "-" and "-" in paths:
        raise click.UsageError("The input and the queries can't both be stdin.")
    with nullcontext(sys.stdin.buffer) if queries == "-" else session.opened(queries, "rb") as stream:
        cluster = session.load(paths, common, tell=output == "csv")
        rows = read_queries(stream, "stdin" if queries == "-" else queries)
        answers = answer_rows(cluster.engine, cluster.endpoints, rows)
        if output == "json":
            errors = verdicts.write_json(answers, cluster.findings, sys.stdout)
        else:
            errors = verdicts.write_csv(answers, sys.stdout)
    if errors:
        click.echo(f'ringfence: {errors} of the queries could not be answered: see "error" in their rows.', err=True)
    session.finish(cluster, common, found=bool(errors))
