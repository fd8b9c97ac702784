"""Where the cluster comes from: an input that is read once, or a running cluster that is followed."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import BinaryIO, Final, Protocol

from ringfence.cluster import Cluster
from ringfence.history.following import Following
from ringfence.history.watcher import Watcher, watching
from ringfence.live.target import Target
from ringfence.model.errors import InputError, QueryError
from ringfence.model.finding import Finding, Severity
from ringfence.model.names import Names
from ringfence.server.behind import Behind
from ringfence.server.desk import warmed
from ringfence.server.recording import Recording
from ringfence.sources.assemble import Assembler
from ringfence.sources.inputs import DELETE, LIVE, Source as Input
from ringfence.sources.items import Item
from ringfence.sources.limits import Limits
from ringfence.sources.load import load
from ringfence.sources.reader import Reader

MOST_PROPOSED: Final = 1 << 20
"""Bytes of manifests that may be proposed in one request."""

PROPOSED: Final = "proposed"
"""The name of the text of a request in places: ``proposed:12:3``."""

_PAUSE: Final = 1.0
"""Seconds at most between two states of a cluster that changes all the time. A policy is heeded sooner."""

_LIMITS = Limits(
    yaml_bytes=MOST_PROPOSED, json_bytes=MOST_PROPOSED, archive_bytes=0, archive_members=0, alias_nodes=100_000
)


class Source(Protocol):
    """A cluster to answer about. Several threads may ask at the same time."""

    @property
    def name(self) -> str:
        """What it is called on the page."""

    @property
    def ready(self) -> bool:
        """False where answers would be about a state that is no longer known to be right."""

    @property
    def age(self) -> float:
        """Seconds since the state that is shown was last known to be that of the input."""

    @property
    def revision(self) -> str:
        """Another text after each change; empty for what never changes. It is looked at often, so it costs nothing."""

    def cluster(self) -> Cluster:
        """The cluster as it is now; the same object for as long as nothing changed."""

    def proposed(self, text: bytes) -> Cluster:
        """The cluster as it would be with these manifests applied on top. Only the text is read, never a file.

        Raises:
            InputError: it isn't UTF-8, it is too long, an object in it can't be read, or it has none.
        """


class _Recorder:
    """Keeps what is read, so that a proposal can be laid on top of exactly that."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def begin(self, name: str, text: bytes) -> None:
        """Nothing is kept of a text as a whole."""

    def take(self, item: Item) -> None:
        """Keeps the object."""
        self.items.append(item)


class Loaded:
    """Files, archives or a snapshot, read once, when it is made.

    Raises:
        InputError: a path can't be read at all, or nothing was found.
    """

    ready = True
    revision = ""

    def __init__(
        self,
        paths: Sequence[str],
        *,
        name: str = "",
        cni: str = "auto",
        stdin: BinaryIO | None = None,
        names: Names | None = None,
    ) -> None:
        self.name = name or ", ".join("standard input" if path == "-" else path for path in paths)
        self._cni, self._names = cni, names
        recorder = _Recorder()
        snapshot = load(paths, stdin, "<stdin>", Limits(), recorder)
        self._items = recorder.items
        self._without = [path.removeprefix(DELETE) for path in paths if path.startswith(DELETE)]
        self._cluster = Cluster(snapshot, cni=cni, names=names)
        self._since = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since it was read."""
        return time.monotonic() - self._since

    def cluster(self) -> Cluster:
        """The cluster as it was read."""
        return self._cluster

    def proposed(self, text: bytes) -> Cluster:
        """See :meth:`Source.proposed`."""
        return overlaid(self._items, self._without, text, self._cni, self._names)


class Followed:
    """A running cluster: each answer is about its newest state.

    That is made behind the requests; where that takes long, they are answered about the one before meanwhile.
    """

    def __init__(self, watcher: Watcher, *, cni: str = "auto", names: Names | None = None) -> None:
        self.name = watcher.context or watcher.server
        self._keeper = watcher.keeper
        following = Following(watcher.keeper, cni=cni, names=names)
        self._behind: Behind[int, Cluster] = Behind(
            lambda: self._keeper.version,
            lambda _: warmed(following.cluster()),
            pause=_PAUSE,
            urgent=lambda: self._keeper.ruled,
        )
        self._cni, self._names = cni, names
        self._right = time.monotonic()

    @property
    def ready(self) -> bool:
        """False while a kind can't be followed for another reason than missing rights."""
        return all(trouble.refused for trouble in self._keeper.trouble)

    @property
    def age(self) -> float:
        """Seconds since everything was last seen to be followed; 0 while it is."""
        now = time.monotonic()
        if self.ready:
            self._right = now
        return now - self._right

    @property
    def revision(self) -> str:
        """See :attr:`Source.revision`."""
        made = self._behind.made
        return str(made.key if made is not None else self._keeper.version)

    def cluster(self) -> Cluster:
        """The newest state."""
        return self._behind.newest().value

    def end(self) -> None:
        """Follows no more."""
        self._behind.end()

    def proposed(self, text: bytes) -> Cluster:
        """See :meth:`Source.proposed`."""
        return overlaid(self._keeper.items(), (), text, self._cni, self._names)


def overlaid(
    items: Iterable[Item], without: Iterable[str], text: bytes, cni: str, names: Names | None = None
) -> Cluster:
    """The cluster of these objects, less ``without`` (``namespace/Kind/name``), with the manifests in ``text`` on top.

    Raises:
        InputError: see :meth:`Source.proposed`.
    """
    if len(text) > MOST_PROPOSED:
        raise InputError(f"The manifests are longer than {MOST_PROPOSED >> 20} MiB.")
    try:
        plain = text.decode("utf-8")
    except UnicodeDecodeError:
        plain = "\0"
    if "\0" in plain:
        raise InputError("The manifests are not UTF-8 text.")
    findings: list[Finding] = []
    assembler = Assembler(findings)
    for item in items:
        assembler.take(item)
    for name in without:
        *namespace, kind, plain_name = ("", "", *name.split("/"))[-3:]
        assembler.drop(kind, plain_name, namespace[0])
    already, taken = len(findings), assembler.objects

    def propose(item: Item) -> None:
        item.update = True
        assembler.take(item)

    # The "-" is the stream beside it: no name in a request reaches the file system.
    Reader(_LIMITS, findings, propose).read(Input(PROPOSED, "-", named=True), io.BytesIO(text))
    wrong = next((each for each in findings[already:] if each.severity is Severity.ERROR), None)
    if wrong is not None:
        raise InputError(str(wrong), tuple(findings[already:]))
    if assembler.objects == taken:
        raise InputError("There is no Kubernetes object in the manifests.")
    return Cluster(assembler.snapshot(), cni=cni, names=names)


def is_followed(paths: Sequence[str]) -> bool:
    """True for paths that are one running cluster and nothing else."""
    return len(paths) == 1 and paths[0].startswith(LIVE)


def opened(
    paths: Sequence[str],
    *,
    name: str = "",
    cni: str = "auto",
    stdin: BinaryIO | None = None,
    names: Names | None = None,
    recording: Recording | None = None,
) -> AbstractContextManager[Source]:
    """The source that paths of the command line mean. One ``live:`` path alone is followed; all else is read once.

    ``name`` is what the page calls what is read once; the paths, if empty. ``names`` are recorded DNS answers.
    ``recording`` is told every change of a cluster that is followed.

    Raises:
        InputError: it can't be read, or the cluster can't be asked; when the context is entered.
    """
    if not paths:
        raise QueryError("There is nothing to serve: name a path.")
    return _followed(paths[0], cni, names, recording) if is_followed(paths) else _loaded(paths, name, cni, stdin, names)


@contextmanager
def _loaded(paths: Sequence[str], name: str, cni: str, stdin: BinaryIO | None, names: Names | None) -> Iterator[Source]:
    yield Loaded(paths, name=name, cni=cni, stdin=stdin, names=names)


@contextmanager
def _followed(path: str, cni: str, names: Names | None, recording: Recording | None) -> Iterator[Source]:
    with watching(Target.parse(path), sink=recording.told if recording is not None else None) as watcher:
        watcher.ready()
        source = Followed(watcher, cni=cni, names=names)
        with recording.following(watcher.keeper, source.name) if recording is not None else nullcontext():
            try:
                yield source
            finally:
                source.end()
