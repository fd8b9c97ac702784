"""``cilium monitor``: lines about policy verdicts, drops and traces.

Written by ``pkg/monitor`` of https://github.com/cilium/cilium: ``datapath_policy.go`` (verdicts), ``datapath_drop.go``
and ``datapath_trace.go``. Its lines have no time, so they count at the moment of reading unless a collector or
``kubectl logs --timestamps`` put one before them. They have no names: only addresses, and Cilium's identities.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ringfence.flowlogs.cilium_packets import make, parse_packet, with_opening
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.hubble_ends import kind_of_identity
from ringfence.flowlogs.hubble_meaning import ALLOW_ALL
from ringfence.flowlogs.kernel_times import KernelTimes
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Direction, EndKind, Flow, Loss, LossKind, Opening, Outcome
from ringfence.model.origin import Position

NO_TIME = "Lines of cilium monitor have no time; they count at the moment of reading."

_VERDICT = re.compile(
    r"Policy verdict log: flow \S+ local EP ID \d+, (?:remote ID (\S+), )?.*?(ingress|egress), action (\w+), "
    r"(?:auth: \S+, )?match ([\w-]+), "
)
_DROP = re.compile(r"xx drop \((.+?)\) flow \S+ to endpoint \d+, .*?identity (\S+?)->(\S+?): ")
_TRACE = re.compile(r"(->|<-) ([a-z-]+)(?: \d+)? flow \S+ .*?identity (\S+?)->(\S+?)(?: state (\w+))?\b.*?: ")

_MARKS = (b"Policy verdict log: flow ", b"xx drop (", b" flow 0x")

_ACTIONS = {"allow": Outcome.ALLOWED, "redirect": Outcome.ALLOWED, "deny": Outcome.DENIED, "audit": Outcome.AUDITED}

_REASONS = {
    "Policy denied": "POLICY_DENIED",
    "Policy denied by denylist": "POLICY_DENY",
    "Authentication required": "AUTH_REQUIRED",
}
"""Drop reasons that are a policy's, as the monitor writes them and as Hubble does (``pkg/monitor/api/drop.go``)."""

_STATES = {"new": Opening.OPENS, "established": Opening.OPENS, "reply": Opening.REPLY}


class MonitorReader:
    """Reads lines one by one."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._times = KernelTimes(clock)
        self._said = False

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        """Reads one line."""
        stamp = self._times.read(line.decode("utf-8", "replace"))
        flow = _flow(stamp.rest)
        if flow is None:
            if any(mark in line for mark in _MARKS):
                into.unreadable("A line of cilium monitor names no packet.", where)
            else:
                into.lose(Loss(LossKind.FOREIGN, "Lines that are no flows of cilium monitor.", 1, where=where))
            return
        if stamp.yearless:
            self._times.say(where, into)
        at = stamp.time
        if at is None:
            at = self._clock()
            if not self._said:
                self._said = True
                into.lose(Loss(LossKind.TRUNCATED, NO_TIME, None, where=where))
        into.seen(flow, at)

    def end(self, into: Reduction) -> None:
        """Nothing is remembered from one line to the next."""


def _flow(text: str) -> Flow | None:
    packet = parse_packet(text)
    if packet is None:
        return None
    verdict = _VERDICT.search(text)
    if verdict is not None:
        remote, way, action, match = verdict.groups()
        direction = Direction(way)
        peer = kind_of_identity(remote or "")
        ends = (peer, EndKind.UNKNOWN) if direction is Direction.INGRESS else (EndKind.UNKNOWN, peer)
        outcome = _ACTIONS.get(action, Outcome.UNKNOWN)
        flow = replace(
            make(packet, *ends, outcome),
            direction=direction,
            point="policy-verdict",
            per_connection=True,
            reason=_verdict_reason(outcome, match),
        )
        # A verdict that lets a packet pass is written for the first of a connection (threefour/parser.go).
        return with_opening(flow, Opening.OPENS if outcome is Outcome.ALLOWED else packet.opening)
    drop = _DROP.search(text)
    if drop is not None:
        reason = _REASONS.get(drop[1])
        outcome = Outcome.FAILED if reason is None else Outcome.DENIED
        flow = make(packet, kind_of_identity(drop[2]), kind_of_identity(drop[3]), outcome)
        return with_opening(replace(flow, point="drop", reason=reason or drop[1]), packet.opening)
    trace = _TRACE.search(text)
    if trace is None:
        return None
    flow = make(packet, kind_of_identity(trace[3]), kind_of_identity(trace[4]), _trace_outcome(trace[1]))
    point = f"{'to' if trace[1] == '->' else 'from'}-{trace[2]}"
    opens = _STATES.get(trace[5] or "")
    return with_opening(replace(flow, point=point), opens or packet.opening)


def _verdict_reason(outcome: Outcome, match: str) -> str:
    if outcome is Outcome.DENIED:  # an explicit deny has an entry that matched
        return "POLICY_DENIED" if match == "none" else "POLICY_DENY"
    return ALLOW_ALL if outcome is Outcome.ALLOWED and match == "all" else ""


def _trace_outcome(arrow: str) -> Outcome:
    """A packet on its way to somewhere was let pass; of one that comes from somewhere nothing is decided yet."""
    return Outcome.ALLOWED if arrow == "->" else Outcome.UNKNOWN


def recognises(lines: Sequence[bytes]) -> float:
    """Which share of lines is of the monitor."""
    texts = (line.decode("utf-8", "replace") for line in lines)
    found = sum(any(each.search(text) for each in (_VERDICT, _DROP, _TRACE)) for text in texts)
    return found / len(lines) if lines else 0.0


FORMAT = Format("cilium-monitor", "cilium monitor text", recognises, MonitorReader)
