"""Rules of Calico's policies for pods, addresses and ports that are to be named exactly.

Source: Calico reference, "Rule", "EntityRule"; a namespace has the label ``projectcalico.org/name``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ringfence.fix.shapes import Body, Port, groups_of
from ringfence.fix.world import World
from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Direction
from ringfence.model.verdict import Endpoint

API_VERSION = "projectcalico.org/v3"
NETWORK_POLICY, GLOBAL_NETWORK_POLICY = "NetworkPolicy", "GlobalNetworkPolicy"
_GROUPS = ("projectcalico.org/", "crd.projectcalico.org/")


def is_calico(ref: ObjectRef) -> bool:
    """True for an object of Calico's API."""
    return ref.api_version.startswith(_GROUPS)


def selector(labels: Mapping[str, str]) -> str:
    """The expression that asks for labels; ``all()`` for none."""
    return " && ".join(f"{key} == '{value}'" for key, value in labels.items()) or "all()"


def entities(ends: Sequence[Endpoint], namespace: str, world: World) -> list[Body] | None:
    """What ``source`` or ``destination`` says of these ends, an entry a rule; None where one can't be named.

    ``namespace`` is the policy's, empty for one of the cluster.
    """
    pods = [end for end in ends if isinstance(end, Pod) and not end.host_network]
    found: list[Body] = []
    for place, labels in groups_of(pods, world):
        if place == namespace:
            found.append({"selector": selector(labels)})
            continue
        chosen = {"selector": selector(labels)} if labels else {}
        found.append({"namespaceSelector": f"projectcalico.org/name == '{place}'", **chosen})
    nets: dict[bool, list[str]] = {}
    for end in ends:
        if isinstance(end, Pod):
            if not end.host_network:
                continue
            if not end.addresses:
                return None
        for point in end.addresses if isinstance(end, Pod) else (end.address,):
            # A rule may have ranges of one family only.
            nets.setdefault(point <= V4_MAX, []).append(f"{format_address(point)}/{32 if point <= V4_MAX else 128}")
    return found + [{"nets": list(dict.fromkeys(listed))} for listed in nets.values()]


def rules(
    action: str, direction: Direction, peers: Iterable[Body], ports: Iterable[Port], own: Body | None = None
) -> list[Body]:
    """Rules that do this to the ports of these peers, one for each peer and protocol."""
    by_protocol: dict[str, list[int]] = {}
    for protocol, number in ports:
        by_protocol.setdefault(str(protocol), []).append(number)
    return [
        {"action": action, "protocol": protocol, **_ends(direction, peer, own or {}, numbers)}
        for peer in peers
        for protocol, numbers in by_protocol.items()
    ]


def _ends(direction: Direction, peer: Body, own: Body, numbers: list[int]) -> Body:
    source, destination = (own, peer) if direction is Direction.EGRESS else (peer, own)
    ends: Body = {"source": source} if source else {}
    return {**ends, "destination": {**destination, "ports": numbers}}
