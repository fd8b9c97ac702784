"""What goes into an archive: the objects that are kept, reduced, in the order in which they were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ringfence.snapshot.mesh import mesh_data, mesh_shape
from ringfence.snapshot.policies import dropped_annotations, keeps, removals
from ringfence.snapshot.shape import Shape, reduced, shape_of
from ringfence.snapshot.texts import Policy, policy_text
from ringfence.sources.items import UNDECODABLE, Item, PlainItem
from ringfence.sources.kinds import group_of
from ringfence.sources.policy_kinds import is_policy
from ringfence.sources.references import RECORDED
from ringfence.sources.services import SERVICE_LABEL

_Key = tuple[str, str, str, str]
_ANNOTATION: Final = Shape(scalar=True)
ENDPOINT_KINDS: Final = ("EndpointSlice", "Endpoints")


@dataclass(frozen=True, slots=True)
class Kept:
    """An object that is kept. ``policy`` is set for a policy; ``file`` tells which text it stood in."""

    body: dict[str, Any]
    file: int
    annotations: int
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """The policies of one text of the input: as ``text``, or as plain ``bodies`` where the text can't be kept."""

    name: str
    text: bytes | None
    bodies: tuple[Mapping[str, Any], ...]


@dataclass(slots=True)
class Contents:
    """Watches a reading (:class:`ringfence.sources.load.Watcher`) and keeps what an archive needs of it.

    Objects that are given twice are both kept: which of them counts is found out when the archive is read. An object
    that a watch changed or deleted is the exception, as it never was twice in the cluster.
    """

    annotations: bool = False
    left_out: Counter[str] = field(default_factory=Counter)
    _kept: dict[int, Kept] = field(default_factory=dict)
    _numbers: dict[_Key, list[int]] = field(default_factory=dict)
    _taken: int = 0
    _names: list[str] = field(default_factory=list)
    _texts: dict[int, bytes] = field(default_factory=dict)
    _text: bytes = b""

    def begin(self, name: str, text: bytes) -> None:
        """A text begins."""
        self._names.append(name)
        self._text = text

    def take(self, item: Item) -> None:
        """An object of the text that began last. One that can't be read at all is left out, as its answers are."""
        shape = shape_of(item.api_version, item.kind) or mesh_shape(item)
        policy = shape is None and is_policy(group_of(item.api_version), item.kind)
        if shape is None and not policy:
            if (item.kind, item.api_version) != RECORDED and not item.deleted:
                self.left_out[item.kind] += 1
            return
        try:
            body = item.body()
        except UNDECODABLE:
            self.left_out[item.kind] += 1
            return
        key = _key(item, body)
        if item.update or item.deleted:
            for earlier in self._numbers.pop(key, ()):
                del self._kept[earlier]
        if item.deleted:
            return
        file, dropped = len(self._names) - 1, dropped_annotations(body, annotations=self.annotations)
        if shape is None:
            given = Policy(body, removals(body, annotations=self.annotations), item.place().position.line)
            if isinstance(item, PlainItem):
                self._texts[file] = self._text
            found = Kept(given.kept, file, dropped, given)
        else:
            small = reduced(item.api_version, item.kind, body, shape)
            if item.kind == "ConfigMap":
                small["data"] = mesh_data(body)
            _put_annotations(small, body, all_=self.annotations)
            found = Kept(small, file, dropped)
        self._taken += 1
        self._kept[self._taken] = found
        self._numbers.setdefault(key, []).append(self._taken)

    def finish(self) -> None:
        """Ends the reading, and leaves out endpoints that no answer depends on: of Services that select pods."""
        services = {
            _name(each.body)
            for each in self._kept.values()
            if each.body["kind"] == "Service" and not _mapping(each.body, "spec").get("selector")
        }
        for number, each in list(self._kept.items()):
            if each.body["kind"] in ENDPOINT_KINDS and _service(each.body) not in services:
                del self._kept[number]
                self.left_out[each.body["kind"]] += 1

    @property
    def kept(self) -> list[Kept]:
        """Every object that is kept."""
        return list(self._kept.values())

    def objects(self) -> list[dict[str, Any]]:
        """The objects that are no policies."""
        return [each.body for each in self.kept if each.policy is None]

    def policy_files(self) -> list[PolicyFile]:
        """The policies, by the text that they stood in."""
        by_file: dict[int, list[Kept]] = {}
        for each in self.kept:
            if each.policy is not None:
                by_file.setdefault(each.file, []).append(each)
        found = []
        for number, kept in by_file.items():
            name, text = self._names[number], self._texts.get(number)
            policies = [each.policy for each in kept if each.policy is not None]
            as_text = policy_text(name, text, policies) if text is not None else None
            found.append(PolicyFile(name, as_text, tuple(each.body for each in kept)))
        return found

    def counts(self) -> Counter[str]:
        """How many objects of each kind are kept."""
        return Counter(each.body["kind"] for each in self.kept)


def _key(item: Item, body: Mapping[str, Any]) -> _Key:
    return group_of(item.api_version), item.kind, *_name(body)


def _mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _name(body: Mapping[str, Any]) -> tuple[str, str]:
    metadata = _mapping(body, "metadata")
    return str(metadata.get("namespace") or "default"), str(metadata.get("name") or metadata.get("generateName") or "")


def _service(body: Mapping[str, Any]) -> tuple[str, str]:
    """The Service that endpoints are for."""
    namespace, name = _name(body)
    labels = _mapping(body, "metadata").get("labels")
    if body["kind"] == "EndpointSlice":
        name = str(labels.get(SERVICE_LABEL)) if isinstance(labels, Mapping) else ""
    return namespace, name


def _put_annotations(small: dict[str, Any], body: Mapping[str, Any], *, all_: bool) -> None:
    """Annotations as asked for; none at all is not worth an empty mapping."""
    metadata, given = small.get("metadata"), _mapping(body, "metadata").get("annotations")
    if isinstance(metadata, dict) and isinstance(given, Mapping):
        metadata["annotations"] = {key: _ANNOTATION.of(value) for key, value in given.items() if keeps(key, all_=all_)}
        if not metadata["annotations"]:
            del metadata["annotations"]
