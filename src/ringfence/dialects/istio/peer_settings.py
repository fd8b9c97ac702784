"""The mutual TLS settings of a mesh, each for the workloads that it holds for.

A workload's own policy comes before its namespace's, and that before the mesh's; of several on one level the oldest
holds alone. A mode that is unset is left to the next level.

Source: Istio reference, "PeerAuthentication"; Istio concepts, "Peer authentication" (order, the oldest one).
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ringfence.dialects.fields import Field, describe, spec_of
from ringfence.dialects.istio.workloads import OF_SIDECARS, read_workloads, selects_by_label
from ringfence.dialects.reading import Reading
from ringfence.model.codes import BAD_FIELD
from ringfence.model.finding import Finding
from ringfence.model.mesh_settings import MeshSettings
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.origin import Origin
from ringfence.model.policy import AllPeers, AnyPeer, NotPeer, Peer, PodPeer
from ringfence.model.ports import MAX_PORT, MIN_PORT, PortSet, Protocol

MODES = ("UNSET", "DISABLE", "PERMISSIVE", "STRICT")
_KIND = ("security.istio.io", "PeerAuthentication")
OF_WORKLOAD, OF_NAMESPACE, OF_MESH = 0, 1, 2
_NO_TIME = "~"
"""Later than every time: an object without one is yet to be made."""


@dataclass(frozen=True, slots=True)
class PeerSetting:
    """One PeerAuthentication. ``ports`` have modes of their own; ``older`` of its level hold before it."""

    raw: RawObject
    level: int
    subject: PodPeer
    mode: str
    ports: tuple[tuple[int, str, Origin], ...]
    origin: Origin
    older: tuple[PodPeer, ...] = ()

    @property
    def age(self) -> tuple[str, str, str]:
        """Sorts the oldest first, those without a time last and by name."""
        metadata = self.raw.body.get("metadata")
        made = metadata.get("creationTimestamp") if isinstance(metadata, dict) else None
        return str(made) if made else _NO_TIME, self.raw.ref.namespace, self.raw.ref.name

    @property
    def limits(self) -> Peer | None:
        """The workloads that an older setting leaves to this one; None for all of its own."""
        return NotPeer(AnyPeer(self.older)) if self.older else None

    @property
    def holds_for(self) -> Peer:
        """The workloads that it holds for on its level."""
        return AllPeers((self.subject, self.limits)) if self.limits is not None else self.subject

    def at(self, port: int | None) -> str:
        """The mode at a port; at any that none of the settings names, for ``None``."""
        own = next((mode for number, mode, _ in self.ports if number == port and mode != "UNSET"), None)
        return own or self.mode


def read_setting(raw: RawObject, settings: MeshSettings, findings: list[Finding]) -> PeerSetting | None:
    """One object; None, with findings, where Istio would refuse it."""
    spec = spec_of(raw, findings)
    if not spec.is_mapping():
        return None
    spec.report_unknown(("selector", "mtls", "portLevelMtls"), why="Istio ignores the field.")
    subject, mode, ports = read_workloads(spec, settings), _mode(spec.get("mtls")), _port_modes(spec)
    if subject is None or mode is None or ports is None:
        return None
    level = OF_NAMESPACE
    if selects_by_label(spec):
        level = OF_WORKLOAD
    elif raw.ref.namespace == settings.root_namespace:
        level = OF_MESH
    if ports and level != OF_WORKLOAD:
        spec.at("portLevelMtls").report(BAD_FIELD, "portLevelMtls needs a selector.", why="Istio refuses the policy.")
        return None
    return PeerSetting(raw, level, subject, mode, ports, (spec.get("mtls") or spec).origin)


def is_idle(setting: PeerSetting, settings: MeshSettings) -> bool:
    """True for one with a selector in the root namespace: it is no setting of a workload, nor of the mesh.

    Source: Istio's composition of PeerAuthentications, which takes a workload's from its own namespace only.
    """
    return setting.level == OF_WORKLOAD and setting.raw.ref.namespace == settings.root_namespace


def settings_of(reading: Reading) -> Sequence[PeerSetting]:
    """Every setting of the snapshot that holds for some workload, the nearest level first, then the oldest."""
    key = id(reading.snapshot)
    known = _read.get(key)
    if known is None:
        alive = weakref.ref(reading.snapshot, lambda _: _read.pop(key, None))
        known = _read[key] = (alive, tuple(_settings(reading.snapshot, reading.objects.get(_KIND, ()))))
    return known[1]


# Every policy by identity asks for them, and there may be thousands.
_read: dict[int, tuple[weakref.ref[Any], Sequence[PeerSetting]]] = {}


def _settings(snapshot: Snapshot, objects: Sequence[RawObject]) -> Iterator[PeerSetting]:
    read = (read_setting(raw, snapshot.mesh, []) for raw in objects)
    found = [setting for setting in read if setting is not None and not is_idle(setting, snapshot.mesh)]
    older: dict[tuple[int, str], list[PodPeer]] = {}
    for setting in sorted(found, key=lambda setting: (setting.level, setting.age)):
        before = older.setdefault((setting.level, setting.raw.ref.namespace), [])
        if before and setting.level != OF_WORKLOAD:
            continue
        yield replace(setting, older=tuple(before))
        before.append(setting.subject)


def without_identity(reading: Reading) -> Sequence[tuple[PortSet, Peer | None]]:
    """At which ports which workloads are called without mutual TLS, so that nobody has an identity there.

    The ports are all of TCP, each once. A workload of ztunnel is always called with it.

    Source: Istio, "Use Layer 4 security policy" (``DISABLE`` is not possible in ambient mode).
    """
    settings = settings_of(reading)
    named = sorted({number for setting in settings for number, _, _ in setting.ports})
    rest = PortSet.range(Protocol.TCP)
    found: list[tuple[PortSet, Peer | None]] = []
    for number in named:
        ports = PortSet.point(Protocol.TCP, number)
        found.append((ports, _disabled(settings, number)))
        rest -= ports
    return (*found, (rest, _disabled(settings, None)))


def _disabled(settings: Sequence[PeerSetting], port: int | None) -> Peer | None:
    parts: list[Peer] = []
    for setting in settings:
        if setting.at(port) == "DISABLE":
            nearer = [
                NotPeer(other.holds_for)
                for other in settings
                if other.level < setting.level and other.at(port) != "UNSET" and _overlap(other, setting)
            ]
            parts.append(AllPeers((setting.holds_for, OF_SIDECARS, *nearer)))
    return AnyPeer(tuple(parts)) if parts else None


def _overlap(one: PeerSetting, other: PeerSetting) -> bool:
    """True where both may hold for one workload."""
    return one.level == OF_MESH or other.level == OF_MESH or one.raw.ref.namespace == other.raw.ref.namespace


def _mode(field: Field | None) -> str | None:
    if field is not None and not field.is_mapping():
        return None
    mode = field.get("mode") if field is not None else None
    if mode is None:
        return "UNSET"
    if not isinstance(mode.value, str) or mode.value not in MODES:
        mode.report(
            BAD_FIELD, f"{mode} is {describe(mode.value)}, which is no mode.", hint=f"Known: {', '.join(MODES)}."
        )
        return None
    return mode.value


def _port_modes(spec: Field) -> tuple[tuple[int, str, Origin], ...] | None:
    field = spec.get("portLevelMtls")
    if field is None:
        return ()
    if not field.is_mapping():
        return None
    found: list[tuple[int, str, Origin]] = []
    for key in field.value:
        member, text = field.get(key), str(key)
        port = int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else 0
        if not MIN_PORT <= port <= MAX_PORT:
            field.report(BAD_FIELD, f"{field} has {text!r}, which is no port.", why="Istio refuses the policy.")
            return None
        mode = _mode(member)
        if mode is None:
            return None
        found.append((port, mode, (member or field).origin))
    return tuple(found)
