"""Pods that are given name servers of their own, and may ask any other all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.diagnose.remedies import Remedies
from ringfence.diagnose.report import Remark, Topic
from ringfence.engine import Engine
from ringfence.explain.words import object_name, rule_number
from ringfence.model.addresses import NO_ADDRESSES, format_address
from ringfence.model.codes import OTHER_RESOLVERS
from ringfence.model.finding import Severity
from ringfence.model.internet import INTERNET_V4
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, RuleTrace
from ringfence.survey.dns import DNS_PORT

_MANY = (INTERNET_V4).size // 2
_SHOWN = 3


def other_resolvers(engine: Engine, pods: Iterable[Pod], remedies: Remedies) -> Iterator[Remark]:
    """A remark for each rule, of a policy that isolates, that lets such pods ask most public addresses on port 53.

    Pods whose egress nothing isolates are left out: nobody said that anything is limited there.
    """
    found: dict[tuple[int, tuple[int, ...]], tuple[RuleTrace, dict[str, None], str]] = {}
    for pod in pods:
        if pod.host_network or not pod.resolvers:
            continue
        atom = engine.atom(pod)
        if not engine.isolated(Direction.EGRESS, atom):
            continue
        trace = _letting_out(engine, pod, atom)
        if trace is not None:
            key = id(trace.rule), pod.resolvers
            found.setdefault(key, (trace, {}, pod.namespace))[1][str(pod.workload)] = None
    for (_, servers), (trace, workloads, namespace) in found.items():
        names = list(workloads)
        who = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        own = [format_address(server) for server in servers]
        what = f"{object_name(trace.policy.ref)}, {rule_number(trace)}, lets {who} ask any DNS server, though "
        what += f"{'it is' if len(names) == 1 else 'they are'} given {' and '.join(own)}."
        options = ("-n", namespace, "--resolver", own[0], "--dialect", "clusternetworkpolicy")
        change = "Deny ports 53 and 853 to all others before NetworkPolicy is asked, which itself only adds. Without "
        change += "tiers, list every other port in the rule."
        yield Remark(
            Topic.OTHER_RESOLVERS,
            Severity.WARNING,
            what,
            trace.rule.origin,
            trace.policy.ref,
            change,
            (remedies.ringfence("generate allow-dns", *options),),
            OTHER_RESOLVERS,
            (),
            frozenset({namespace}),
        )


def _letting_out(engine: Engine, pod: Pod, atom: int) -> RuleTrace | None:
    row = engine.row(Direction.EGRESS, atom)
    reached = NO_ADDRESSES
    for number in engine.universe.address_atoms:
        public = engine.universe.atoms[number].addresses & INTERNET_V4
        if public and engine.table.sets[row.ports(number)].has(Protocol.UDP, DNS_PORT):
            reached = reached | public
    if reached.size < _MANY:
        return None
    address = AddressEndpoint(reached.intervals[0][0])
    deciding = engine.verdict(pod, address, Protocol.UDP, DNS_PORT, misses=False).egress.deciding
    return deciding[0] if deciding else None
