"""The stages of the mesh layer, which guards workloads as servers: mutual TLS, then deny, then allow.

Only TCP goes through a mesh: what these stages decide is of TCP, and other protocols pass them.

Source: Istio reference, "AuthorizationPolicy" (order of evaluation) and "PeerAuthentication".
"""

from __future__ import annotations

from ringfence.dialects.reading import MESH_LAYER, StageKey
from ringfence.model.policy import StageKind
from ringfence.model.ports import Icmp, IcmpRange, PortMatch, PortRange, Protocol

EGRESS = StageKey(0.5, "istio-egress", StageKind.ORDERED, layer=MESH_LAYER)
MTLS = StageKey(1.0, "istio-mtls", StageKind.ORDERED, layer=MESH_LAYER)
DENY = StageKey(2.0, "istio-deny", StageKind.ORDERED, layer=MESH_LAYER)
ALLOW = StageKey(3.0, "istio-allow", StageKind.ADDITIVE, layer=MESH_LAYER)

TCP: tuple[PortMatch, ...] = (PortRange(Protocol.TCP),)
NOT_TCP: tuple[PortMatch, ...] = (PortRange(Protocol.UDP), PortRange(Protocol.SCTP), *map(IcmpRange, Icmp))
