"""Objects of a running cluster into items. Their place is ``cluster:namespace/Kind/name``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from ringfence.live import Target
from ringfence.live.read import Reading, Refused, read
from ringfence.model.codes import KIND_REFUSED
from ringfence.model.finding import Finding
from ringfence.model.objects import Snapshot
from ringfence.model.origin import Origin, Position
from ringfence.sources.items import UNDECODABLE, Item, SubSource
from ringfence.sources.kinds import struct_of
from ringfence.sources.policy_kinds import is_policy, is_policy_group
from ringfence.sources.printable import printable
from ringfence.sources.uses import is_user, is_user_group

if TYPE_CHECKING:
    from ringfence.sources.twins import Twins

T = TypeVar("T")

_EFFECTS: Final = {
    "Node": "Addresses of nodes are not known: a range may match a node, and kubelets' probes can't be told apart.",
    "Pod": "Pods there are unknown: answers leave them out, as sources and as destinations.",
    "Service": "Services there are unknown, and so are dependencies by their names.",
    "EndpointSlice": "What Services stand for is taken from their selectors.",
    "ServiceAccount": "Labels of service accounts are not known.",
    "Ingress": "What enters through an Ingress is not known to be needed.",
    "ConfigMap": "What it says of DNS or of the mesh is not known.",
}
_POLICY: Final = "A policy that can't be seen may allow or deny more than answers say."
_WORKLOAD: Final = "Workloads there that have no pod yet are unknown, and pods are named by their ReplicaSets."
_MANY: Final = 8


class _Meta(msgspec.Struct):
    name: str | None = None
    namespace: str | None = None


class _Named(msgspec.Struct):
    metadata: _Meta | None = None


_named = msgspec.json.Decoder(_Named)
_plain = msgspec.json.Decoder()
_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


@dataclass(frozen=True, slots=True)
class LiveSource:
    """The one place that an object of a cluster has. What a field's path adds stands in the origin."""

    name: str

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:  # noqa: ARG002 -- SourceMap's
        """The object's place."""
        return Position(self.name)

    def within(self, path: tuple[str | int, ...]) -> SubSource:  # noqa: ARG002 -- SubSource's, as the next
        """The same place."""
        return self

    def elements(self, path: tuple[str | int, ...]) -> Iterator[SubSource]:  # noqa: ARG002
        """The same place, without end."""
        while True:
            yield self


@dataclass(slots=True)
class LiveItem:
    """An object that is still text; see :class:`ringfence.sources.items.Item`. Its list says what it is."""

    kind: str
    api_version: str
    raw: msgspec.Raw
    update: bool = True
    deleted: bool = False
    _structs: dict[type[Any], Any] = field(default_factory=dict)
    _source: LiveSource | None = None
    _body: dict[str, Any] | None = None

    @property
    def source(self) -> LiveSource:
        """The object's place."""
        if self._source is None:
            try:
                metadata = _named.decode(self.raw).metadata or _Meta()
            except UNDECODABLE:
                metadata = _Meta()
            name = "/".join(filter(None, (metadata.namespace, self.kind, metadata.name)))
            self._source = LiveSource(f"cluster:{printable(name)}")
        return self._source

    def place(self) -> Origin:
        """The object's place."""
        return Origin(self.source.locate(()))

    def typed(self, kind: type[T]) -> T:
        """The object as a struct; see :class:`ringfence.sources.items.Item`. An item that is kept is decoded once."""
        known: T | None = self._structs.get(kind)
        if known is not None:
            return known
        decoder = _decoders.get(kind)
        if decoder is None:
            decoder = _decoders[kind] = msgspec.json.Decoder(kind)
        value: T = decoder.decode(self.raw)
        self._structs[kind] = value
        return value

    def body(self) -> dict[str, Any]:
        """The whole object, with the kind and version that its list gave it. An item that is kept is decoded once."""
        if self._body is None:
            value: dict[str, Any] = _plain.decode(self.raw)
            self._body = {"apiVersion": self.api_version, "kind": self.kind, **value}
        return self._body


def read_live(path: str) -> Reading:
    """What the cluster of a ``live:`` path answers.

    Raises:
        InputError: it can't be asked; see :func:`ringfence.live.read.read`.
        QueryError: the path has a wrong setting.
    """
    return read(Target.parse(path), is_wanted, may_matter)


def is_wanted(group: str, kind: str) -> bool:
    """True for a kind that is read into a snapshot."""
    version = f"{group}/v1" if group else "v1"
    return struct_of(version, kind) is not None or is_policy(group, kind) or is_user(version, kind)


def may_matter(group: str) -> bool:
    """True for an API group that may have such kinds."""
    return is_policy_group(group) or is_user_group(group)


def take_reading(reading: Reading, take: Callable[[Item], None], findings: list[Finding]) -> None:
    """Gives every object to ``take``, and says in ``findings`` what is missing."""
    for listed in reading.listed:
        resource = listed.resource
        for raw in listed.items:
            take(LiveItem(resource.kind, resource.api_version, raw))
    findings += [_refused(each) for each in reading.refused]
    findings += [
        Finding(KIND_REFUSED, f"Which kinds {group} has can't be learnt: {printable(why)}.", why=_POLICY)
        for group, why in reading.unasked
    ]


def snapshot_of(items: Iterable[LiveItem], problems: Iterable[Finding] = (), twins: Twins | None = None) -> Snapshot:
    """The snapshot that these objects make, with ``problems`` among its findings.

    Pods that are as they were in the last reading with the same ``twins`` are the same objects.
    """
    from ringfence.sources.assemble import Assembler

    assembler = Assembler(list(problems), twins)
    for item in items:
        assembler.take(item)
    return assembler.snapshot()


def _refused(refused: Refused) -> Finding:
    shown = ", ".join(refused.namespaces[:_MANY])
    shown += f" and {len(refused.namespaces) - _MANY} more" if refused.namespaces[_MANY:] else ""
    spaces = f"namespace{'s' if refused.namespaces[1:] else ''} {shown}"
    if refused.kind == "Namespace":
        return Finding(
            KIND_REFUSED,
            f"Namespaces may not be listed, so only {spaces} could be asked for pods: {printable(refused.message)}.",
            why="What runs in other namespaces is unknown, and labels of namespaces that can't be seen are, too.",
            hint="Name those that you may see with --live-namespaces.",
        )
    where = f"in {spaces}" if refused.namespaces else "in the whole cluster"
    what = f"{refused.what} may not be read {where}: {printable(refused.message)}."
    known = _EFFECTS.get(refused.kind)
    why = known or (_POLICY if is_policy("", refused.kind) or "Polic" in refused.kind else _WORKLOAD)
    return Finding(
        KIND_REFUSED, what, why=why, hint="Ask for the rights of the ClusterRole that the documentation has."
    )
