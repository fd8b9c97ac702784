"""``ringfence fix``: what to change so that this may connect to that, or may not."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli import fix_all, options, session

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.fix.propose import FixAnswer
    from ringfence.fix.search import Fix

_ENDS = ("SRC", "DST")

_HELP = """Say what to change so that SRC may connect to DST; with --deny, so that it may not.

Each fix is verified on the changed cluster, and shown with what else it opens and closes; the one that changes least
else comes first. SRC and DST are written as for "ringfence why".

\b
ringfence fix manifests/ shop/Deployment/web service:shop/cart:80
ringfence fix cluster.json shop/web-7d4b9 10.0.0.7:53/UDP -o kubectl
ringfence fix manifests/ --deny shop/CronJob/reports data/StatefulSet/redis:6379 --write

Without SRC and DST, --wanted and --dependencies ask for one fix of many connections: the few changes that restore
them all, verified together.

\b
ringfence fix manifests/ --dependencies -o manifest > restore.yaml
ringfence fix manifests/ --wanted needed.csv --write --into restore.yaml

Exit status: 0 fixes found or none needed, 1 no fix found or not written, 2 wrong usage or an unknown endpoint.
"""


@click.command("fix", help=_HELP, short_help="What to change so that SRC may connect to DST?")
@click.argument(
    "arguments",
    metavar="[PATH...] SRC DST[:PORT[/PROTO]]",
    nargs=-1,
    type=click.Path(allow_dash=True),
)
@click.option("--wanted", metavar="FILE", help="Restore these connections: CSV src,dst,protocol,port; - is stdin.")
@click.option("--dependencies", is_flag=True, help="Restore DNS and every dependency that the input shows.")
@click.option(
    "-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="--dependencies: only those of this namespace."
)
@click.option("--into", metavar="FILE", help="--write: the file, new or not, for new policies of many connections.")
@click.option("--deny", is_flag=True, help="Close the connection instead of opening it.")
@click.option("--all", "every", is_flag=True, help="Show every fix, not only the best.")
@click.option(
    "--write",
    type=click.IntRange(min=1),
    is_flag=False,
    flag_value=1,
    default=None,
    metavar="[N]",
    help="Edit the files of the input: fix N, by default the best. Shows the difference and asks first.",
)
@click.option("-y", "--yes", is_flag=True, help="With --write, don't ask.")
@options.cluster
@options.output("text", "manifest", "kubectl", "json")
@options.resolve
@options.staged
@options.common
def command(
    arguments: tuple[str, ...],
    wanted: str | None,
    dependencies: bool,
    namespaces: tuple[str, ...],
    into: str | None,
    deny: bool,
    every: bool,
    write: int | None,
    yes: bool,
    output: str,
    live: options.Live,
    common: options.Common,
) -> None:
    """Runs the command."""
    from ringfence.explain.query import split_destination, with_ports
    from ringfence.fix.propose import propose, the_port
    from ringfence.fix.staged import as_staged
    from ringfence.render import fix_json, fix_text

    many = fix_all.Many(wanted, dependencies, namespaces, into)
    if wanted is not None or dependencies:
        _refuse({"--deny": deny, "--all": every, "--write N": write not in (None, 1)}, "goes with SRC and DST")
        _refuse({"-n": bool(namespaces) and not dependencies}, "goes with --dependencies")
        fix_all.run(live.paths(arguments), many, common, output=output, write=write is not None, yes=yes)
        return
    _refuse({"-n": bool(namespaces), "--into": into is not None}, "goes with --wanted or --dependencies")
    begins_with_path = bool(arguments) and (arguments[0] == "-" or Path(arguments[0]).exists())
    ends = len(arguments) - begins_with_path
    if ends < len(_ENDS):
        raise click.UsageError(f"Missing argument '{_ENDS[ends]}': [PATH...] SRC DST[:PORT[/PROTO]].")
    *given, source, destination = arguments
    paths = live.paths(tuple(given))
    text, asked = split_destination(destination)
    port = with_ports(asked)
    session.paths_come_first("fix", paths, source, destination)
    cluster = session.load(paths, common, tell=output != "json")
    left, right = cluster.endpoints.source(source), cluster.endpoints.destination(text)
    if port is None:
        port = the_port(cluster.endpoints, right)
    answer = propose(cluster.world, cluster.endpoints, left, right, port, deny=deny)
    if cluster.staged:
        answer = replace(answer, fixes=tuple(as_staged(fix, cluster.staged) for fix in answer.fixes))
    shown = answer.fixes if every else answer.fixes[:1]
    if write is not None:
        _write(cluster, answer, write, yes=yes)
    elif output == "json":
        click.echo(fix_json.render(answer, cluster.findings), nl=False)
    elif output == "manifest":
        click.echo(fix_text.manifests(shown), nl=False)
    elif output == "kubectl":
        click.echo(fix_text.kubectl(shown), nl=False)
    else:
        difference = functools.partial(_difference, cluster)
        click.echo(fix_text.render(answer, difference, every=every, notes=not common.quiet), nl=False)
    if output in ("manifest", "kubectl") and not answer.fixes:
        click.echo(f"ringfence: {_nothing(answer)}", err=True)
    session.finish(cluster, common, found=not answer.fixes and not answer.fulfilled)


def _refuse(given: dict[str, bool], why: str) -> None:
    for option, wrong in given.items():
        if wrong:
            raise click.UsageError(f"{option} {why}.")


def _nothing(answer: FixAnswer) -> str:
    return "There is nothing to fix." if answer.fulfilled else f"No fix found. {answer.obstacle}"


def _difference(cluster: Cluster, fix: Fix) -> str:
    """What the edits of a fix change in the files of the input; empty where they can't be edited in place."""
    from ringfence.fix.writing import WriteError, changes

    moved = any(patch.delete for patch in fix.patches)  # one object in another place, which is an edit
    edits = [patch for patch in fix.patches if patch.manifest is None or moved]
    try:
        return "".join(change.difference() for change in changes(edits, cluster.snapshot))
    except WriteError:
        return ""


def _write(cluster: Cluster, answer: FixAnswer, number: int, *, yes: bool) -> None:
    from ringfence.fix.writing import changes
    from ringfence.render import fix_text

    if not answer.fixes:
        click.echo(_nothing(answer))
        return
    if number > len(answer.fixes):
        raise click.UsageError(f"There is no fix {number}: there are {len(answer.fixes)}. --all shows them.")
    fix: Fix = answer.fixes[number - 1]
    files = changes(fix.patches, cluster.snapshot)
    for change in files:
        click.echo(change.difference(), nl=False)
    click.echo(f"\n{fix.title}.\n{fix_text.effects_sentence(fix)}")
    for word, effects in (("opens", fix.effects.opens), ("closes", fix.effects.closes)):
        for line in fix_text.effect_lines(word, effects):
            click.echo(line)
    for note in fix.notes:
        click.echo(f"Note: {note}")
    if not yes:
        click.confirm("Write it?", abort=True)
    for change in files:
        change.write()
        click.echo(f"Wrote {change.path}.")
