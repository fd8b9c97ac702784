"""Which connections a request means, so that manifests can be held to open no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.egress.names import spelt
from ringfence.egress.plan import Grant, Plan
from ringfence.engine.difference import PairChange
from ringfence.generate.targets import Target
from ringfence.model.addresses import ALL_ADDRESSES, NO_ADDRESSES, AddressSet, format_address
from ringfence.model.errors import QueryError
from ringfence.model.name_patterns import NameSyntax
from ringfence.model.objects import Pod
from ringfence.model.ports import NO_PORTS, PortSet


@dataclass(frozen=True, slots=True)
class Means:
    """What is meant: the grants of the plans, DNS, and ``beside``. ``syntax`` is how the dialect reads their names.

    ``assumed`` is what the dialect may open besides, as its enforcer does of its own accord.
    """

    plans: Sequence[Plan]
    syntax: NameSyntax | None
    beside: tuple[Target, ...] = ()
    assumed: tuple[Target, ...] = ()

    def refuse_strays(self, change: PairChange) -> None:
        """Makes sure that what a change opens is meant.

        Raises:
            QueryError: it is not.
        """
        if not change.opened:
            return
        sources: Sequence[Pod | None] = (None,) if isinstance(change.sources, AddressSet) else change.sources
        for source in sources:
            plans = [plan for plan in self.plans if source is not None and source in plan.pods]
            for end, ports in self._strays(plans, change):
                raise QueryError(
                    f"The manifests would open {ports} from {source or 'outside'} to {end}, which nobody asked for, so "
                    "nothing is printed. Please report it."
                )

    def _strays(self, plans: Sequence[Plan], change: PairChange) -> Iterator[tuple[str, PortSet]]:
        """The ends and ports of a change that no plan means."""
        if isinstance(change.destinations, AddressSet):
            left = [(change.destinations, change.opened)]
            for plan in plans:
                for addresses, ports in self._outside(plan):
                    left = [part for one in left for part in _without(one, addresses, ports)]
            yield from ((format_address(addresses.intervals[0][0]), ports) for addresses, ports in left)
            return
        for pod in change.destinations:
            granted = NO_PORTS
            for plan in plans:
                granted |= self._inside(plan, pod)
            if change.opened - granted:
                yield str(pod), change.opened - granted

    def _outside(self, plan: Plan) -> Iterator[tuple[AddressSet, PortSet]]:
        """The addresses that a plan means, each set with its ports."""
        for grant in plan.grants:
            if grant.name is not None or grant.ranges is not None:
                yield self._addresses(plan, grant), grant.port_set
        for target in (*plan.dns.targets, *self.beside):
            if target.addresses:
                yield AddressSet.of((each, each) for each in target.addresses), ports_of(target)

    def _inside(self, plan: Plan, pod: Pod) -> PortSet:
        """The ports on which a plan means a pod."""
        found = NO_PORTS
        for grant in plan.grants:
            if grant.pods is not None:
                meant = is_target(grant.pods, pod)
            else:
                # A name that isn't on record may have any address outside the cluster, and no pod's.
                unknown = grant.name is not None and not grant.records
                addresses = NO_ADDRESSES if unknown else self._addresses(plan, grant)
                meant = any(address in addresses for address in pod.addresses)
            if meant:
                found |= grant.port_set
        for target in (*plan.dns.targets, *self.beside, *self.assumed):
            if is_target(target, pod):
                found |= ports_of(target)
        return found

    def _addresses(self, plan: Plan, grant: Grant) -> AddressSet:
        """What a name or range means; a name that isn't on record may have any address."""
        if grant.name is None:
            return grant.ranges or NO_ADDRESSES
        names = {record.name for record in grant.records}
        if self.syntax is not None:
            # A pattern that is wider here than what was asked for is told of among the promises.
            names.update(plan.names.matching(self.syntax, spelt(grant.name, self.syntax)))
        return plan.names.addresses(names) if names else ALL_ADDRESSES


def _without(
    part: tuple[AddressSet, PortSet], addresses: AddressSet, ports: PortSet
) -> Iterator[tuple[AddressSet, PortSet]]:
    """What is left of some addresses on some ports when others are taken away."""
    own, open_ports = part
    if own - addresses:
        yield own - addresses, open_ports
    if own & addresses and open_ports - ports:
        yield own & addresses, open_ports - ports


def is_target(target: Target, pod: Pod) -> bool:
    """True where a target means a pod."""
    if target.addresses:
        return any(address in target.addresses for address in pod.addresses)
    labels = target.labels or {}
    return pod.namespace == target.namespace and not pod.host_network and labels.items() <= pod.labels.items()


def ports_of(target: Target) -> PortSet:
    """The ports of a target, as a set."""
    return PortSet.of(span for protocol, port in target.ports or () for span in PortSet.point(protocol, port))
