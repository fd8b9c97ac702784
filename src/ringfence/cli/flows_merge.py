"""``ringfence flows merge``: the stores of several clusters as one."""

from __future__ import annotations

import click

from ringfence.cli import flows_options, new_store
from ringfence.cli.progress import progress
from ringfence.render.lines import count

_HELP = """Put the stores of several clusters together into one.

Each edge keeps its cluster: the name given to ingest --cluster, else NAME, else the name of the file. A store that has
grown can be merged again: what came from it before is replaced.

\b
ringfence flows merge east.duckdb west.duckdb --into fleet.duckdb
ringfence flows merge east=/srv/a.duckdb west=/srv/b.duckdb --into fleet.duckdb

Exit status: 0 merged, 2 wrong usage, or a store that can't be used.
"""


@click.command("merge", help=_HELP, short_help="Put the stores of several clusters together.")
@click.argument("stores", metavar="[NAME=]STORE...", nargs=-1, required=True)
@click.option("--into", required=True, metavar="STORE", help="The store to add to; it is made if it isn't there.")
@flows_options.engine
def command(stores: tuple[str, ...], into: str, engine: str) -> None:
    """Runs the command."""
    from pathlib import Path

    from ringfence.flows.joining import names_for
    from ringfence.flows.store import opened

    named = names_for(stores)
    for name, path in named:
        if not name:
            raise click.UsageError(f"{path} has no name for its cluster: write NAME={path}.")
        if Path(path).resolve() == Path(into).resolve():
            raise click.UsageError(f"{path} can't be merged into itself.")
    lines = []
    with progress("Merging"), new_store.opened(into, engine) as target:
        for name, path in named:
            with opened(path, engine=engine) as source:
                joined = target.join(source, name)
            lines.append(f"{path}: {count(joined.inputs, 'input')} as cluster {joined.cluster}")
        target.derive()
        lines.append(f"{into} has {count(target.count(), 'edge')}.")
    for line in lines:
        click.echo(line)
