"""Egress of sidecars: under ``REGISTRY_ONLY`` a workload opens TCP connections only to what its registry lists.

A workload has one configuration: the Sidecar of its namespace that selects it, else its namespace's, else the root
namespace's, else the mesh's own. ``ALLOW_ANY`` decides nothing.

Source: Istio reference, "Sidecar"; "Global Mesh Options", ``outboundTrafficPolicy``. What goes around the proxy isn't
limited: see the task "Accessing External Services".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.dialects.fields import Field, describe, spec_of
from ringfence.dialects.istio.service_registry import Listed, listed
from ringfence.dialects.istio.stages import EGRESS, TCP
from ringfence.dialects.istio.workloads import OF_SIDECARS
from ringfence.dialects.reading import Reading, ReadPolicy
from ringfence.dialects.selectors import read_selector
from ringfence.model.codes import BAD_FIELD
from ringfence.model.finding import Finding
from ringfence.model.labels import EVERYTHING, AllOf
from ringfence.model.mesh_settings import MeshSettings
from ringfence.model.objects import RawObject
from ringfence.model.origin import ObjectRef, Origin
from ringfence.model.policy import Action, AllPeers, AnyPeer, Direction, NamePeer, NotPeer, Peer, PodPeer, Policy, Rule

KIND = ("networking.istio.io", "Sidecar")
_MODES = ("ALLOW_ANY", "REGISTRY_ONLY")
_OF_WORKLOAD, _OF_NAMESPACE, _OF_MESH, _DEFAULT = 0, 1, 2, 3
_ALL = (("*", "*", 0),)


@dataclass(frozen=True, slots=True)
class _Config:
    """One configuration: ``mode`` is empty where it is left to the mesh; ``hosts`` are namespace, name and port."""

    ref: ObjectRef
    level: int
    subject: PodPeer
    mode: str
    hosts: tuple[tuple[str, str, int], ...]
    origin: Origin
    age: tuple[str, str]


def read_sidecar(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
    """Read one object; None, with findings, where Istio would refuse it; nothing where it limits nothing."""
    config = _read(raw, reading.snapshot.mesh, reading.findings)
    if config is None:
        return None
    return tuple(_policies(config, [other for other in _configs(reading) if other.ref != raw.ref], reading))


def mesh_wide(reading: Reading) -> Iterator[ReadPolicy]:
    """What the configuration of the mesh limits, for workloads that no Sidecar is for."""
    settings = reading.snapshot.mesh
    if settings.registry_only:
        ref = ObjectRef("ConfigMap", "istio", settings.root_namespace, "v1")
        everyone = PodPeer(pods=OF_SIDECARS.pods, origin=settings.origin)
        config = _Config(ref, _DEFAULT, everyone, "REGISTRY_ONLY", _ALL, settings.origin, ("", ""))
        yield from _policies(config, _configs(reading), reading)


def _configs(reading: Reading) -> list[_Config]:
    read = (_read(raw, reading.snapshot.mesh, []) for raw in reading.objects.get(KIND, ()))
    return [config for config in read if config is not None]


def _policies(config: _Config, others: Sequence[_Config], reading: Reading) -> Iterator[ReadPolicy]:
    settings = reading.snapshot.mesh
    mesh = next((other.mode for other in others if other.level == _OF_MESH and other.mode), "")
    mode = config.mode or mesh or _MODES[settings.registry_only]
    if mode != "REGISTRY_ONLY":
        return
    nearer = tuple(
        other.subject
        for other in others
        if (other.level, other.age) < (config.level, config.age)
        and (config.subject.namespace in (None, other.subject.namespace) or other.subject.namespace is None)
    )
    only = NotPeer(AnyPeer(nearer)) if nearer else None
    rules = tuple(_rules(config, only, reading))
    order = (float(config.level), f"{config.ref.namespace}/{config.ref.name}")
    policy = Policy(config.ref, config.subject, frozenset({Direction.EGRESS}), rules, (), order, config.origin)
    yield ReadPolicy(EGRESS, policy)


def _rules(config: _Config, only: Peer | None, reading: Reading) -> Iterator[Rule]:
    """What is listed is allowed; a name that may mean an address comes after what is sure; then nothing is left."""
    known = listed(reading)
    namespaces = (config.subject.namespace,) if config.subject.namespace is not None else None
    spaces = namespaces or tuple(sorted({pod.namespace for pod in reading.snapshot.pods}))
    sure: list[Rule] = []
    named: list[Rule] = []
    for each in known:
        for space in spaces:
            if not any(_covers(host, each, space) for host in config.hosts) or not each.is_seen_from(space):
                continue
            here: list[Peer] = [] if only is None else [only]
            if namespaces is None and (each.exports or any(host[0] == "." for host in config.hosts)):
                here.append(PodPeer(space))
            limit = None if not here else here[0] if len(here) == 1 else AllPeers(tuple(here))
            rule = Rule(Action.ALLOW, (each.peer,), each.ports, name=each.host, origin=config.origin, only=limit)
            (named if isinstance(each.peer, NamePeer) else sure).append(rule)
            if limit is None or limit is only:
                break
    yield from (*sure, *named)
    yield Rule(Action.DENY, None, TCP, name="not in the registry", origin=config.origin, only=only)


def _covers(pattern: tuple[str, str, int], each: Listed, space: str) -> bool:
    namespace, name, port = pattern
    if port not in (0, each.port) or namespace == "~":
        return False
    if namespace != "*" and each.namespace != (space if namespace == "." else namespace):
        return False
    return name in ("*", each.host) or (name.startswith("*.") and each.host.endswith(name[1:]))


def _read(raw: RawObject, settings: MeshSettings, findings: list[Finding]) -> _Config | None:
    spec = spec_of(raw, findings)
    if not spec.is_mapping():
        return None
    selector, mode, hosts = spec.get("workloadSelector"), _mode(spec), _hosts(spec)
    labels = selector.get("labels") if selector is not None and selector.is_mapping() else None
    if mode is None or hosts is None or (selector is not None and not isinstance(selector.value, dict)):
        return None
    pods = EVERYTHING
    if labels is not None:
        read = read_selector(Field(raw, labels.path, {"matchLabels": labels.value}, findings))
        if read is None:
            return None
        pods = AllOf((read,))
    own, level = raw.ref.namespace, _OF_WORKLOAD if labels is not None and labels.value else _OF_NAMESPACE
    if own == settings.root_namespace and level == _OF_NAMESPACE:
        level = _OF_MESH
    namespace = None if level == _OF_MESH else own
    subject = PodPeer(namespace, pods=AllOf((pods, OF_SIDECARS.pods)), origin=(selector or spec).origin)
    metadata = raw.body.get("metadata")
    made = metadata.get("creationTimestamp") if isinstance(metadata, dict) else None
    return _Config(raw.ref, level, subject, mode, hosts, spec.origin, (str(made or "~"), raw.ref.name))


def _mode(spec: Field) -> str | None:
    outbound = spec.get("outboundTrafficPolicy")
    if outbound is None:
        return ""
    mode = outbound.get("mode") if outbound.is_mapping() else None
    if mode is None:
        return "REGISTRY_ONLY" if isinstance(outbound.value, dict) else None  # the enum's zero value
    if not isinstance(mode.value, str) or mode.value not in _MODES:
        hint = f"Known: {', '.join(_MODES)}."
        mode.report(BAD_FIELD, f"{mode} is {describe(mode.value)}, which is no mode.", hint=hint)
        return None
    return mode.value


def _hosts(spec: Field) -> tuple[tuple[str, str, int], ...] | None:
    field = spec.get("egress")
    if field is None:
        return _ALL
    items = field.items()
    if items is None:
        return None
    found: list[tuple[str, str, int]] = []
    for item in items:
        listener = item.get("port") if item.is_mapping() else None
        number = listener.get("number") if listener is not None else None
        port = number.value if number is not None and type(number.value) is int else 0
        hosts = item.get("hosts")
        entries = hosts.items() if hosts is not None else None
        if not entries:
            item.report(BAD_FIELD, f"{item} needs hosts.", why="Istio refuses the object.")
            return None
        for entry in entries:
            text = entry.text()
            if text is None or text.count("/") != 1:
                entry.report(BAD_FIELD, f"{entry} must be NAMESPACE/HOST.", why="Istio refuses the object.")
                return None
            namespace, _, name = text.partition("/")
            found.append((namespace, name, port))
    return tuple(found) or _ALL
