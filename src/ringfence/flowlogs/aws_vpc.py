"""AWS VPC flow logs, text, version 2 in its default order or any order that the first line names.

Fields: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html. A record is the packets of one direction
of a connection at a network interface within some minutes, so every connection between two interfaces is there twice,
and of both directions: the interface stands for the node, so that the two are told from two connections.
ACCEPT and REJECT are the words of security groups and network ACLs: no policy of the cluster is asked here.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.flowlogs import fields
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import EndKind, Flow, FlowEnd, Loss, LossKind, Opening, Outcome, Tally, TcpAnswer
from ringfence.model.origin import Position

DEFAULT = (
    *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol"),
    *("packets", "bytes", "start", "end", "action", "log-status"),
)
"""The fields of version 2, in the order that a flow log has unless another was chosen."""

_NEEDED = {"srcaddr", "dstaddr", "start"}
_NAMES = frozenset(
    (
        *DEFAULT,
        "vpc-id",
        "subnet-id",
        "instance-id",
        "tcp-flags",
        "type",
        "pkt-srcaddr",
        "pkt-dstaddr",
        "region",
        "az-id",
    )
)
_NOTHING = "At some interfaces there was no traffic in some intervals (NODATA)."
_SKIPPED = "AWS skipped records, for want of capacity or by an error (SKIPDATA)."
_OUTCOMES = {"ACCEPT": Outcome.ALLOWED, "REJECT": Outcome.FAILED}
GROUPS = "security group or network ACL"

# tcp-flags is the OR of the flags of an interval: SYN 2, RST 4, SYN with ACK 18; ACK alone is left out.
_SYN, _RST, _ACK = 2, 4, 16


class _Reader:
    def __init__(self) -> None:
        self._order: Sequence[str] | None = None

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        tokens = _text(line).split()
        header = _header(tokens) if b"srcaddr" in line else None
        if header is not None:
            self._order = header
            return
        order = self._order or DEFAULT
        # "aws logs tail" writes the time, and the stream, before what was logged.
        if len(order) < len(tokens) <= len(order) + 2 and fields.moment(tokens[0]) is not None:
            tokens = tokens[-len(order) :]
        if len(tokens) != len(order):
            into.unreadable("Lines have another number of fields than the order of the log.", where)
            return
        values = {name: value for name, value in zip(order, tokens, strict=True) if value != "-"}
        if self._order is None and values.get("version") != "2":
            into.unreadable("Lines are in no known order: the line that names the fields is missing.", where)
            return
        _read(values, where, into)

    def end(self, into: Reduction) -> None:
        """Nothing waits."""


def _text(line: bytes) -> str:
    """A line as it is, or as CloudWatch's Logs Insights gives it out."""
    record = fields.record(line)
    if record is None:
        return line.decode("utf-8", "replace")
    return fields.text(record.get("@message"))


def _header(tokens: Sequence[str]) -> list[str] | None:
    """The names of a line that names fields, also in the spelling of the settings (``${srcaddr}``)."""
    names = [token.removeprefix("${").removesuffix("}").lower().replace("_", "-") for token in tokens]
    return names if len(_NAMES.intersection(names)) >= 3 and set(names) >= _NEEDED else None


def _read(values: dict[str, str], where: Position, into: Reduction) -> None:
    first, last = fields.seconds(values.get("start")), fields.seconds(values.get("end"))
    status = values.get("log-status")
    if status in {"NODATA", "SKIPDATA"}:
        skipped = status == "SKIPDATA"
        node = values.get("interface-id", "") if skipped else ""
        detail = _SKIPPED if skipped else _NOTHING
        into.lose(Loss(LossKind.NO_DATA, detail, 1, node, where, first, last))
        return
    flow = _flow(values)
    if first is None or flow is None:
        into.unreadable("A record has no time, address or protocol that can be read.", where)
        return
    if not flow.node and not values.get("flow-direction"):
        into.unplaced(where)
    into.add(flow, Tally(first, max(first, last or first), 1, None, fields.count(values.get("bytes"))))


def _flow(values: dict[str, str]) -> Flow | None:
    # Behind a NAT gateway, or of a pod, the packet's own addresses differ from those of the interface.
    source = fields.address(values.get("pkt-srcaddr")) or fields.address(values.get("srcaddr"))
    destination = fields.address(values.get("pkt-dstaddr")) or fields.address(values.get("dstaddr"))
    protocol = fields.protocol(values.get("protocol"))
    if not source or not destination or not protocol:
        return None
    flags = fields.count(values.get("tcp-flags")) or 0
    opening, answer = Opening.UNKNOWN, TcpAnswer.NONE
    if protocol == "TCP":
        syn, ack = bool(flags & _SYN), bool(flags & _ACK)
        opening, answer = fields.opening(syn=syn, ack=ack), fields.tcp_answer(syn=syn, ack=ack, rst=bool(flags & _RST))
    source_port, port = fields.kept_ports(
        opening, fields.port(values.get("srcport")), fields.port(values.get("dstport"))
    )
    action = values.get("action", "")
    outcome = _OUTCOMES.get(action, Outcome.UNKNOWN)
    direction = values.get("flow-direction", "")
    reason = ""
    if outcome is Outcome.FAILED:
        reason = values.get("reject-reason") or GROUPS
    return Flow(
        FlowEnd(EndKind.UNKNOWN, source),
        FlowEnd(EndKind.UNKNOWN, destination),
        protocol,
        port,
        outcome,
        opening,
        source_port,
        None,  # flow-direction is that of the interface, where no policy of the cluster is asked
        f"vpc {direction}".rstrip(),
        reason=reason,
        node=values.get("interface-id") or values.get("instance-id", ""),
        answer=answer,
    )


def _recognises(lines: Sequence[bytes]) -> float:
    reader, scratch = _Reader(), Reduction()
    header = 0
    for number, line in enumerate(lines, 1):
        if _header(_text(line).split()) is not None:
            header = 1
        reader.line(line, Position("", number), scratch)
    empty = sum(loss.count or 0 for loss in scratch.losses if loss.kind is LossKind.NO_DATA)
    good = scratch.flows_read + empty
    return (good + header) / len(lines) if good or header else 0.0


FORMAT = Format("aws-vpc", "AWS VPC flow log", _recognises, _Reader, independent=True, header=True)
