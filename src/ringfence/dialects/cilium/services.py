"""``toServices``: the pods behind a Service, or the addresses given for one without a selector.

Source: Cilium documentation, "Layer 3 policies", services based.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.cilium.labels import split_source
from ringfence.dialects.cilium.matches import Match
from ringfence.dialects.fields import Field
from ringfence.dialects.reading import Reading
from ringfence.dialects.selectors import kubernetes_key, read_selector
from ringfence.model.addresses import AddressSet
from ringfence.model.codes import UNKNOWN_PEER
from ringfence.model.labels import match_labels
from ringfence.model.objects import Service
from ringfence.model.policy import AddressPeer, PodPeer


def read_service(item: Field, reading: Reading) -> list[Match] | None:
    """What one item of ``toServices`` stands for; None, with findings, where it is refused."""
    if not item.is_mapping(code=UNKNOWN_PEER):
        return None
    item.report_unknown(("k8sService", "k8sServiceSelector"))
    selected = item.get("k8sServiceSelector")
    field, choose = (item.get("k8sService"), _by_name) if selected is None else (selected, _by_labels)
    if field is None:
        return []
    if not field.is_mapping(code=UNKNOWN_PEER):
        return None
    services = choose(field, reading)
    return None if services is None else [match for service in services for match in _behind(service, field)]


def _by_name(field: Field, reading: Reading) -> list[Service] | None:
    field.report_unknown(("serviceName", "namespace"))
    name, namespace = field.get("serviceName"), field.get("namespace")
    chosen = [
        service
        for service in reading.snapshot.services
        if name is not None and service.name == name.value and _in_namespace(service, namespace)
    ]
    if not chosen:
        named = "/".join(str(part.value) for part in (namespace, name) if part is not None)
        what = f"{field} names the Service {named}, which is not in the input; it matches nothing."
        field.report(UNKNOWN_PEER, what)
    return chosen


def _by_labels(field: Field, reading: Reading) -> list[Service] | None:
    field.report_unknown(("selector", "namespace"))
    selector = read_selector(field.get("selector"), _label_key)
    if selector is None:
        return None
    namespace = field.get("namespace")
    return [
        service
        for service in reading.snapshot.services
        if selector.matches(service.labels) and _in_namespace(service, namespace)
    ]


def _label_key(field: Field, key: object) -> str | None:
    return kubernetes_key(field, split_source(key)[1] if isinstance(key, str) else key)


def _in_namespace(service: Service, namespace: Field | None) -> bool:
    """A reference that names no namespace means Services of that name in each.

    Source: serviceRefMatches and serviceSelectorMatches in ``pkg/policy/k8s`` of Cilium.
    """
    return namespace is None or namespace.value in ("", service.namespace)


def _behind(service: Service, field: Field) -> Iterator[Match]:
    if service.selector:
        yield Match(PodPeer(service.namespace, pods=match_labels(service.selector), origin=field.origin))
        return
    addresses = AddressSet.of((address, address) for address, _ in service.endpoints)
    text = f"the addresses of Service {service.namespace}/{service.name}"
    yield Match(AddressPeer(addresses, pods=False, text=text, origin=field.origin, nodes=False))
