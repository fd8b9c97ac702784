"""Lists of address ranges in Calico's rules: CIDRs, or single addresses."""

from __future__ import annotations

from ringfence.dialects.fields import Field
from ringfence.dialects.scalars import read_cidr
from ringfence.model.addresses import NO_ADDRESSES, AddressSet, parse_address


def read_nets(field: Field) -> AddressSet | None:
    """The addresses of a list of ranges; None, with findings, where one is invalid."""
    items = field.items()
    if items is None:
        return None
    found = NO_ADDRESSES
    for item in items:
        addresses = read_net(item)
        if addresses is None:
            return None
        found |= addresses
    return found


def read_net(item: Field) -> AddressSet | None:
    """The addresses of one range, or of one address; None, and a finding, for anything else."""
    if isinstance(item.value, str) and "/" not in item.value:
        try:
            return AddressSet.point(parse_address(item.value))
        except ValueError:
            return read_cidr(item)
    return read_cidr(item)
