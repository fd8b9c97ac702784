"""Everything that one server is over: the cluster, and beside it recorded traffic and the history of policies."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from ringfence.history.journal import open_journal
from ringfence.model.errors import InputError
from ringfence.names import read_names
from ringfence.server.change_answers import ChangeAnswers
from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.flow_store import FlowStore
from ringfence.server.recording import Recording
from ringfence.server.source import Source, is_followed, opened


@dataclass(frozen=True, slots=True)
class Given:
    """What stands beside the cluster, and what a page calls it (``name``); empty for what isn't given.

    ``flows`` is the path of a store, ``history`` the URL or path of a database, ``resolve`` a file of recorded DNS
    answers. Where a store or a database keeps several clusters, ``flows_cluster`` and ``history_cluster`` name one.
    """

    name: str = ""
    flows: str = ""
    flows_cluster: str = ""
    resolve: str = ""
    history: str = ""
    history_cluster: str = ""


Recorded = tuple[FlowAnswers | None, ChangeAnswers | None]


@dataclass(frozen=True, slots=True)
class Served:
    """What is open."""

    source: Source
    flows: FlowAnswers | None = None
    changes: ChangeAnswers | None = None


@contextmanager
def served(paths: Sequence[str], given: Given, *, cni: str = "auto", stdin: BinaryIO | None = None) -> Iterator[Served]:
    """Opens all of it until the block ends. What changes in a running cluster that is followed is recorded.

    Raises:
        InputError: something can't be read or opened.
        QueryError: a store or database keeps several clusters, and none is named.
    """
    with ExitStack() as stack:
        names = read_names(given.resolve) if given.resolve else None
        journal = stack.enter_context(open_journal(given.history)) if given.history else None
        recording = Recording(journal, given.history_cluster) if journal is not None and is_followed(paths) else None
        source = stack.enter_context(
            opened(paths, name=given.name, cni=cni, stdin=stdin, names=names, recording=recording)
        )
        changes = flows = None
        if journal is not None:
            cluster = given.history_cluster or (source.name if recording is not None else "")
            changes = ChangeAnswers(journal, source, cluster, records=recording is not None)
        if given.flows:
            store = FlowStore(given.flows, cluster=given.flows_cluster)
            stack.callback(store.close)
            flows = FlowAnswers(store, source, changes.moments if changes is not None else None)
        yield Served(source, flows, changes)


@contextmanager
def demonstrated(source: Source) -> Iterator[Callable[[], Recorded]]:
    """Makes up what is recorded of the example shop; it takes seconds, so it is made when it is called for.

    What is called raises InputError where the extras for it aren't installed.
    """
    with ExitStack() as stack:
        try:
            made = tempfile.TemporaryDirectory(prefix="ringfence-demo-", ignore_cleanup_errors=True)
        except OSError as error:
            trouble = InputError(f"There is no place for the demo's records: {error.strerror or error}.")
            yield lambda: _fail(trouble)
            return
        directory = Path(stack.enter_context(made))
        ended, storing = threading.Event(), threading.Lock()

        def end() -> None:
            """DuckDB aborts the process if its file goes, or the interpreter, while it writes: that is waited for."""
            ended.set()
            with storing:
                pass

        stack.callback(end)

        @contextmanager
        def stored() -> Iterator[None]:
            with storing:
                if ended.is_set():
                    raise InputError("The server has ended.")
                yield

        def make() -> Recorded:
            from ringfence.server import demo

            try:
                path, history = demo.record(source.cluster(), directory, dt.datetime.now(tz=dt.UTC), stored)
                with stored():
                    changes = ChangeAnswers(stack.enter_context(open_journal(history)), source)
                    store = FlowStore(path)
                    stack.callback(store.close)
            except Exception:
                if ended.is_set():  # and the directory is gone
                    return None, None
                raise
            return FlowAnswers(store, source, changes.moments), changes

        yield make


def _fail(error: InputError) -> NoReturn:
    raise error
