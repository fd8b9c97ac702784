"""From what a rule of an AuthorizationPolicy says to rules of the intermediate form.

A sidecar judges requests; ztunnel doesn't see them: there a rule that allows by request never matches, and one that
denies by request denies whatever the request is. Where a workload is called without mutual TLS nobody has an identity.

Source: Istio, "Use Layer 4 security policy" (policies with layer 7 rules at ztunnel); Istio reference,
"AuthorizationPolicy".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.dialects.istio.operations import Operation
from ringfence.dialects.istio.peer_settings import without_identity
from ringfence.dialects.istio.sources import Source
from ringfence.dialects.istio.workloads import OF_SIDECARS, OF_ZTUNNEL, ambient_in_use
from ringfence.dialects.reading import Reading
from ringfence.model.origin import Origin
from ringfence.model.policy import Action, AllPeers, Condition, NotPeer, Peer, Rule
from ringfence.model.ports import PortMatch, PortRange, PortSet, Protocol


@dataclass(frozen=True, slots=True)
class _Variant:
    """The rule at some ports: what the caller must be, and for which of the workloads it is said."""

    ports: PortSet
    peers: tuple[Peer, ...]
    only: tuple[Peer, ...]


def rules_of(
    action: str,
    pairs: Sequence[tuple[Source, Operation]],
    origin: Origin,
    reading: Reading,
    asked: tuple[Condition, ...],
) -> Iterator[Rule]:
    """The rules of one rule's sources and operations; ``asked`` is what an external authorizer must say of them."""
    by_request = any(source.conditions or operation.conditions for source, operation in pairs)
    # ztunnel leaves out a rule that allows and speaks of a request in any of its parts, and all that CUSTOM says.
    apart = (by_request or action == "CUSTOM") and ambient_in_use(reading.snapshot)
    for source, operation in pairs:
        conditions = (*source.conditions, *operation.conditions, *asked)
        for variant in _variants(source, operation, reading):
            only = (*variant.only, OF_SIDECARS) if apart else variant.only
            yield _rule(action == "ALLOW", variant, only, conditions, origin)
            if apart and action == "DENY":
                yield _rule(False, variant, (*variant.only, OF_ZTUNNEL), (), origin)


def _rule(
    allow: bool, variant: _Variant, only: tuple[Peer, ...], conditions: tuple[Condition, ...], origin: Origin
) -> Rule:
    ports: tuple[PortMatch, ...] = tuple(
        PortRange(Protocol.TCP, lo, hi, origin) for lo, hi in variant.ports.of_protocol(Protocol.TCP)
    )
    return Rule(
        Action.ALLOW if allow else Action.DENY,
        (_all(variant.peers, origin),) if variant.peers else None,
        ports,
        conditions,
        origin=origin,
        only=_all(only, origin) if only else None,
    )


def _all(peers: Iterable[Peer], origin: Origin) -> Peer:
    listed = tuple(peers)
    return listed[0] if len(listed) == 1 else AllPeers(listed, origin)


def _variants(source: Source, operation: Operation, reading: Reading) -> Iterator[_Variant]:
    """The rule where callers have an identity, and where they have none; one rule where it doesn't ask for any."""
    every = (*source.parts, *source.identities, *source.others)
    disabled = without_identity(reading) if source.identities or source.others else ()
    if all(peer is None for _, peer in disabled):
        yield _Variant(operation.ports, every, operation.only)
        return
    for span, peer in disabled:
        ports = operation.ports & span
        if not ports:
            continue
        yield _Variant(ports, every, operation.only if peer is None else (*operation.only, NotPeer(peer)))
        if peer is not None and not source.identities:
            yield _Variant(ports, source.parts, (*operation.only, peer))
