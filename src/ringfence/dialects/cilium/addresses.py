"""Address ranges in Cilium's rules: ``toCIDR``, ``toCIDRSet``, and the groups that the latter refers to.

They mean addresses outside the cluster: no pod that Cilium manages and no node is matched by its address.

Source: Cilium documentation, "Layer 3 policies", CIDR based; ``policy-cidr-match-mode`` is as by default.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.cilium.matches import Match
from ringfence.dialects.fields import Field, spec_of
from ringfence.dialects.reading import Reading
from ringfence.dialects.scalars import read_cidr
from ringfence.dialects.selectors import read_selector
from ringfence.model.addresses import NO_ADDRESSES, AddressSet, parse_address
from ringfence.model.codes import BAD_CIDR, EXCEPT_OUTSIDE, UNKNOWN_PEER
from ringfence.model.objects import RawObject
from ringfence.model.policy import AddressPeer

_GROUP = ("cilium.io", "CiliumCIDRGroup")


def read_range(field: Field) -> Match | None:
    """One item of ``toCIDR``: a range, or a single address."""
    addresses = _read_addresses(field)
    return None if addresses is None else _match(field, addresses, addresses, str(field.value))


def read_range_set(item: Field, reading: Reading) -> Match | None:
    """One item of ``toCIDRSet``: a range or groups of ranges, with exceptions."""
    if not item.is_mapping(code=BAD_CIDR):
        return None
    kinds = ("cidr", "cidrGroupRef", "cidrGroupSelector")
    item.report_unknown((*kinds, "except"))
    present = item.present(kinds)
    if len(present) != 1:
        has = " and ".join(present) if present else f"none of {', '.join(kinds)}"
        item.report(BAD_CIDR, f"{item} has {has}; exactly one must be set.")
        return None
    kind = item.at(present[0])
    if present[0] == "cidr":
        outer, text = read_cidr(kind), str(kind.value)
    else:
        outer, text = _groups(kind, reading), f"the addresses of {kind}"
    return None if outer is None else _without_exceptions(item, outer, text)


def _without_exceptions(item: Field, outer: AddressSet, text: str) -> Match | None:
    exceptions = item.get("except")
    rest = outer
    for number, entry in enumerate((exceptions.items() if exceptions is not None else ()) or ()):
        hole = read_cidr(entry)
        if hole is None:
            return None
        if not hole <= outer and item.get("cidr") is not None:
            what = f"{entry} is {entry.value}, which is not inside {text}."
            entry.report(EXCEPT_OUTSIDE, what, why="Cilium refuses the policy.")
            return None
        rest -= hole
        text += f"{' except ' if not number else ', '}{entry.value}"
    return _match(item, rest, outer, text)


def _match(field: Field, addresses: AddressSet, outer: AddressSet, text: str) -> Match:
    return Match(AddressPeer(addresses, pods=False, text=text, outer=outer, origin=field.origin, nodes=False))


def _read_addresses(field: Field) -> AddressSet | None:
    if isinstance(field.value, str) and "/" not in field.value:
        try:
            address = parse_address(field.value)
        except ValueError as error:
            field.report(BAD_CIDR, f"{field} is no address: {error}.")
            return None
        return AddressSet(((address, address),))
    return read_cidr(field)


def _groups(field: Field, reading: Reading) -> AddressSet | None:
    """The addresses of the group that is named, or of those that a selector finds."""
    groups = reading.objects.get(_GROUP, ())
    if field.path[-1] == "cidrGroupRef":
        chosen = [group for group in groups if group.ref.name == field.value]
        if not chosen:
            what = f"{field} names the CiliumCIDRGroup {field.value}, which is not in the input: it matches nothing."
            field.report(UNKNOWN_PEER, what, hint="Give the group with the policies.")
    else:
        selector = read_selector(field)
        if selector is None:
            return None
        chosen = [group for group in groups if selector.matches(_labels(group))]
    found = NO_ADDRESSES
    for group in chosen:
        for addresses in _external(group, reading):
            found |= addresses
    return found


def _external(group: RawObject, reading: Reading) -> Iterator[AddressSet]:
    ranges = spec_of(group, reading.findings).get("externalCIDRs")
    for item in (ranges.items() if ranges is not None else ()) or ():
        addresses = _read_addresses(item)
        if addresses is not None:
            yield addresses


def _labels(raw: RawObject) -> dict[str, str]:
    labels = (raw.body.get("metadata") or {}).get("labels")
    return labels if isinstance(labels, dict) else {}
