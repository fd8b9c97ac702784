"""Workloads that call a host outside by its name, and whose policies let them reach some addresses, or none."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from ringfence.diagnose.recorded_names import recorded_use
from ringfence.diagnose.remedies import Remedies
from ringfence.diagnose.report import Remark, Topic
from ringfence.diagnose.varying import in_words
from ringfence.engine import Engine
from ringfence.explain.words import object_name, rule_number
from ringfence.model.addresses import ALL_V4, NO_ADDRESSES, AddressSet, format_address
from ringfence.model.finding import Severity
from ringfence.model.internet import INTERNET, INTERNET_V4
from ringfence.model.labels import EVERYTHING
from ringfence.model.names import Names
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, NamePeer, Policy
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint
from ringfence.survey import OutsideUse

_NEARLY_ALL = (INTERNET_V4).size // 2


def outside_names(engine: Engine, uses: Iterable[OutsideUse], remedies: Remedies, names: Names) -> Iterator[Remark]:
    """A remark for each host that a workload calls and can't reach at every address that it may have.

    Those are the ones on record. Of a name that isn't on record any public address may be one: with some allowed it may
    work today and fail tomorrow; pods that a rule by name is for are left out then. Pods of the host network are, too,
    which no policy limits.
    """
    possible = engine.reading(certain=False) if names else engine
    for use in uses:
        pods = [pod for pod in use.pods if not pod.host_network]
        if pods and use.proxy is None and names.of(use.host):
            remark = recorded_use(possible, use, pods, names, remedies)
            if remark is not None:
                yield remark
            continue
        if not pods or any(_by_name(engine, pod) for pod in pods):
            continue
        by_pod = [(pod, _reached(engine, pod, use.port)) for pod in pods]
        some = [each for each in by_pod if each[1]]
        if not some:
            yield _cut(engine, use, pods[0])
            continue
        pod, reached = min(some, key=lambda each: each[1].size)
        if (reached & ALL_V4).size < _NEARLY_ALL:
            yield _partly(engine, use, pod, reached, remedies)


def _calls(use: OutsideUse) -> str:
    through = f" through {use.proxy}" if use.proxy is not None else ""
    return f"{use.workload} calls {use.host} on TCP {use.port}{through}"


def _it(use: OutsideUse) -> str:
    return "the proxy" if use.proxy is not None else "it"


def _policies(engine: Engine, pod: Pod) -> list[Policy]:
    numbers = engine.policies_of(Direction.EGRESS, engine.atom(pod))
    return [engine.program.compiled[number].policy for number in numbers]


def _by_name(engine: Engine, pod: Pod) -> bool:
    """True where a rule for the pod names a host: then it depends on DNS what is reached."""
    rules = (rule for policy in _policies(engine, pod) for rule in policy.egress)
    return any(isinstance(peer, NamePeer) for rule in rules for peer in rule.peers or ())


def _reached(engine: Engine, pod: Pod, port: int) -> AddressSet:
    row = engine.row(Direction.EGRESS, engine.atom(pod))
    reached = NO_ADDRESSES
    for number in engine.universe.address_atoms:
        public = engine.universe.atoms[number].addresses & INTERNET
        if public and engine.table.sets[row.ports(number)].has(Protocol.TCP, port):
            reached = reached | public
    return reached


def _partly(engine: Engine, use: OutsideUse, pod: Pod, reached: AddressSet, remedies: Remedies) -> Remark:
    first = reached.intervals[0][0]
    trace = engine.verdict(pod, AddressEndpoint(first), Protocol.TCP, use.port, misses=False).egress.deciding[0]
    what = f"{_calls(use)}, and {object_name(trace.policy.ref)}, {rule_number(trace)}, allows "
    what += f"{_it(use)} {in_words(reached)} alone: a call fails where the name has another address."
    known = f"{format_address(first)}:{use.port}"
    ask = remedies.ringfence("why", str(use.proxy or use.workload), known, "--addresses")
    # Every address of both families, as the resolver here gives them.
    addresses = f"getent ahosts {shlex.quote(use.host)} | awk '{{print $1}}' | sort -u | paste -sd, -"
    change = "Ask about all its addresses, then allow the full range that the provider publishes, or, where the plugin "
    change += "has rules by name, the name."
    return Remark(
        Topic.BY_ADDRESS,
        Severity.NOTE,
        what,
        trace.rule.origin,
        trace.policy.ref,
        change,
        (f'{ask} "$({addresses})"',),
        namespaces=frozenset({use.workload.namespace, pod.namespace}),
    )


def _cut(engine: Engine, use: OutsideUse, pod: Pod) -> Remark:
    policies = [policy for policy in _policies(engine, pod) if Direction.EGRESS in policy.isolates]
    policy = min(policies, key=lambda each: (each.subject.pods != EVERYTHING, len(each.egress), str(each.ref)))
    what = f"{_calls(use)}, and no rule allows {_it(use)} any address outside: {object_name(policy.ref)} isolates it."
    change = "Allow the range that the provider publishes, or the name where the plugin has rules by name, if the call "
    change += "is meant."
    return Remark(
        Topic.OUTSIDE_CUT,
        Severity.NOTE,
        what,
        use.evidence.origin,
        policy.ref,
        change,
        namespaces=frozenset({use.workload.namespace, pod.namespace}),
    )
