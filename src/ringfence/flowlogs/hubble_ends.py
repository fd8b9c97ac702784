"""Ends of Hubble's flows: Cilium's identities and labels to pods, nodes and what is outside.

Reserved identities and their labels: https://docs.cilium.io/en/stable/gettingstarted/terminology/#special-identities
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringfence.flowlogs.fields import address
from ringfence.flowlogs.hubble_record import Endpoint, Service, decode_endpoint
from ringfence.model.flow import EndKind, FlowEnd

_RESERVED = {
    1: EndKind.NODE,  # host: the node that the record comes from
    2: EndKind.EXTERNAL,  # world
    4: EndKind.NODE,  # health: Cilium's own endpoint for probes between nodes
    6: EndKind.NODE,  # remote-node
    7: EndKind.API_SERVER,
    8: EndKind.NODE,  # ingress: the proxy of Ingress and Gateway, which has an address of the node's
    9: EndKind.EXTERNAL,  # world-ipv4
    10: EndKind.EXTERNAL,  # world-ipv6
}

_LABELS = {
    "reserved:kube-apiserver": EndKind.API_SERVER,  # first: it is told beside host, remote-node or world
    "reserved:host": EndKind.NODE,
    "reserved:remote-node": EndKind.NODE,
    "reserved:health": EndKind.NODE,
    "reserved:ingress": EndKind.NODE,
    "reserved:world": EndKind.EXTERNAL,
    "reserved:world-ipv4": EndKind.EXTERNAL,
    "reserved:world-ipv6": EndKind.EXTERNAL,
}

_CIDR = 1 << 24
"""Identities from here to twice as far are local to a node and stand for addresses (``fqdn:``, ``cidr:`` labels)."""

_FIRST = 256
"""The first identity of pods."""

_NAMESPACE = "k8s:io.kubernetes.pod.namespace="
_OWN = ("io.cilium.", "io.kubernetes.pod.namespace")
"""Labels that Cilium adds to those of the pod: its namespace and service account, and the namespace's labels."""


_MOST = 100_000


class Ends:
    """Makes ends, each distinct one once: there are few, and each is named in thousands of records."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, str, tuple[str, ...], tuple[str, str]], FlowEnd] = {}

    def make(self, raw: msgspec.Raw, ip: str, names: Sequence[str], service: Service | None) -> FlowEnd:
        """One end of a flow, from what its record says in four places. Any of them may be missing.

        Raises:
            msgspec.ValidationError: a field of the endpoint has another type than Hubble's.
        """
        where = ("", "") if service is None else (service.namespace, service.name)
        key = (bytes(raw), ip, tuple(names), where)
        known = self._known.get(key)
        if known is None:
            if len(self._known) > _MOST:
                self._known.clear()
            known = self._known[key] = _make(decode_endpoint(raw) or _NOBODY, ip, names, where)
        return known


def _make(endpoint: Endpoint, ip: str, names: Sequence[str], service: tuple[str, str]) -> FlowEnd:
    namespace = endpoint.namespace or next(
        (label.removeprefix(_NAMESPACE) for label in endpoint.labels if label.startswith(_NAMESPACE)), ""
    )
    workload = endpoint.workloads[0] if endpoint.workloads else None
    return FlowEnd(
        kind=_kind(endpoint, namespace),
        address=address(ip),
        namespace=namespace,
        pod=endpoint.pod_name,
        workload=f"{workload.kind}/{workload.name}" if workload is not None and workload.name else "",
        labels=_labels(endpoint.labels),
        names=tuple(sorted({name.rstrip(".") for name in names})),
        service="/".join(filter(None, service)) if service[1] else "",
        cluster=endpoint.cluster_name,
    )


_NOBODY = Endpoint()


def _kind(endpoint: Endpoint, namespace: str) -> EndKind:
    if endpoint.pod_name:
        return EndKind.POD
    for label, kind in _LABELS.items():
        if label in endpoint.labels:
            return kind
    reserved = _RESERVED.get(endpoint.identity)
    if reserved is not None:
        return reserved
    if _CIDR <= endpoint.identity < 2 * _CIDR or any(label.startswith(("cidr:", "fqdn:")) for label in endpoint.labels):
        return EndKind.EXTERNAL
    return EndKind.POD if namespace else EndKind.UNKNOWN


def kind_of_identity(identity: str) -> EndKind:
    """What an identity is that stands in a text: by its number, or by its name if it is reserved."""
    kind = _LABELS.get(f"reserved:{identity}")
    if kind is not None or not (identity.isascii() and identity.isdigit() and len(identity) < 12):
        return kind or EndKind.UNKNOWN
    number = int(identity)
    if number in _RESERVED:
        return _RESERVED[number]
    if _CIDR <= number < 2 * _CIDR:
        return EndKind.EXTERNAL
    return EndKind.POD if _FIRST <= number < _CIDR else EndKind.UNKNOWN


def _labels(labels: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = set()
    for label in labels:
        source, _, pair = label.partition(":")
        if source == "k8s" and not pair.startswith(_OWN):
            key, _, value = pair.partition("=")
            found.add((key, value))
    return tuple(sorted(found))
