"""Which connections a request means, so that manifests can be held to open no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.egress.names import spelt
from ringfence.egress.plan import Grant, Plan
from ringfence.engine.difference import Ends, PairChange
from ringfence.generate.targets import Target
from ringfence.model.addresses import AddressSet, format_address
from ringfence.model.errors import QueryError
from ringfence.model.name_patterns import NameSyntax
from ringfence.model.objects import Pod
from ringfence.model.ports import NO_PORTS, PortSet


@dataclass(frozen=True, slots=True)
class Means:
    """What is meant: the grants of the plans, DNS, and ``beside``. ``syntax`` is how the dialect reads their names."""

    plans: Sequence[Plan]
    syntax: NameSyntax | None
    beside: tuple[Target, ...] = ()

    def refuse_strays(self, change: PairChange) -> None:
        """Makes sure that what a change opens is meant.

        Raises:
            QueryError: it is not.
        """
        if not change.opened:
            return
        sources: Sequence[Pod | None] = (None,) if isinstance(change.sources, AddressSet) else change.sources
        for source in sources:
            granted = NO_PORTS
            for plan in self.plans:
                if source is not None and source in plan.pods:
                    granted |= self._granted(plan, change.destinations)
            if change.opened - granted:
                raise QueryError(
                    f"The manifests would open {change.opened - granted} from {source or 'outside'} to "
                    f"{_first(change.destinations)}, which nobody asked for, so nothing is printed. Please report it."
                )

    def _granted(self, plan: Plan, ends: Ends) -> PortSet:
        """The ports on which a plan means all of these ends."""
        found = NO_PORTS
        for grant in plan.grants:
            if self._covers(plan, grant, ends):
                found |= grant.port_set
        for target in (*plan.dns.targets, *self.beside):
            if is_target(target, ends):
                found |= ports_of(target)
        return found

    def _covers(self, plan: Plan, grant: Grant, ends: Ends) -> bool:
        if grant.pods is not None:
            return is_target(grant.pods, ends)
        addresses = grant.ranges
        if grant.name is not None:
            names = {record.name for record in grant.records}
            if self.syntax is not None:
                # A pattern that is wider here than what was asked for is told of among the promises.
                names.update(plan.names.matching(self.syntax, spelt(grant.name, self.syntax)))
            addresses = plan.names.addresses(names)
            if not names:
                return isinstance(ends, AddressSet)
        if addresses is None:
            return False
        if isinstance(ends, AddressSet):
            return ends <= addresses
        return all(any(address in addresses for address in pod.addresses) for pod in ends)


def is_target(target: Target, ends: Ends) -> bool:
    """True where all ends are pods, or addresses, that a target means."""
    if isinstance(ends, AddressSet):
        return bool(target.addresses) and ends <= AddressSet.of((each, each) for each in target.addresses)
    if target.addresses:
        return all(any(address in target.addresses for address in pod.addresses) for pod in ends)
    return all(
        pod.namespace == target.namespace
        and not pod.host_network
        and (target.labels or {}).items() <= pod.labels.items()
        for pod in ends
    )


def ports_of(target: Target) -> PortSet:
    """The ports of a target, as a set."""
    return PortSet.of(span for protocol, port in target.ports or () for span in PortSet.point(protocol, port))


def _first(ends: Ends) -> str:
    return format_address(ends.intervals[0][0]) if isinstance(ends, AddressSet) else str(ends[0])
