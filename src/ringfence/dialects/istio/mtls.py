"""PeerAuthentication: who must come with mutual TLS. ``STRICT`` refuses callers that are not in the mesh.

Source: Istio reference, "PeerAuthentication".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ringfence.dialects.istio.peer_settings import OF_WORKLOAD, PeerSetting, is_idle, read_setting, settings_of
from ringfence.dialects.istio.stages import MTLS, TCP
from ringfence.dialects.istio.workloads import IN_MESH
from ringfence.dialects.reading import Reading, ReadPolicy
from ringfence.model.labels import AllOf
from ringfence.model.objects import RawObject
from ringfence.model.origin import Origin
from ringfence.model.policy import Action, Direction, NotPeer, Peer, PodPeer, Policy, Rule
from ringfence.model.ports import PortMatch, PortRange, Protocol


def read_peer_authentication(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
    """Read one object; None, with findings, where Istio would refuse it; nothing for one that holds nowhere."""
    read = read_setting(raw, reading.snapshot.mesh, reading.findings)
    if read is None:
        return None
    if is_idle(read, reading.snapshot.mesh):
        return ()
    setting = _among_others(read, reading)
    if setting is None:
        return ()
    rules = tuple(
        rule
        for mode, ports, origin in (*_of_ports(setting), (setting.mode, TCP, setting.origin))
        for rule in _rules(mode, ports, origin, setting.limits)
    )
    # Those that hold for the same workloads exclude one another, so any order within a level will do.
    order = (float(setting.level), f"{raw.ref.namespace}/{raw.ref.name}")
    policy = Policy(raw.ref, setting.subject, frozenset({Direction.INGRESS}), (), rules, order, raw.origin())
    return (ReadPolicy(MTLS, policy),)


def _among_others(read: PeerSetting, reading: Reading) -> PeerSetting | None:
    """The setting with those that hold before it on its level; None where one of them holds for all of its workloads.

    By name and not by object: one that is tried in the place of another stands among the same others.
    """
    older = tuple(
        other.subject
        for other in settings_of(reading)
        if other.level == read.level
        and other.raw.ref.namespace == read.raw.ref.namespace
        and other.raw.ref != read.raw.ref
        and other.age < read.age
    )
    if older and read.level != OF_WORKLOAD:
        return None
    return replace(read, older=older)


def _of_ports(setting: PeerSetting) -> Iterator[tuple[str, tuple[PortMatch, ...], Origin]]:
    for number, mode, origin in setting.ports:
        yield mode, (PortRange(Protocol.TCP, number, number, origin),), origin


def _rules(mode: str, ports: tuple[PortMatch, ...], origin: Origin, limits: Peer | None) -> Iterator[Rule]:
    """What a mode does on some ports; one that is unset leaves it to the next level."""
    if mode == "STRICT":
        outsiders = NotPeer(PodPeer(pods=AllOf((IN_MESH,))), origin)
        name = "mutual TLS is required"
        yield Rule(Action.DENY, (outsiders,), ports, name=name, origin=origin, only=limits)
    if mode != "UNSET":
        yield Rule(Action.PASS, None, ports, origin=origin, only=limits)
