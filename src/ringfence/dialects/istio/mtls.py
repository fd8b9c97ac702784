"""PeerAuthentication: who must come with mutual TLS, and where no caller has an identity.

A workload's own policy comes before its namespace's, and that before the mesh's. ``STRICT`` refuses callers that are
not in the mesh; with ``DISABLE`` nobody has an identity.

Source: Istio reference, "PeerAuthentication".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.dialects.fields import Field, describe, spec_of
from ringfence.dialects.istio.stages import MTLS, TCP
from ringfence.dialects.istio.workloads import IN_MESH, ROOT_NAMESPACE, read_workloads
from ringfence.dialects.reading import Reading, ReadPolicy
from ringfence.model.codes import BAD_FIELD
from ringfence.model.labels import AllOf
from ringfence.model.objects import RawObject
from ringfence.model.origin import Origin
from ringfence.model.policy import Action, AllPeers, AnyPeer, Direction, NotPeer, Peer, PodPeer, Policy, Rule
from ringfence.model.ports import MAX_PORT, MIN_PORT, PortMatch, PortRange, Protocol

MODES = ("UNSET", "DISABLE", "PERMISSIVE", "STRICT")
_KIND = ("security.istio.io", "PeerAuthentication")
_OF_WORKLOAD, _OF_NAMESPACE, _OF_MESH = 0.0, 1.0, 2.0


def read_peer_authentication(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
    """Read one object; None, with findings, where Istio would refuse it."""
    spec = spec_of(raw, reading.findings)
    if not spec.is_mapping():
        return None
    spec.report_unknown(("selector", "mtls", "portLevelMtls"), why="Istio ignores the field.")
    subject, mode, ports = read_workloads(spec), _mode(spec.get("mtls")), _port_modes(spec)
    if subject is None or mode is None or ports is None:
        return None
    rules = tuple(
        rule
        for port_mode, entries in ((*ports, (mode, TCP)))
        for rule in _rules(port_mode, entries, (spec.get("mtls") or spec).origin)
    )
    order = (_level(raw, spec), f"{raw.ref.namespace}/{raw.ref.name}")
    policy = Policy(raw.ref, subject, frozenset({Direction.INGRESS}), (), rules, order, raw.origin())
    return (ReadPolicy(MTLS, policy),)


def without_identity(reading: Reading) -> Peer | None:
    """The workloads whose callers have no identity, because mutual TLS is disabled there; None without any."""
    found = [_setting(raw) for raw in reading.objects.get(_KIND, ())]
    settings = [setting for setting in found if setting is not None]
    parts: list[Peer] = []
    for level, mode, subject in settings:
        if mode == "DISABLE":
            nearer = [other for other_level, _, other in settings if other_level < level]
            parts.append(AllPeers((subject, *(NotPeer(other) for other in nearer))))
    return AnyPeer(tuple(parts)) if parts else None


def _setting(raw: RawObject) -> tuple[float, str, PodPeer] | None:
    spec = spec_of(raw, [])
    if not isinstance(spec.value, dict):
        return None
    subject, mode = read_workloads(spec), _mode(spec.get("mtls"))
    return None if subject is None or mode in (None, "UNSET") else (_level(raw, spec), str(mode), subject)


def _level(raw: RawObject, spec: Field) -> float:
    if spec.present(("selector",)):
        return _OF_WORKLOAD
    return _OF_MESH if raw.ref.namespace == ROOT_NAMESPACE else _OF_NAMESPACE


def _mode(field: Field | None) -> str | None:
    mode = field.get("mode") if field is not None else None
    if mode is None:
        return "UNSET"
    if mode.value not in MODES:
        mode.report(
            BAD_FIELD, f"{mode} is {describe(mode.value)}, which is no mode.", hint=f"Known: {', '.join(MODES)}."
        )
        return None
    return str(mode.value)


def _port_modes(spec: Field) -> tuple[tuple[str, tuple[PortMatch, ...]], ...] | None:
    field = spec.get("portLevelMtls")
    if field is None:
        return ()
    if not field.is_mapping():
        return None
    found: list[tuple[str, tuple[PortMatch, ...]]] = []
    for key in field.value:
        member, text = field.get(key), str(key)
        mode = _mode(member)
        if mode is None or member is None or not text.isdecimal() or not MIN_PORT <= int(text) <= MAX_PORT:
            field.report(BAD_FIELD, f"{field} has {text!r}, which is no port with a mode.")
            return None
        found.append((mode, (PortRange(Protocol.TCP, int(text), int(text), member.origin),)))
    return tuple(found)


def _rules(mode: str, ports: tuple[PortMatch, ...], origin: Origin) -> Iterator[Rule]:
    """What a mode does on some ports; one that is unset leaves it to the next level."""
    if mode == "STRICT":
        outsiders = NotPeer(PodPeer(pods=AllOf((IN_MESH,))), origin)
        yield Rule(Action.DENY, (outsiders,), ports, name="mutual TLS is required", origin=origin)
    if mode != "UNSET":
        yield Rule(Action.PASS, None, ports, origin=origin)
