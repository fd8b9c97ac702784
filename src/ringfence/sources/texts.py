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
from ringfence.sources.variables import expanded, port_beside

T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9][-a-z0-9]*")
_LINK_LOCAL = "169.254."
_COREFILE = "Corefile"
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_OUTSIDE = re.compile(r"[a-z]://(?:[^\s/@]*@)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?![\w.-])", re.IGNORECASE)
"""A URL with a domain name: of a host outside, unless it is a Service's."""
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
    """Collects the texts of one input that tell what a workload talks to.

    These name one of the input's Services, its address (``addresses``, as written), a host outside by URL, or a
    link-local address (node-local DNS); the DNS servers' own configuration tells their resolvers.
    """

    services: frozenset[str]
    config_maps: ConfigMaps
    addresses: frozenset[str] = frozenset()
    variables: Callable[[str], Mapping[str, str]] = lambda _: {}
    """The variables that the kubelet sets for the Services of a namespace."""
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

        for group, containers in (("containers", spec.containers), ("initContainers", spec.initContainers)):
            for number, container in enumerate(containers or ()):
                given, values = self._given(workload.namespace, container)
                for key, text, at in _texts(container, given, values, (*path, group, number)):
                    self._offer(workload, key, text, ref, source, at, given)
        for name, wanted in _config_maps(spec):
            config_map = self.config_maps.get((workload.namespace, name))
            if config_map is None:
                continue
            for key, value in config_map.data.items():
                if wanted is None or wanted[0] == key:
                    called = key if wanted is None else wanted[1]
                    beside = {other: each for other, each in config_map.data.items() if isinstance(each, str)}
                    self._offer(workload, called, value, config_map.ref, config_map.source, ("data", key), beside)

    def _given(self, namespace: str, container: Container) -> tuple[dict[str, str], list[Scalar]]:
        """A container's variables as the program sees them, and the values of ``env`` in order."""
        given: dict[str, str] = {}
        known = self.variables(namespace) if _refers(container) else {}
        for source in container.envFrom or ():
            if source.configMapRef is not None:
                given.update(self._data(namespace, source.configMapRef.name or ""))
        values: list[Scalar] = []
        for variable in container.env or ():
            value = variable.value
            if isinstance(value, str):
                value = expanded(value, {**known, **given} if "$(" in value else given)
                given[variable.name or ""] = value
            elif variable.valueFrom is not None and (key := variable.valueFrom.configMapKeyRef) is not None:
                text = self._data(namespace, key.name or "").get(key.key or "")
                given.update({} if text is None else {variable.name or "": text})
            elif value is not None:
                given[variable.name or ""] = str(value)
            values.append(value)
        return ({**known, **given} if known else given), values

    def _data(self, namespace: str, name: str) -> dict[str, str]:
        config_map = self.config_maps.get((namespace, name))
        return {} if config_map is None else {k: str(v) for k, v in config_map.data.items() if v is not None}

    def _offer(
        self,
        workload: WorkloadRef,
        key: str,
        value: Scalar,
        ref: ObjectRef,
        source: Callable[[], SourceMap],
        at: Path,
        variables: Mapping[str, str],
    ) -> None:
        if isinstance(value, str) and len(value) <= _LONGEST and (key == _COREFILE or self._telling(value)):
            reference = TextReference(workload, key, value, ref, source(), at, port_beside(key, variables))
            self.found.setdefault(reference)

    def _telling(self, text: str) -> bool:
        if _LINK_LOCAL in text or any(match[0] in self.services for match in _NAME.finditer(text)):
            return True
        if "://" in text and _OUTSIDE.search(text):
            return True
        return bool(self.addresses) and any(match[0] in self.addresses for match in _ADDRESS.finditer(text))


def _spec(struct: object) -> PodSpec | None:
    match struct:
        case kinds.CronJob(spec=kinds.CronJobSpec(jobTemplate=kinds.Workload() as job)):
            return _spec(job)
        case kinds.Workload(spec=kinds.WorkloadSpec(template=kinds.Pod() as pod)):
            return pod.spec
        case kinds.Pod():
            return struct.spec
    return None


def _refers(container: Container) -> bool:
    """True where some text of a container refers to a variable."""
    words = (*(container.command or ()), *(container.args or ()), *(each.value for each in container.env or ()))
    return any(isinstance(word, str) and "$(" in word for word in words)


def _texts(
    container: Container, given: dict[str, str], values: list[Scalar], at: Path
) -> Iterator[tuple[str, Scalar, Path]]:
    """Every text of a container: key, text and place. ``given`` are its variables, ``values`` those of ``env``."""
    for place, (variable, value) in enumerate(zip(container.env or (), values, strict=True)):
        yield variable.name or "", value, (*at, "env", place, "value")
    yield from _lists(container, given, at)


def _lists(container: Container, given: Mapping[str, str], at: Path) -> Iterator[tuple[str, Scalar, Path]]:
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
            text = expanded(word, given) if isinstance(word, str) else ""
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
