"""Objects that selectors match besides pods: network sets and host endpoints, as the addresses in them.

Source: Calico reference, NetworkSet, GlobalNetworkSet and HostEndpoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ringfence.dialects.calico.keys import in_namespace
from ringfence.dialects.calico.nets import read_nets
from ringfence.dialects.fields import spec_of
from ringfence.dialects.reading import Reading
from ringfence.model.addresses import NO_ADDRESSES, AddressSet
from ringfence.model.labels import LabelExpr, Labels
from ringfence.model.objects import RawObject
from ringfence.model.origin import Origin
from ringfence.model.policy import AddressPeer

GROUPS = ("projectcalico.org", "crd.projectcalico.org")
_STORED = "projectcalico.org/metadata"
_KINDS = {"NetworkSet": "nets", "GlobalNetworkSet": "nets", "HostEndpoint": "expectedIPs"}


def sets_matching(expr: LabelExpr, reading: Reading, origin: Origin) -> AddressPeer | None:
    """The addresses of the sets that an expression over the engine's keys matches; None where it matches none."""
    names: list[str] = []
    found = NO_ADDRESSES
    for raw, list_name in _sets(reading):
        if expr.matches(_labels(raw, reading)):
            addresses = _addresses(raw, list_name, reading)
            names.append(f"{raw.ref.kind} {raw.ref.name}")
            found |= addresses
    if not names:
        return None
    return AddressPeer(found, text=f"the addresses of {', '.join(names)}", origin=origin)


def host_endpoints(expr: LabelExpr, reading: Reading) -> list[str]:
    """The names of the host endpoints that an expression over the engine's keys matches."""
    found = (raw for group in GROUPS for raw in reading.objects.get((group, "HostEndpoint"), ()))
    return [raw.ref.name for raw in found if expr.matches(_labels(raw, reading))]


def _sets(reading: Reading) -> Iterator[tuple[RawObject, str]]:
    for group in GROUPS:
        for kind, list_name in _KINDS.items():
            for raw in reading.objects.get((group, kind), ()):
                yield raw, list_name


def _labels(raw: RawObject, reading: Reading) -> dict[str, str]:
    metadata = raw.body.get("metadata")
    own = _own_labels(metadata) if isinstance(metadata, dict) else {}
    space = reading.snapshot.namespaces.get(raw.ref.namespace)
    return in_namespace(own, raw.ref.namespace, space.labels if space is not None else {})


def _own_labels(metadata: dict[str, object]) -> Labels:
    """The labels of an object; of one as Calico stores it (``crd.projectcalico.org``), those that it wrote down.

    Source: libcalico-go keeps the metadata of the v3 object as JSON in the annotation of the stored one.
    """
    annotations = metadata.get("annotations")
    stored = annotations.get(_STORED) if isinstance(annotations, dict) else None
    written: object = None
    if isinstance(stored, str):
        try:
            written = json.loads(stored)
        except ValueError:
            written = None
    found: dict[str, str] = {}
    for given in (metadata, written):
        labels = given.get("labels") if isinstance(given, dict) else None
        if isinstance(labels, dict):
            found |= {key: value for key, value in labels.items() if isinstance(key, str) and isinstance(value, str)}
    return found


def _addresses(raw: RawObject, list_name: str, reading: Reading) -> AddressSet:
    field = spec_of(raw, reading.findings).get(list_name)
    return (read_nets(field) if field is not None else None) or NO_ADDRESSES
