"""Namespaces that limit egress, and workloads in them that reach the Internet all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ringfence.diagnose.internet import PUBLIC
from ringfence.diagnose.report import InternetAccess, Remark, Topic
from ringfence.engine import Engine
from ringfence.explain.causes import object_name
from ringfence.model.addresses import ALL_V4
from ringfence.model.finding import Severity
from ringfence.model.objects import Pod
from ringfence.model.origin import UNKNOWN, Origin
from ringfence.model.policy import Action, AddressPeer, Direction, Policy, StageKind
from ringfence.model.ports import Protocol
from ringfence.survey.roles import proxies

_NEARLY_ALL = (PUBLIC & ALL_V4).size // 2
_SHOWN = 3
_SYSTEM = "kube-system"
"""Agents of the host network belong there."""
_CHANGE = "Limit these too, if they weren't meant to reach the Internet."


def ways_out(engine: Engine, pods: Sequence[Pod], accesses: Iterable[InternetAccess]) -> Iterator[Remark]:
    """A remark for each way: the host network, no policy that selects the pods, a rule, or a proxy in two hops.

    ``accesses`` is what reaches public addresses directly.
    """
    limits = _limits(engine)
    if not limits:
        return
    accesses = list(accesses)
    yield from _host_network(limits, pods)
    forwarding = {str(pod.workload): pod for pod in proxies(pods)}
    direct = {name for access in accesses for name in access.workloads}
    wide = [access for access in accesses if access.everywhere]
    anywhere = {name for access in wide for name in access.workloads}
    for name, proxy in forwarding.items():
        if name in anywhere:
            yield from _through(engine, limits, proxy, direct)
    for access in sorted(wide, key=lambda access: bool(access.rule)):
        others = (name for name in access.workloads if name not in forwarding)
        for namespace, names in _by_namespace(others).items():
            if namespace in limits:
                why = f"{access.rule}, allows it" if access.rule else "no policy selects their pods for egress"
                origin = access.origin if access.rule else limits[namespace].origin
                yield _remark(limits[namespace], namespace, names, f"reach {access.addresses}: {why}", origin)


def _limits(engine: Engine) -> dict[str, Policy]:
    """The policy that limits egress to the Internet, by namespace: one that denies it before one that only isolates."""
    found: dict[str, Policy] = {}
    denying: set[str] = set()
    for number, atom in enumerate(engine.universe.atoms):
        namespace = atom.pods[0].namespace if atom.guarded else ""
        if not namespace or namespace in denying:
            continue
        for each in engine.policies_of(Direction.EGRESS, number):
            compiled = engine.program.compiled[each]
            additive = engine.program.stages[compiled.stage][1].kind is StageKind.ADDITIVE
            if _denies_internet(compiled.policy):
                found[namespace] = compiled.policy
                denying.add(namespace)
            elif additive and Direction.EGRESS in compiled.policy.isolates:
                found.setdefault(namespace, compiled.policy)
    return found


def _denies_internet(policy: Policy) -> bool:
    return any(
        rule.action is Action.DENY
        and any(
            isinstance(peer, AddressPeer) and (peer.addresses & PUBLIC & ALL_V4).size > _NEARLY_ALL
            for peer in rule.peers or ()
        )
        for rule in policy.rules(Direction.EGRESS)
    )


def _host_network(limits: dict[str, Policy], pods: Iterable[Pod]) -> Iterator[Remark]:
    hosts: dict[str, Pod] = {}
    for pod in pods:
        if pod.host_network and pod.namespace in limits and pod.namespace != _SYSTEM:
            hosts.setdefault(str(pod.workload), pod)
    for namespace, names in _by_namespace(hosts).items():
        why = "reach it as their nodes do: they are on the host network, outside pod policy"
        yield _remark(limits[namespace], namespace, names, why, hosts[names[0]].origin)


def _through(engine: Engine, limits: dict[str, Policy], proxy: Pod, direct: set[str]) -> Iterator[Remark]:
    ports = [port.number for port in proxy.ports if port.protocol is Protocol.TCP]
    users: dict[str, Pod] = {}
    there = engine.atom(proxy)
    admitted = engine.row(Direction.INGRESS, there)
    port_of: dict[str, int] = {}
    for number, atom in enumerate(engine.universe.atoms):
        if not atom.guarded or atom.pods[0].namespace not in limits:
            continue
        left = engine.table.sets[engine.row(Direction.EGRESS, number).ports(there)]
        both = left & engine.table.sets[admitted.ports(number)]
        port = next((port for port in ports if both.has(Protocol.TCP, port)), None)
        for pod in atom.pods if port is not None else ():
            if str(pod.workload) not in direct:
                users.setdefault(str(pod.workload), pod)
                port_of.setdefault(pod.namespace, port or 0)
    for namespace, names in _by_namespace(users).items():
        verdict = engine.verdict(users[names[0]], proxy, Protocol.TCP, port_of[namespace], misses=False)
        deciding = verdict.ingress.deciding or verdict.egress.deciding
        why = f"get there in two hops, through {proxy.workload} on TCP {port_of[namespace]}"
        origin = proxy.origin
        if deciding:
            trace = deciding[0]
            direction = "ingress" if verdict.ingress.deciding else "egress"
            why += f": {object_name(trace.policy.ref)}, {direction} rule {trace.index + 1}, allows it"
            origin = trace.rule.origin
        yield _remark(limits[namespace], namespace, names, why, origin)


def _by_namespace(workloads: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in workloads:
        found.setdefault(name.partition("/")[0], []).append(name)
    return found


def _remark(limit: Policy, namespace: str, names: Sequence[str], how: str, origin: Origin = UNKNOWN) -> Remark:
    who = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    what = f"{object_name(limit.ref)} limits egress of namespace {namespace} to the Internet, yet {who} {how}."
    if len(names) == 1:
        what = what.replace(f"{who} reach ", f"{who} reaches ").replace(f"{who} get ", f"{who} gets ")
        what = what.replace("as their nodes do: they are", "as its node does: it is").replace("their pods", "its pods")
    return Remark(Topic.WAY_OUT, Severity.WARNING, what, origin, limit.ref, _CHANGE)
