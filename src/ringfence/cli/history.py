"""``ringfence history``: who changed which policy when, kept in a database."""

from __future__ import annotations

import datetime as dt
import json
import queue
import sys
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING

import click

from ringfence.cli import failures, options
from ringfence.cli.dns import Duration
from ringfence.cli.flows_options import Time
from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.history.journal import Journal
    from ringfence.history.revision import Revision


class Moment(click.ParamType[dt.datetime]):
    """``2026-11-23T12:00:00Z``, ``2026-11-23``, or ``24h`` for a day ago."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """The moment, in UTC."""
        if isinstance(value, dt.datetime):
            return value
        try:
            try:
                return _ago(Duration().convert(value, param, ctx))
            except click.BadParameter:
                return dt.datetime.fromtimestamp(Time().convert(value, param, ctx), tz=dt.UTC)
        except (OverflowError, ValueError):  # datetime begins with the year 1
            self.fail(f"{value!r} is too long ago.", param, ctx)


def _ago(seconds: float) -> dt.datetime:
    """A time before now.

    Raises:
        OverflowError: it is before the year 1.
    """
    return dt.datetime.now(tz=dt.UTC) - dt.timedelta(seconds=seconds)


class _Keep(Duration):
    """A duration that reaches no further back than time does."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds."""
        seconds = super().convert(value, param, ctx)
        try:
            _ago(seconds)
        except OverflowError:
            self.fail(f"{value!r} is longer than there have been records.", param, ctx)
        return seconds


_history = click.option(
    "--history",
    "url",
    default="ringfence-history.db",
    show_default=True,
    metavar="URL",
    help="The database: a file, or postgresql://…",
)
_cluster = click.option("--cluster", metavar="NAME", help="Only of this cluster, of several in one database.")


@click.group("history", short_help="Keep who changed which policy when.")
def command() -> None:
    """Keep the history of policies: what changed, when, by whom. Needs: pip install 'ringfence[live,history]'."""


_WATCH = """Follow a running cluster, and record each change of a policy or of a namespace's labels.

What was changed while nobody watched is found out at the start, and recorded with the time that the object itself
tells. Who changed it is known by program only; `ringfence history import` adds the user from audit logs. Ends on
Ctrl-C.

\b
ringfence history watch --context prod
ringfence history watch --history postgresql://ringfence@db/ringfence -o json
"""


@command.command("watch", help=_WATCH, short_help="Follow a cluster and record each change of a policy.")
@_history
@click.option("--cluster", metavar="NAME", help="What to call it; by default the context's name.")
@click.option("--context", default="", metavar="NAME", help="The context to ask, by default the current one.")
@click.option("--kubeconfig", default="", metavar="FILE", help="Where it stands, if not where kubectl looks.")
@click.option("--live-namespaces", default="", metavar="NS,…", help="Follow these namespaces of the cluster only.")
@click.option(
    "--for", "lasting", type=click.FloatRange(min=0), metavar="SECONDS", help="End by itself after this long."
)
@options.output("text", "json")
def watch(
    url: str,
    cluster: str | None,
    context: str,
    kubeconfig: str,
    live_namespaces: str,
    lasting: float | None,
    output: str,
) -> None:
    """Runs the command."""
    from ringfence.history.journal import open_journal
    from ringfence.history.recording import baseline, revisions_of
    from ringfence.history.watcher import watching
    from ringfence.live.target import Target

    told: queue.SimpleQueue[list[Revision]] = queue.SimpleQueue()
    target = Target(context, kubeconfig, options.namespaces(live_namespaces))
    now = dt.datetime.now

    with (
        watching(target, sink=lambda turns: told.put(list(revisions_of(turns, now(tz=dt.UTC))))) as watcher,
        open_journal(url) as journal,
    ):
        name = cluster or watcher.context
        with progress("Reading the cluster"):
            watcher.ready()
        awaited = watcher.keeper.awaited
        _keep(journal, baseline(watcher.keeper, journal, name, now(tz=dt.UTC)), name, output)
        click.echo(f"ringfence: following {name} ({watcher.server}).", err=True)
        end = None if lasting is None else time.monotonic() + lasting
        try:
            while end is None or time.monotonic() < end:
                with suppress(queue.Empty):
                    _keep(journal, told.get(timeout=0.2), name, output)
                if watcher.keeper.awaited != awaited:  # the first list of a kind came late, and is no change
                    awaited = watcher.keeper.awaited
                    _keep(journal, baseline(watcher.keeper, journal, name, now(tz=dt.UTC)), name, output)
        except KeyboardInterrupt:
            click.echo("ringfence: ended.", err=True)


def _keep(journal: Journal, revisions: list[Revision], cluster: str, output: str) -> None:
    from ringfence.render import history

    for each in revisions:
        if journal.record([each], cluster):
            recorded = journal.last(each.ref, cluster)
            click.echo(history.line(recorded) if output == "text" else json.dumps(history.change(recorded)))


@command.command("list", short_help="What changed, the latest first.")
@_history
@_cluster
@click.option("--since", type=Moment(), metavar="TIME", help="Not before: 2026-11-23T12:00:00Z, or 24h for a day ago.")
@click.option("--until", type=Moment(), metavar="TIME", help="Not after.")
@click.option("-n", "--namespace", metavar="NS", help="Only of this namespace, and what is cluster-scoped.")
@click.option(
    "--most", type=click.IntRange(1, 1_000_000_000), default=100, show_default=True, help="No more than so many."
)
@options.output("text", "json")
def list_(
    url: str,
    cluster: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
    namespace: str | None,
    most: int,
    output: str,
) -> None:
    """What changed, the latest first: who, with what program, and which fields."""
    from ringfence.history.journal import open_journal
    from ringfence.render import history

    with open_journal(url, there=True) as journal:
        changes = journal.changes(cluster=cluster, since=since, until=until, namespace=namespace, most=most)
    if output == "json":
        click.echo(history.document(changes), nl=False)
    else:
        for text in history.text(changes):
            click.echo(text)


@command.command("import", short_help="Add the users from audit logs of the API server.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.File("rb"))
@_history
@click.option("--cluster", required=True, metavar="NAME", help="The cluster that the logs are of.")
def import_(files: tuple[IO[bytes], ...], url: str, cluster: str) -> None:
    """Add what audit logs of the API server tell: the user of each change, and changes that nobody watched.

    FILE holds JSON events, one a line; - is stdin.
    """
    from ringfence.history.audit import read_audit
    from ringfence.history.journal import open_journal
    from ringfence.render import history

    broken = False
    with open_journal(url) as journal:
        for file in files:
            with progress("Reading the log"):
                audit = read_audit(file)
                news = journal.record(audit.revisions, cluster)
            broken |= bool(audit.unreadable)
            for text in history.imported(file.name, audit, news):
                click.echo(text)
    click.get_current_context().exit(failures.FOUND if broken else failures.OK)


_AT = """Print the policies as they were at a moment, as JSON for other commands.

\b
ringfence history at 2026-11-22T18:00:00Z > yesterday.json
ringfence diff live: --policies yesterday.json
"""


@command.command("at", help=_AT, short_help="The policies as they were at a moment.")
@click.argument("moment", metavar="TIME", type=Moment())
@_history
@_cluster
def at(moment: dt.datetime, url: str, cluster: str | None) -> None:
    """Runs the command."""
    from ringfence.history.journal import open_journal

    with open_journal(url, there=True) as journal:
        known = journal.clusters()
        if cluster is None and len(known) > 1:
            raise click.UsageError(f"The history is of several clusters. Name one with --cluster: {', '.join(known)}.")
        items = journal.at(moment, cluster)
    json.dump({"apiVersion": "v1", "kind": "List", "items": items}, sys.stdout, indent=2, ensure_ascii=False)
    click.echo()


@command.command("prune", short_help="Forget what was replaced long ago.")
@_history
@click.option("--keep", required=True, type=_Keep(), metavar="DURATION", help="Keep what held in this time, as 90d.")
def prune(url: str, keep: float) -> None:
    """Forget what was replaced before a time. What still held at its beginning is kept, so it can be asked for."""
    from ringfence.history.journal import open_journal

    with open_journal(url, there=True) as journal:
        gone = journal.prune(_ago(keep))
    click.echo(f"{gone} revision{'' if gone == 1 else 's'} forgotten.")
