"""Ends in the words of a suite: whole namespaces, labels that select just these pods, workloads, and ranges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ringfence.model.addresses import (
    ALL_V4,
    ALL_V6,
    V4_MAX,
    V6_BASE,
    AddressSet,
    format_address,
)
from ringfence.model.internet import INTERNET
from ringfence.model.ports import ALL_PORTS, MAX_PORT, MIN_PORT, PortSet, Protocol
from ringfence.testing.init_units import Unit, Units

_FEW = 2
"""Up to so many workloads are named, even where labels would select them: names are plainer."""

_VOLATILE = ("pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/", "version", "batch.", "job-")
"""Labels that change by themselves, by the beginning of their keys."""


class Ends:
    """Writes ends. ``units`` are those of the whole cluster."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._namespaces = units.by_namespace()

    def written(self, members: Iterable[Unit], *, names: bool = False) -> list[Any]:
        """One text or mapping an end. With ``names``, pods are named one by one unless it is a whole namespace."""
        chosen = list(members)
        pods = [unit for unit in chosen if unit.pods]
        ranges = [unit for unit in chosen if not unit.pods]
        return [*self._pods(pods, names=names), *self._ranges(ranges)]

    def _pods(self, chosen: Sequence[Unit], *, names: bool) -> Iterator[Any]:
        if len(chosen) == len(self._units.pods) and len(self._namespaces) > 1:
            yield "any-pod"
            return
        whole: list[str] = []
        parts: list[Any] = []
        by_namespace: dict[str, list[Unit]] = {}
        for unit in chosen:
            by_namespace.setdefault(unit.namespace, []).append(unit)
        for namespace, members in by_namespace.items():
            everyone = self._namespaces[namespace]
            if len(members) == len(everyone):
                if len(members) == 1 and not names:
                    parts.append(members[0].text)
                else:
                    whole.append(namespace)
                continue
            labels = {} if names or len(members) <= _FEW else _selecting(members, everyone)
            if labels:
                parts.append({"namespace": namespace, "labels": labels})
            else:
                parts += [unit.text for unit in members]
        if whole:
            yield {"namespace": whole[0] if len(whole) == 1 else whole}
        yield from parts

    def _ranges(self, chosen: Sequence[Unit]) -> Iterator[Any]:
        if not chosen:
            return
        claimed = AddressSet.of([span for unit in chosen for span in unit.addresses])
        if INTERNET - self._units.known <= claimed:
            yield "internet"
            claimed -= INTERNET
            if claimed:
                yield from _cidrs(claimed)
            return
        shown = min((self._units.whole(chosen), claimed), key=lambda addresses: _length(_range(addresses)))
        yield from _range(shown)


def _selecting(members: Sequence[Unit], everyone: Sequence[Unit]) -> dict[str, str]:
    """One label that all pods of the members have, and no other pod of the namespace."""
    inside = [pod for unit in members for pod in unit.pods]
    chosen = {id(unit) for unit in members}
    outside = [pod for unit in everyone if id(unit) not in chosen for pod in unit.pods]
    common = set(inside[0].labels.items())
    for pod in inside[1:]:
        common &= pod.labels.items()
    for key, value in sorted(common):
        if not key.startswith(_VOLATILE) and not any(pod.labels.get(key) == value for pod in outside):
            return {key: value}
    return {}


# ---- addresses -------------------------------------------------------------------------------------------------------


def _range(addresses: AddressSet) -> list[Any]:
    """A set of addresses in as few words as there are: CIDRs, or one around them with exceptions."""
    plain: list[Any] = list(_cidrs(addresses))
    hulls = AddressSet.of(_hull(addresses & family) for family in (ALL_V4, ALL_V6) if addresses & family)
    less = list(_cidrs(hulls - addresses))
    if not less or len(plain) <= len(less) + len(hulls):
        return plain if len(plain) <= 1 else [{"addresses": plain}]
    outer = list(_cidrs(hulls))
    return [{"addresses": _one_or_list(outer), "except": _one_or_list(less)}]


def _length(ends: Sequence[Any]) -> int:
    return len(str(ends))


def _hull(addresses: AddressSet) -> tuple[int, int]:
    """The smallest CIDR of one family around a set."""
    lo, hi = addresses.intervals[0][0], addresses.intervals[-1][1]
    base, width = (0, 32) if hi <= V4_MAX else (V6_BASE, 128)
    bits = ((lo - base) ^ (hi - base)).bit_length()
    start = (lo - base) >> bits << bits
    return base + start, base + start + (1 << min(bits, width)) - 1


def _cidrs(addresses: AddressSet) -> Iterator[str]:
    """The CIDRs of a set, an address by itself for those of one; the fewest there are."""
    for lo, hi in addresses:
        base, width = (0, 32) if hi <= V4_MAX else (V6_BASE, 128)
        start, end = lo - base, hi - base
        while start <= end:
            size = min((start & -start).bit_length() - 1 if start else width, (end - start + 1).bit_length() - 1)
            text = format_address(base + start)
            yield text if size == 0 else f"{text}/{width - size}"
            start += 1 << size


def _one_or_list(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


# ---- ports -----------------------------------------------------------------------------------------------------------


def ports_written(ports: PortSet) -> Any:
    """``5432``, ``[53/UDP, 53]``, ``8000-8080``, ``any``."""
    if ports == ALL_PORTS:
        return "any"
    found: list[Any] = []
    for protocol in Protocol:
        suffix = "" if protocol is Protocol.TCP else f"/{protocol}"
        for lo, hi in ports.of_protocol(protocol):
            if lo == hi:
                found.append(lo if not suffix else f"{lo}{suffix}")
            else:
                whole = (lo, hi) == (MIN_PORT, MAX_PORT)
                found.append(f"{lo}-{hi}/TCP" if whole and not suffix else f"{lo}-{hi}{suffix}")
    return _one_or_list(found)
