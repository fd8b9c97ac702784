"""The texts that a workload's pods are given: variables, commands, probes, and the ConfigMaps they use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ringfence.model.objects import SourceMap, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.references import TextReference
from ringfence.sources import text_kinds as kinds
from ringfence.sources.decode import Path
from ringfence.sources.items import UNDECODABLE, Item
from ringfence.sources.text_kinds import Container, PodSpec, Scalar

T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9][-a-z0-9]*")
_LINK_LOCAL = "169.254."
_FLAG = re.compile(r"--?([A-Za-z][-\w.]*)(?:=(.*))?", re.DOTALL)
_LONGEST = 1 << 20
"""A longer text is no configuration that people write; it isn't looked at."""


def quietly(item: Item, kind: type[T]) -> T | None:
    """The item as a struct, or ``None``. What is wrong with an object is said where policy depends on it."""
    try:
        return item.typed(kind)
    except UNDECODABLE:
        return None


@dataclass(slots=True)
class ConfigMapText:
    """A ConfigMap of the input, read when a pod uses it."""

    item: Item
    ref: ObjectRef
    used: bool = False
    _data: Mapping[str, Scalar] | None = None
    _source: SourceMap | None = None

    @property
    def data(self) -> Mapping[str, Scalar]:
        """Its texts by key; none where it can't be read."""
        if self._data is None:
            self.used = True
            struct = quietly(self.item, kinds.ConfigMap)
            self._data = (struct.data if struct is not None else None) or {}
        return self._data

    def source(self) -> SourceMap:
        """Finds the places of its texts."""
        if self._source is None:
            self._source = self.item.source
        return self._source


ConfigMaps = Mapping[tuple[str, str], ConfigMapText]


@dataclass(slots=True)
class Collector:
    """Collects the texts of one input that name one of its Services, or a link-local address (node-local DNS)."""

    services: frozenset[str]
    config_maps: ConfigMaps
    found: dict[TextReference, None] = field(default_factory=dict)

    def collect(self, workload: WorkloadRef, item: Item, ref: ObjectRef) -> None:
        """Take the texts of a Pod or a workload; ``workload`` is what answers call it."""
        struct, path = kinds.TEMPLATES.get(item.kind, (kinds.Workload, ("spec", "template", "spec")))
        spec = _spec(quietly(item, struct))
        if spec is None:
            return
        origin: list[SourceMap] = []

        def source() -> SourceMap:  # that of a JSON object copies its text: only where something is found
            if not origin:
                origin.append(item.source)
            return origin[0]

        for key, text, at in _texts(spec, path):
            self._offer(workload, key, text, ref, source, at)
        for name, wanted in _config_maps(spec):
            config_map = self.config_maps.get((workload.namespace, name))
            if config_map is None:
                continue
            for key, value in config_map.data.items():
                if wanted is None or wanted[0] == key:
                    given = key if wanted is None else wanted[1]
                    self._offer(workload, given, value, config_map.ref, config_map.source, ("data", key))

    def _offer(
        self, workload: WorkloadRef, key: str, value: Scalar, ref: ObjectRef, source: Callable[[], SourceMap], at: Path
    ) -> None:
        if isinstance(value, str) and len(value) <= _LONGEST and self._telling(value):
            self.found.setdefault(TextReference(workload, key, value, ref, source(), at))

    def _telling(self, text: str) -> bool:
        if _LINK_LOCAL in text:
            return True
        return any(match[0] in self.services for match in _NAME.finditer(text))


def _spec(struct: object) -> PodSpec | None:
    match struct:
        case kinds.CronJob(spec=kinds.CronJobSpec(jobTemplate=kinds.Workload() as job)):
            return _spec(job)
        case kinds.Workload(spec=kinds.WorkloadSpec(template=kinds.Pod() as pod)):
            return pod.spec
        case kinds.Pod():
            return struct.spec
    return None


def _texts(spec: PodSpec, path: Path) -> Iterator[tuple[str, Scalar, Path]]:
    """Every text of the containers: its key, itself, and its place."""
    for group, containers in (("containers", spec.containers), ("initContainers", spec.initContainers)):
        for number, container in enumerate(containers or ()):
            at = (*path, group, number)
            for place, variable in enumerate(container.env or ()):
                yield variable.name or "", variable.value, (*at, "env", place, "value")
            yield from _lists(container, at)


def _lists(container: Container, at: Path) -> Iterator[tuple[str, Scalar, Path]]:
    lists: list[tuple[list[Scalar] | None, Path]] = [
        (container.command, (*at, "command")),
        (container.args, (*at, "args")),
    ]
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe: kinds.Probe | None = getattr(container, name)
        if probe is not None and probe.exec is not None:
            lists.append((probe.exec.command, (*at, name, "exec", "command")))
    for words, path in lists:
        flag = ""
        for number, word in enumerate(words or ()):
            text = word if isinstance(word, str) else ""
            match = _FLAG.fullmatch(text)
            if match is None:
                yield flag, text, (*path, number)
                flag = ""
            elif match[2] is None:
                flag = match[1]
            else:
                yield match[1], match[2], (*path, number)
                flag = ""


def _config_maps(spec: PodSpec) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """The ConfigMaps that the pods use: the name, and for a single key that and the variable's name."""
    for container in (*(spec.containers or ()), *(spec.initContainers or ())):
        for source in container.envFrom or ():
            if source.configMapRef is not None:
                yield source.configMapRef.name or "", None
        for variable in container.env or ():
            reference = variable.valueFrom.configMapKeyRef if variable.valueFrom is not None else None
            if reference is not None:
                yield reference.name or "", (reference.key or "", variable.name or "")
    for volume in spec.volumes or ():
        if volume.configMap is not None:
            yield volume.configMap.name or "", None
        for projection in (volume.projected.sources if volume.projected is not None else None) or ():
            if projection.configMap is not None:
                yield projection.configMap.name or "", None
