"""OVN-Kubernetes' ACL audit log.

Source: "ACL logging" and ``GetACLName`` in ovn-kubernetes; ``lib/acl-log.c`` in OVN. Only packets that an ACL decides
are written, 20 a second and node by default; names are cut to 63 characters; the messages are numbered.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.model.flow import Direction, Outcome
from ringfence.simulate.connection import Connection
from ringfence.simulate.writers.lines import LineWriter, milliseconds
from ringfence.simulate.writers.points import Point, decider, packets, points
from ringfence.simulate.writers.writer import Record

_CUT = 63
_TIERS = {"AdminNetworkPolicy": "ANP", "BaselineAdminNetworkPolicy": "BANP", "ClusterNetworkPolicy": "ANP"}


class OvnAcl(LineWriter):
    """Allows and drops of isolated pods, as namespaces with logging of both have them."""

    def records(self, connection: Connection) -> Iterator[Record]:
        """One line for each check by an ACL."""
        for time in packets(connection):
            for point in points(connection):
                if point.side.isolated:
                    yield Record(time, point.node, _text(connection, point), (connection,))

    def line(self, record: Record, number: int) -> str:
        """The message with its time and number."""
        return f"{milliseconds(record.time)}|{number:05d}|acl_log(ovn_pinctrl0)|INFO|{record.body}"


def _text(one: Connection, point: Point) -> str:
    verdict = "allow" if not point.denied else "reject" if one.outcome is Outcome.REJECTED else "drop"
    toward = "from-lport" if point.direction is Direction.EGRESS else "to-lport"
    version = "ipv6" if ":" in one.source.address else "nw"
    kind = one.protocol.lower() + ("6" if version == "ipv6" else "")
    flags = ",tcp_flags=syn" if one.protocol == "TCP" else ""
    return (
        f'name="{_name(point)[:_CUT]}", verdict={verdict}, severity={"info" if verdict == "allow" else "alert"}, '
        f"direction={toward}: {kind},vlan_tci=0x0000,dl_src=0a:58:0a:81:02:01,dl_dst=0a:58:0a:81:02:23,"
        f"{version}_src={one.source.address},{version}_dst={one.destination.address},nw_tos=0,nw_ecn=0,nw_ttl=62,"
        f"nw_frag=no,tp_src={one.source_port},tp_dst={one.port}{flags}"
    )


def _name(point: Point) -> str:
    """``NP:<namespace>:<direction>`` is a namespace's default deny."""
    rule = decider(point)
    toward = point.direction.name.capitalize()
    if rule is None:
        namespace = point.end.instance.pod.namespace if point.end.instance is not None else ""
        return f"NP:{namespace}:{toward}"
    if rule.kind in _TIERS:
        return f"{_TIERS[rule.kind]}:{rule.name}:{toward}:{rule.rule}"
    return f"NP:{rule.namespace}:{rule.name}:{toward}:{rule.rule}"
