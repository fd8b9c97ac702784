"""What every command does around its question: load the input, tell what is wrong with it, choose the exit status."""

from __future__ import annotations

import gc
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from ringfence.cli import failures
from ringfence.cli.options import Common
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.model.finding import Finding
    from ringfence.model.names import Names
    from ringfence.model.objects import Snapshot


def load(paths: Sequence[str], common: Common, *, tell: bool) -> Cluster:
    """The cluster that the paths describe. With ``tell`` its findings are printed on stderr.

    Raises:
        InputError: a path can't be read at all, or nothing could be read.
    """
    with progress("Reading the input"):
        from ringfence.cluster import load as load_cluster

        stdin = sys.stdin.buffer if "-" in paths else None
        cluster = load_cluster(*paths, cni=common.cni, stdin=stdin, resolve=common.resolve, staged=common.staged)
    # What was loaded lives as long as the process: no collection of garbage need walk it again.
    gc.freeze()
    if tell:
        from ringfence.render import findings_text

        for line in findings_text.render(cluster.findings, notes=not common.quiet, every=common.verbose):
            click.echo(line, err=True)
    return cluster


def paths_come_first(command: str, paths: Sequence[str], source: str, destination: str) -> None:
    """Refuses `why SRC DST PATH`, in words that help more than "x/web can't be read".

    Raises:
        click.UsageError: the last argument is a path, and the first is none.
    """
    given = [*paths, source, destination]
    if ":" not in given[0] and given[0] != "-" and Path(given[-1]).exists() and not Path(given[0]).exists():
        meant = shlex.join([*given[2:], *given[:2]])
        raise click.UsageError(f"The paths come first: ringfence {command} {meant}")


def snapshot(paths: Sequence[str]) -> Snapshot:
    """What the paths describe, or a revision ``git:REV[:path]`` that stands alone, without its policies read.

    Raises:
        InputError: a path or revision can't be read at all, or nothing could be read.
    """
    from ringfence.sources import git, load_snapshot

    if len(paths) == 1 and paths[0].startswith(git.PREFIX):
        found = git.load_revision(paths[0])
    else:
        found = load_snapshot(list(paths), stdin=sys.stdin.buffer if "-" in paths else None)
    gc.freeze()  # what was read stays: walking it again and again for garbage takes longer than the question
    return found


def under(cluster: Snapshot, policies: Snapshot) -> Snapshot:
    """The cluster with other policies. What the policies' input says of pods and namespaces is no news here."""
    from dataclasses import replace

    from ringfence.model.finding import Severity

    if not policies.policies:
        click.echo("ringfence: An input that is only read for its policies has none.", err=True)
    problems = [finding for finding in policies.findings if finding.severity > Severity.NOTE]
    return replace(cluster, policies=policies.policies, findings=(*cluster.findings, *problems))


def names(common: Common) -> Names | None:
    """The records of ``--resolve``; None without it.

    Raises:
        InputError: the file is wrong.
    """
    from ringfence.names import read_names

    return read_names(common.resolve) if common.resolve else None


def left_out(cluster: Cluster) -> str:
    """What a text answer says about input that could not be used; empty where all of it was."""
    from ringfence.render import findings_text

    return findings_text.left_out(cluster.findings)


def finish(cluster: Cluster, common: Common, *, found: bool = False) -> None:
    """Ends the command: status 1 where the answer calls for it, or where ``--strict`` does."""
    from ringfence.model.finding import Severity

    broken = common.strict and any(finding.severity is Severity.ERROR for finding in cluster.findings)
    if broken:
        click.echo("ringfence: --strict: the input has errors, so the answer may be incomplete.", err=True)
    click.get_current_context().exit(failures.FOUND if found or broken else failures.OK)


def refuse_unread(before: Sequence[Finding], after: Sequence[Finding]) -> None:
    """Ends where an object can't be read as it is meant and was not so before: what it would do, nobody knows.

    Raises:
        InputError: so it is.
    """
    from ringfence.model.errors import InputError
    from ringfence.model.finding import Severity
    from ringfence.render import findings_text

    known = {(finding.what, finding.subject) for finding in before}
    new = [finding for finding in after if (finding.what, finding.subject) not in known]
    if findings_text.left_out(new):
        first = next(finding for finding in new if finding.severity is Severity.ERROR)
        raise InputError(
            f"{first.origin}: {first.what} What is proposed can't be judged without it: correct it, or answer "
            "without it by --lenient."
        )


@contextmanager
def opened(path: str, mode: str) -> Iterator[IO[Any]]:
    """A file that is read or written, closed at the end; text is UTF-8. A file that can't be opened is wrong usage."""
    with ExitStack() as stack:
        try:
            encoding = None if "b" in mode else "utf-8"
            stream = stack.enter_context(Path(path).open(mode, encoding=encoding, newline=encoding and "\n"))
        except OSError as error:
            raise click.UsageError(f"{path}: {error.strerror or error}.") from None
        yield stream


def write_tree(directory: str, files: Mapping[str, str]) -> None:
    """Writes files, by their paths, into a directory that is new or empty. Any other is wrong usage."""
    root = Path(directory)
    try:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise click.UsageError(f"{directory} is there already: name a new directory.")
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(f"{directory}: {error.strerror or error}.") from None
