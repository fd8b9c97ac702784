"""Ports one by one, for APIs that have no ranges."""

from __future__ import annotations

from ringfence.egress.plan import Grant, Plan
from ringfence.generate.targets import PortNumber
from ringfence.model.errors import QueryError

_MOST = 32


def single_ports(plan: Plan, grant: Grant, kind: str) -> tuple[PortNumber, ...]:
    """Every port of a grant.

    Raises:
        QueryError: there are too many to list.
    """
    ports = tuple(
        (each.protocol, port) for each in grant.ports for port in range(each.lo, min(each.hi, each.lo + _MOST) + 1)
    )
    if len(ports) > _MOST:
        raise QueryError(
            f"{plan.request.name}: {kind} has no port ranges, and {grant.text} needs more than {_MOST} ports. "
            "Use another policy API for it."
        )
    return ports
