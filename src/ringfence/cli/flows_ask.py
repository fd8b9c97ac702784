"""What the questions about recorded traffic share: the cluster, its snapshots over time, and filters."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringfence.cli import failures, flow_input, flows_options, options, session
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.flows.choosing import Choice
    from ringfence.flows.selection import Selection
    from ringfence.flows.store import Store
    from ringfence.observe import Moment

_Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is asked of. The store is open, and ``edges`` are those of it that are chosen."""

    store: Store
    edges: Selection
    cluster: Cluster | None
    moments: tuple[Moment, ...]


def paths(command: _Command) -> _Command:
    """The cluster, if it is to be asked, too; a running one where an option says so.

    Records tell a lot by themselves, so without a path no cluster is asked of its own accord.
    """

    @click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(allow_dash=True))
    @options.cluster
    @functools.wraps(command)
    def wrapped(*args: Any, paths: tuple[str, ...], live: options.Live, **kwargs: Any) -> Any:
        wanted = paths or live.asked or live.changes
        return command(*args, paths=live.paths(paths) if wanted else (), **kwargs)

    return wrapped


snapshots = click.option(
    "--snapshots",
    multiple=True,
    metavar="PATH[@TIME]",
    help="The cluster at a time, given at several times: what changed between them. A directory holds such files.",
)


def choice(command: _Command) -> _Command:
    """Filters of edges, which the command gets as one argument, ``choice``. Outcomes are what is asked about."""

    @flows_options.ends_and_times
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        namespaces: tuple[str, ...],
        workloads: tuple[str, ...],
        since: float | None,
        until: float | None,
        ports: tuple[int, ...],
        **kwargs: Any,
    ) -> Any:
        flows_options.check_window(since, until)
        from ringfence.flows.choosing import Choice

        return command(*args, choice=Choice(namespaces, workloads, since, until, (), ports), **kwargs)

    return wrapped


@contextmanager
def asking(
    store: str,
    engine: str,
    chosen: Choice,
    given: Sequence[str],
    snapshots: Sequence[str],
    common: options.Common,
    *,
    tell: bool,
    flows_cluster: str = "",
) -> Iterator[Asked]:
    """Opens the store and reads the clusters. With ``tell`` the findings about the cluster are printed.

    Raises:
        InputError: the store or an input can't be read, or the store has no such edge.
    """
    times = _moments(snapshots)
    if len(times) == 1:
        raise click.UsageError("--snapshots names one moment, and a change is between two. Name another.")
    from ringfence.flows.store import check_there, opened

    check_there(store)
    with progress("Reading the clusters"):  # before the store is opened: while it is, nobody writes to it
        now = session.snapshot(given) if given else None
        then = [(time, path, session.snapshot([path])) for path, time in times]
    with opened(store, engine=engine) as flows:
        with progress("Reading the flows"):
            from ringfence.cluster import Cluster
            from ringfence.observe import Moment

            selection = flow_input.selected(flows, chosen, flows_cluster)
            names = flow_input.with_flow_names(session.names(common), selection)
            cluster = Cluster(now, cni=common.cni, names=names) if now is not None else None
            moments = tuple(
                Moment(time, path, there, Cluster(there, cni=common.cni, names=names).policies)
                for time, path, there in then
            )
        if cluster is not None and tell:
            from ringfence.render import findings_text

            for line in findings_text.render(cluster.findings, notes=not common.quiet, every=common.verbose):
                click.echo(line, err=True)
        yield Asked(flows, selection, cluster, moments)


def finish(cluster: Cluster | None, common: options.Common, *, found: bool = False) -> None:
    """Ends the command: status 1 where the answer calls for it, or where ``--strict`` does."""
    if cluster is not None:
        session.finish(cluster, common, found=found)
    click.get_current_context().exit(failures.FOUND if found else failures.OK)


def _moments(texts: Sequence[str]) -> list[tuple[str, float]]:
    """Each path with its time; of a directory that no time is given for, its files by the time in their names.

    Raises:
        UsageError: a file tells no time.
    """
    from ringfence.flows.inventory_files import split

    found = []
    for text in texts:
        path, time = split(text)
        if time is not None:
            found.append((path, time))
            continue
        if not Path(path).exists():
            raise click.UsageError(f"{path} is not there. Write PATH@TIME, such as cluster.json@2026-11-23T08:00:00Z.")
        files = sorted(each for each in Path(path).iterdir() if each.is_file()) if Path(path).is_dir() else [Path(path)]
        for file in files:
            seconds = _time_in(file.name)
            if seconds is None:
                raise click.UsageError(
                    f"The name of {file} tells no time. Write {path}@TIME, or call it such as 2026-11-23T08-00Z.json."
                )
            found.append((str(file), seconds))
    return found


def _time_in(name: str) -> float | None:
    """The time in a file's name, in which colons may be dashes or left out: ``2026-11-23T08-00Z.json``."""
    import re

    from ringfence.flows.inventory_files import parse_time

    match = re.search(r"(\d{4}-?\d{2}-?\d{2})(?:T(\d{2})[-:]?(\d{2})(?:[-:]?(\d{2}))?(Z?))?", name)
    if match is None:
        return None
    day, hour, minute, second, _ = match.groups()
    clock = f"T{hour}:{minute}:{second or '00'}" if hour else ""
    return parse_time(f"{day}{clock}+00:00" if clock else day)
