"""What stands open: pods that nothing isolates, rules for everyone, and the rule that lets a connection through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ringfence.lint.context import LintContext
from ringfence.lint.groups import Group, groups
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.addresses import ALL_ADDRESSES, ALL_V4, NO_ADDRESSES, AddressSet
from ringfence.model.finding import Code, Finding
from ringfence.model.internet import ASSIGNED_V6, INTERNET, INTERNET_V4
from ringfence.model.labels import EVERYTHING
from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Action, AddressPeer, Direction, PodPeer, Policy, Rule
from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortRange, PortSet, Protocol, resolve_ports
from ringfence.model.verdict import DirectionVerdict, Endpoint, RuleTrace

SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""Namespaces of the cluster itself, which few isolate and nobody should without care."""


@dataclass(frozen=True, slots=True)
class Openness:
    """The pods of a namespace that are open in a direction, and how many pods it has."""

    namespace: str
    pods: tuple[Pod, ...]
    total: int

    @property
    def whole(self) -> bool:
        """True where every pod is open."""
        return len(self.pods) == self.total


def unguarded(context: LintContext, direction: Direction) -> Iterator[Openness]:
    """Each namespace with pods that may open, or accept, every connection.

    The system's own namespaces are left out, and so are ingress controllers and DNS servers, which are there for
    everyone.
    """
    public = context.once(for_everyone)
    found: dict[str, list[Pod]] = {}
    for group in context.once(groups).of(direction):
        if group.open and not any(everything(rule) for policy in group.policies for rule in policy.rules(direction)):
            for pod in group.pods:
                if id(pod) not in public:
                    found.setdefault(pod.namespace, []).append(pod)
    for namespace in sorted(found):
        if namespace not in SYSTEM:
            total = sum(id(pod) not in public for pod in context.pods_of[namespace])
            yield Openness(namespace, tuple(found[namespace]), total)


def not_isolated(context: LintContext, direction: Direction, code: Code, everyone: str, why: str) -> Iterator[Finding]:
    """A finding of ``code`` for each such namespace: for all of it, or for the pods that were forgotten.

    ``everyone`` says what all its pods do then, ``why`` what comes of it.
    """
    for found in unguarded(context, direction):
        namespace = context.snapshot.namespaces.get(found.namespace)
        given = namespace is not None and bool(namespace.origin.position.file)
        ref = ObjectRef("Namespace", found.namespace, api_version="v1")
        what = f"{ref}: no pod is isolated for {direction.value}; {everyone}."
        if not found.whole:
            verb = "is" if len(found.pods) == 1 else "are"
            what = (
                f"{ref}: {some_pods(found.pods)} {verb} not isolated for {direction.value}, and other pods there are."
            )
        yield Finding(
            code,
            what,
            namespace.origin if found.whole and given and namespace is not None else found.pods[0].origin,
            ref,
            why,
            f"See what a default deny would close: ringfence generate default-deny PATH -n {found.namespace}.",
            workloads(found.pods),
        )


def for_everyone(context: LintContext) -> frozenset[int]:
    """The identities of the pods that everyone is meant to reach: ingress controllers, DNS, servers of webhooks."""
    survey = context.survey
    served = {(use.namespace, use.service) for use in survey.webhooks}
    webhooks = (
        pod
        for service in context.snapshot.services
        if (service.namespace, service.name) in served
        for pod in context.backends(service)
    )
    dns = (pod for server in survey.dns for pod in server.pods)
    return frozenset(id(pod) for pods in (survey.ingress_controllers, dns, webhooks) for pod in pods)


def everything(rule: Rule) -> bool:
    """True for a rule that allows every port to, or from, everyone."""
    return rule.action is Action.ALLOW and not rule.conditions and _ports(rule) == ALL_PORTS and _everyone(rule)


def _everyone(rule: Rule) -> bool:
    if rule.peers is None:
        return True
    return _addresses(rule) >= ALL_V4 and any(
        isinstance(peer, PodPeer) and peer.namespace is None and peer.namespaces == EVERYTHING == peer.pods
        for peer in rule.peers
    )


def _addresses(rule: Rule) -> AddressSet:
    if rule.peers is None:
        return ALL_ADDRESSES
    spans = [span for peer in rule.peers if isinstance(peer, AddressPeer) for span in peer.addresses]
    return AddressSet.of(spans) if spans else NO_ADDRESSES


def _ports(rule: Rule) -> PortSet:
    if rule.ports is None:
        return ALL_PORTS
    return resolve_ports(tuple(port for port in rule.ports if isinstance(port, PortRange)), ())


@dataclass(frozen=True, slots=True)
class World:
    """A policy that allows the whole Internet, or nearly, by these rules together, on these ports.

    ``addresses`` says how much of it on the port that has the least: ``every address of the Internet``, or ``99.99 %
    of the public IPv4 addresses``.
    """

    policy: Policy
    rules: tuple[Rule, ...]
    ports: PortSet
    addresses: str


def worldwide(context: LintContext, direction: Direction) -> Iterator[World]:
    """Policies whose rules together cover the public IPv4 or IPv6 addresses on some port; see RF403 for all ports.

    More than 99 % of them are as good as all.
    """
    for _, policy in context.policies:
        rules = [
            rule
            for rule in policy.rules(direction)
            if rule.action is Action.ALLOW and not rule.conditions and rule.name != OTHER_PROTOCOLS
        ]
        if not rules or any(everything(rule) for rule in rules) or not context.selected(policy.subject):
            continue
        ports, chosen, least = NO_PORTS, [], Coverage(Fraction(1))
        for rule in rules:
            own = _ports(rule)
            covering = [other for other in rules if own <= _ports(other)]
            spans = [span for other in covering for span in _addresses(other)]
            coverage = Coverage.of(AddressSet.of(spans))
            if own and _addresses(rule) and coverage.share > _AS_GOOD_AS_ALL:
                ports |= own
                chosen.append(rule)
                least = min(least, coverage)
        if ports and _takes_effect(context, policy, direction, ports):
            yield World(policy, tuple(chosen), ports, str(least))


_AS_GOOD_AS_ALL = Fraction(99, 100)
"""An exception of two /8 doesn't keep data in."""


@dataclass(frozen=True, slots=True, order=True)
class Coverage:
    """Which part of the public addresses of a family is covered, of the family where it is more."""

    share: Fraction
    family: str = "IPv4"

    @classmethod
    def of(cls, covered: AddressSet) -> Coverage:
        """What a set covers."""
        families = (("IPv4", INTERNET_V4), ("IPv6", ASSIGNED_V6))
        return max(cls(Fraction((covered & public).size, public.size), family) for family, public in families)

    def __str__(self) -> str:
        if self.share == 1:
            return "every address of the Internet"
        hundredths = self.share * 10_000 // 1  # rounded down: never 100 %
        return f"{hundredths // 100}.{hundredths % 100:02} % of the public {self.family} addresses"


def _takes_effect(context: LintContext, policy: Policy, direction: Direction, ports: PortSet) -> bool:
    """True where a pod of the policy may use one of the ports with a public address, other policies heeded."""
    return any(
        any(policy is other for other in group.policies) and group.addresses(ports) & INTERNET
        for group in context.once(groups).of(direction)
    )


def letting_out(
    context: LintContext, group: Group, destination: Endpoint, protocol: Protocol, port: int
) -> RuleTrace | None:
    """The rule that lets the pods of an egress group connect; ``None`` where no rule decides."""
    verdict = context.engine.verdict(group.pods[0], destination, protocol, port, misses=False)
    return deciding(verdict.egress)


def deciding(side: DirectionVerdict) -> RuleTrace | None:
    """The rule that allows a direction; ``None`` where it is allowed for want of any."""
    return next((trace for trace in side.deciding if trace.rule.action is Action.ALLOW), None) if side.allowed else None
