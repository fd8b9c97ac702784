"""Namespaces that limit egress, and workloads in them that reach the Internet all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.diagnose.aside import Aside
from ringfence.diagnose.internet import internet
from ringfence.diagnose.remedies import Holds, Remedies
from ringfence.diagnose.report import InternetAccess, Remark, Topic
from ringfence.engine import Engine
from ringfence.explain.slips import requirements
from ringfence.explain.words import object_name, rule_number
from ringfence.fix.shapes import path_of, value_at
from ringfence.model.codes import EGRESS_NOT_ISOLATED, HOST_NETWORK_BYPASS, INTERNET_BY_PROXY, WORLD_EGRESS
from ringfence.model.finding import Code, Severity
from ringfence.model.internet import INTERNET_V4
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod, WorkloadRef
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.model.policy import Action, AddressPeer, Direction, Policy, Rule, StageKind
from ringfence.model.ports import MAX_PORT, PortRange, Protocol
from ringfence.survey.roles import proxies

_NEARLY_ALL = (INTERNET_V4).size // 2
_SHOWN = 3
_SYSTEM = "kube-system"
"""Agents of the host network belong there."""
_MEANT = "if they weren't meant to reach the Internet"


@dataclass(frozen=True, slots=True)
class _Way:
    """How some workloads of a namespace get out. ``objects`` are those that its annotation may stand on.

    ``meant`` where a policy for these workloads alone says so: an exception that somebody wrote.
    """

    how: str
    code: Code
    change: str
    origin: Origin = UNKNOWN
    objects: tuple[ObjectRef, ...] = ()
    meant: bool = False


class WaysOut:
    """Looks for the ways: the host network, no policy that selects the pods, a rule, or a proxy in two hops."""

    def __init__(self, engine: Engine, pods: Sequence[Pod], remedies: Remedies, aside: Aside) -> None:
        self._engine = engine
        self._pods = pods
        self._remedies = remedies
        self._aside = aside
        self._limits = _limits(engine)

    def remarks(self, accesses: Iterable[InternetAccess]) -> Iterator[Remark]:
        """A remark for each way; ``accesses`` is what reaches public addresses directly."""
        if not self._limits:
            return
        accesses = list(accesses)
        yield from self._host_network()
        forwarding = {str(pod.workload): pod for pod in proxies(self._pods)}
        direct = {name for access in accesses for name in access.workloads}
        wide = [access for access in accesses if access.everywhere]
        anywhere = {name for access in wide for name in access.workloads}
        for name, proxy in forwarding.items():
            if name in anywhere:
                yield from self._through(proxy, direct)
        for access in sorted(wide, key=lambda access: bool(access.rule)):
            others = (name for name in access.workloads if name not in forwarding)
            for namespace, names in _by_namespace(others).items():
                if namespace in self._limits:
                    find = self._by_rule if access.policy is not None else self._unselected
                    yield from find(namespace, names, access)

    # ---- the ways ------------------------------------------------------------------------------------------------

    def _host_network(self) -> Iterator[Remark]:
        hosts: dict[str, list[Pod]] = {}
        for pod in self._pods:
            if pod.host_network and pod.namespace in self._limits and pod.namespace != _SYSTEM:
                hosts.setdefault(str(pod.workload), []).append(pod)
        for namespace, names in _by_namespace(hosts).items():
            how = "reach it as their nodes do: they are on the host network, outside pod policy"
            change = "Take them off the host network, if they need no port or device of their nodes."
            way = _Way(how, HOST_NETWORK_BYPASS, change, hosts[names[0]][0].origin)
            closed = self._closed(namespace, names)
            commands = [line for name in names for line in self._remedies.off_the_host_network(hosts[name], closed)]
            yield from self._remark(namespace, names, way, commands)

    def _unselected(self, namespace: str, names: list[str], access: InternetAccess) -> Iterator[Remark]:
        limit = self._limits[namespace]
        how = f"reach {access.addresses}: no policy selects their pods for egress"
        change = f"Select them too, {_MEANT}: then they may do what the policy's rules allow, and nothing else."
        way = _Way(how, EGRESS_NOT_ISOLATED, change, limit.origin, (ObjectRef("Namespace", namespace, "", "v1"),))
        commands: tuple[str, ...] = ()
        if limit.subject.namespace is not None and limit.subject.pods != EVERYTHING:
            edit = Edit(EditOp.REPLACE, ("spec", "podSelector"), {})
            patch = Patch(f"Select every pod in {limit.ref}", limit.ref, (edit,))
            commands = self._remedies.patch(patch, self._closed(namespace, names))
        yield from self._remark(namespace, names, way, commands)

    def _by_rule(self, namespace: str, names: list[str], access: InternetAccess) -> Iterator[Remark]:
        policy = next(each for each in self._engine.policy_set.policies() if each.ref == access.policy)
        limit, closed = self._limits[namespace], self._closed(namespace, names)
        how = f"reach {access.addresses}: {access.rule}, allows it{_exceptions(policy, access.origin)}"
        change = f"Name the addresses that are needed, {_MEANT}; without any, take the entry out:"
        commands: tuple[str, ...] = ()
        label = self._telling_label(policy, limit, namespace)
        if label:
            key, value = label
            how += f", for namespace {namespace} has the label `{key}={value}`"
            commands = self._remedies.without_namespace_label(namespace, key, closed)
            change = f"Take the label from the namespace, {_MEANT}; and select by kubernetes.io/metadata.name, "
            change += "which nobody can set."
        elif self._is_baseline(limit):
            how += f", and the Baseline tier, where {object_name(limit.ref)} is, is asked only for other pods"
            change = f"Deny it in the Admin tier, which comes before NetworkPolicy, {_MEANT}."
            options = ("-n", namespace, "--dialect", "clusternetworkpolicy")
            commands = (self._remedies.ringfence("generate deny-external-egress", *options),)
        elif policy.subject.namespace is not None:
            commands = self._without_entry(policy, access.origin, closed)
        meant = None not in (policy.subject.namespace, limit.subject.namespace) and policy.subject.pods != EVERYTHING
        way = _Way(how, WORLD_EGRESS, change if commands else _limit_them(), access.origin, (policy.ref,), meant)
        yield from self._remark(namespace, names, way, commands)

    def _through(self, proxy: Pod, direct: set[str]) -> Iterator[Remark]:
        engine = self._engine
        ports = [port.number for port in proxy.ports if port.protocol is Protocol.TCP]
        users: dict[str, Pod] = {}
        there = engine.atom(proxy)
        admitted = engine.row(Direction.INGRESS, there)
        port_of: dict[str, int] = {}
        for number, atom in enumerate(engine.universe.atoms):
            if not atom.guarded or atom.pods[0].namespace not in self._limits:
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
            how = f"get there in two hops, through {proxy.workload} on TCP {port_of[namespace]}"
            origin = proxy.origin
            objects = [_ref(proxy.workload)]
            if deciding:
                trace = deciding[0]
                how += f": {object_name(trace.policy.ref)}, {rule_number(trace)}, allows it"
                origin = trace.rule.origin
                objects.append(trace.policy.ref)
            change = f"Limit where the proxy itself may go, or who may use it, {_MEANT}."
            way = _Way(how, INTERNET_BY_PROXY, change, origin, tuple(objects))
            target = f"{proxy.workload}:{port_of[namespace]}"
            commands = [self._remedies.ringfence("fix --deny", name, target) for name in names[:_SHOWN]]
            yield from self._remark(namespace, names, way, commands)

    # ---- what closes them ----------------------------------------------------------------------------------------

    def _closed(self, namespace: str, names: Sequence[str]) -> Holds:
        def holds(engine: Engine) -> bool:
            left = internet(engine, namespaces=frozenset({namespace}))
            return not any(access.everywhere and not set(names).isdisjoint(access.workloads) for access in left)

        return holds

    def _telling_label(self, policy: Policy, limit: Policy, namespace: str) -> tuple[str, str] | None:
        """The label of the namespace by which a cluster-wide policy selects it, and the one that limits it doesn't."""
        if policy.subject.namespace is not None:
            return None
        labels = self._engine.facts.namespace_labels(namespace)
        usual = {one.key for one in requirements(limit.subject.namespaces) or ()} | {NAMESPACE_NAME_LABEL}
        asked = (one.key for one in requirements(policy.subject.namespaces) or ())
        return next(((key, labels[key]) for key in asked if key in labels and key not in usual), None)

    def _is_baseline(self, policy: Policy) -> bool:
        stages = [stage for layer in self._engine.policy_set.layers for stage in layer.stages]
        additive = next((place for place, stage in enumerate(stages) if stage.kind is StageKind.ADDITIVE), len(stages))
        return any(policy in stage.policies for stage in stages[additive + 1 :])

    def _without_entry(self, policy: Policy, origin: Origin, closed: Holds) -> tuple[str, ...]:
        """The command that takes the ranges out of a rule, and the rule where they are all of it."""
        rule = next((each for each in policy.egress if each.origin == origin), None)
        path = path_of(origin)
        if rule is None or not rule.peers or not path:
            return ()
        ranges = [number for number, peer in enumerate(rule.peers) if isinstance(peer, AddressPeer)]
        raw = self._remedies.world.raw(policy.ref)
        entries = value_at(raw.body, (*path, "to")) if raw is not None else None
        if len(ranges) == len(rule.peers):
            edits = [Edit(EditOp.REMOVE, path)]
        elif isinstance(entries, list) and len(entries) == len(rule.peers):
            edits = [Edit(EditOp.REMOVE, (*path, "to", number)) for number in reversed(ranges)]
        else:
            return ()
        patch = Patch(f"Take the ranges out of {policy.ref}", policy.ref, tuple(edits), origin=origin)
        return self._remedies.patch(patch, closed)

    def _remark(self, namespace: str, names: Sequence[str], way: _Way, commands: Iterable[str]) -> Iterator[Remark]:
        limit = self._limits[namespace]
        kept = [name for name in names if not self._aside.has(way.code, _ref(_workload(name)))]
        shown = kept or names
        who = ", ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else "")
        what = f"{object_name(limit.ref)} limits egress of namespace {namespace} to the Internet, yet {who} {way.how}."
        change = way.change
        if len(shown) == 1:
            what = what.replace(f"{who} reach ", f"{who} reaches ").replace(f"{who} get ", f"{who} gets ")
            what = what.replace("as their nodes do: they are", "as its node does: it is")
            what = what.replace("their pods", "its pods")
            change = change.replace("them", "it").replace("they weren't", "it wasn't").replace("they ", "it ")
            change = change.replace("it need ", "it needs ").replace("their nodes", "its node")
        objects = (limit.ref, *way.objects, *(() if kept else [_ref(_workload(names[0]))]))
        yield Remark(
            Topic.WAY_OUT,
            Severity.NOTE if way.meant else Severity.WARNING,
            what,
            way.origin,
            limit.ref,
            change,
            tuple(dict.fromkeys(commands))[:_SHOWN],
            way.code,
            objects,
            frozenset({namespace}),
        )


def _limit_them() -> str:
    return f"Limit them too, {_MEANT}."


def _limits(engine: Engine) -> dict[str, Policy]:
    """The policy that limits egress to the Internet, by namespace: one that denies it before one that only isolates.

    A policy that isolates limits a namespace only if it selects most of its workloads: else it is for its own.
    """
    denying: dict[str, Policy] = {}
    every: dict[str, set[WorkloadRef]] = {}
    limited: dict[str, dict[int, set[WorkloadRef]]] = {}
    for number, atom in enumerate(engine.universe.atoms):
        namespace = atom.pods[0].namespace if atom.guarded else ""
        if not namespace:
            continue
        workloads = {pod.workload for pod in atom.pods}
        every.setdefault(namespace, set()).update(workloads)
        for each in engine.policies_of(Direction.EGRESS, number) if namespace not in denying else ():
            compiled = engine.program.compiled[each]
            closes = engine.program.stages[compiled.stage][1].closes  # so do Calico's tiers, at their end
            if _denies_internet(compiled.policy):
                denying.setdefault(namespace, compiled.policy)
            elif closes and Direction.EGRESS in compiled.policy.isolates and not _allows_all(compiled.policy):
                limited.setdefault(namespace, {}).setdefault(each, set()).update(workloads)
    found = dict(denying)
    for namespace, by_policy in limited.items():
        widest = max(by_policy, key=lambda each: len(by_policy[each]))
        if namespace not in denying and 2 * len(by_policy[widest]) > len(every[namespace]):
            found[namespace] = engine.program.compiled[widest].policy
    return found


def _allows_all(policy: Policy) -> bool:
    """True for a policy that isolates and allows everybody nearly everything: it limits nothing."""
    return any(
        rule.action is Action.ALLOW and rule.peers is None and not rule.conditions and _is_for_most_ports(rule)
        for rule in policy.egress
    )


def _denies_internet(policy: Policy) -> bool:
    return any(
        rule.action is Action.DENY
        and _is_for_most_ports(rule)
        and not rule.conditions
        and (
            rule.peers is None
            or any(
                isinstance(peer, AddressPeer) and (peer.addresses & INTERNET_V4).size > _NEARLY_ALL
                for peer in rule.peers
            )
        )
        for rule in policy.rules(Direction.EGRESS)
    )


def _is_for_most_ports(rule: Rule) -> bool:
    spans = [entry for entry in rule.ports or () if isinstance(entry, PortRange) and entry.protocol is Protocol.TCP]
    return rule.ports is None or 2 * sum(entry.hi - entry.lo + 1 for entry in spans) > MAX_PORT


def _exceptions(policy: Policy, origin: Origin) -> str:
    """The exceptions of a rule, which are easily taken for a limit."""
    rule = next((each for each in policy.egress if each.origin == origin), None)
    peers = [peer for peer in (rule.peers or () if rule is not None else ()) if isinstance(peer, AddressPeer)]
    told = [str(peer) for peer in peers if " except " in str(peer)]
    return f" by {told[0]}: what an exception doesn't list is allowed" if told else ""


def _by_namespace(workloads: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in workloads:
        found.setdefault(name.partition("/")[0], []).append(name)
    return found


def _workload(name: str) -> WorkloadRef:
    namespace, kind, rest = name.split("/", 2)
    return WorkloadRef(namespace, kind, rest)


def _ref(workload: WorkloadRef) -> ObjectRef:
    return ObjectRef(workload.kind, workload.name, workload.namespace)
