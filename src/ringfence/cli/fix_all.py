"""``ringfence fix --wanted`` and ``--dependencies``: one fix for many connections."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli import session
from ringfence.cli.options import Common
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.fix.propose_all import FixSet
    from ringfence.survey import Dependency


@dataclass(frozen=True, slots=True)
class Many:
    """What was asked for: a file of wanted connections, all that the survey finds, or both."""

    wanted: str | None
    dependencies: bool
    namespaces: tuple[str, ...]
    into: str | None


def run(paths: tuple[str, ...], many: Many, common: Common, *, output: str, write: bool, yes: bool) -> None:
    """Answers, and writes where that is asked for."""
    from ringfence.fix.propose_all import propose_all
    from ringfence.fix.staged import all_staged
    from ringfence.fix.wanted import dependencies, needed
    from ringfence.render import fix_set_json, fix_set_text

    if many.wanted == "-" and "-" in paths:
        raise click.UsageError("--wanted - and PATH - can't both read stdin.")
    cluster = session.load(paths, common, tell=output != "json")
    unknown = [name for name in many.namespaces if name not in cluster.snapshot.namespaces]
    if unknown:
        raise click.UsageError(f"There is no namespace {unknown[0]} in the input.")
    listed = _listed(cluster, many.wanted)
    with progress("Looking for a fix"):
        if many.dependencies:
            kept = frozenset(many.namespaces)
            wanted = needed(cluster.survey, cluster.snapshot.pods, cluster.world, more=listed, namespaces=kept)
        else:
            wanted = dependencies(listed, cluster.world)
        answer = propose_all(cluster.world, wanted)
        if cluster.staged:
            answer = all_staged(answer, cluster.staged)
    if write:
        _write(cluster, answer, many.into, yes=yes)
    elif output == "json":
        click.echo(fix_set_json.render(answer, cluster.findings), nl=False)
    elif output == "manifest":
        click.echo(fix_set_text.manifests(answer), nl=False)
    elif output == "kubectl":
        click.echo(fix_set_text.kubectl(answer), nl=False)
    else:
        click.echo(fix_set_text.render(answer, _difference(cluster, answer), notes=not common.quiet), nl=False)
    if output in ("manifest", "kubectl") and not write:
        for line in fix_set_text.summary(answer):
            click.echo(f"ringfence: {line}", err=True)
    session.finish(cluster, common, found=bool(answer.left))


def _listed(cluster: Cluster, path: str | None) -> tuple[Dependency, ...]:
    """The connections of the file.

    Raises:
        UsageError: a row can't be read, or names nothing: a fix of the others might pass for one of all.
    """
    if path is None:
        return ()
    from ringfence.diagnose import wanted_dependencies
    from ringfence.explain.queries import read_queries

    if path == "-":
        found, remarks = wanted_dependencies(read_queries(sys.stdin.buffer, "<stdin>"), cluster.endpoints, "<stdin>")
    else:
        with session.opened(path, "rb") as stream:
            found, remarks = wanted_dependencies(read_queries(stream, path), cluster.endpoints, path)
    if remarks:
        more = f" So are {len(remarks) - 1} more rows." if len(remarks) > 1 else ""
        raise click.UsageError(f"{remarks[0].origin}: {remarks[0].what}{more}")
    if not found:
        raise click.UsageError(f"{path} lists no connection.")
    return found


def _difference(cluster: Cluster, answer: FixSet) -> str:
    """What the edits change in the files of the input; empty where they can't be edited in place."""
    from ringfence.fix.writing import WriteError, changes

    edits = [patch for patch in answer.patches if patch.manifest is None]
    try:
        return "".join(change.difference() for change in changes(edits, cluster.snapshot))
    except WriteError:
        return ""


def _write(cluster: Cluster, answer: FixSet, into: str | None, *, yes: bool) -> None:
    from ringfence.fix.writing import added, changes
    from ringfence.render import fix_set_text

    click.echo(fix_set_text.render(answer), nl=False)
    if not answer.patches:
        return
    new = [patch for patch in answer.patches if patch.manifest is not None]
    if new and into is None:
        what = "a new policy" if len(new) == 1 else f"{len(new)} new policies"
        raise click.UsageError(
            f"--write needs --into FILE for {what}: name the file, new or not, that is to hold them."
        )
    files = list(changes([patch for patch in answer.patches if patch.manifest is None], cluster.snapshot))
    if new and into is not None:
        files.append(added(new, Path(into)))
    for change in files:
        click.echo(change.difference(), nl=False)
    if not yes:
        click.confirm("Write it?", abort=True)
    for change in files:
        change.write()
        click.echo(f"Wrote {change.path}.")
