"""``toServices``: the pods behind a Service, or the addresses given for one without a selector.

Source: Cilium documentation, "Layer 3 policies", services based.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.cilium.matches import Match
from ringfence.dialects.fields import Field
from ringfence.dialects.reading import Reading
from ringfence.dialects.selectors import read_selector
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
    found: list[Match] = []
    for name, choose in (("k8sService", _by_name), ("k8sServiceSelector", _by_labels)):
        field = item.get(name)
        if field is None:
            continue
        if not field.is_mapping(code=UNKNOWN_PEER):
            return None
        services = choose(field, reading)
        if services is None:
            return None
        found.extend(match for service in services for match in _behind(service, field))
    return found


def _by_name(field: Field, reading: Reading) -> list[Service] | None:
    field.report_unknown(("serviceName", "namespace"))
    name, namespace = field.get("serviceName"), _namespace(field)
    chosen = [
        service
        for service in reading.snapshot.services
        if name is not None and (service.namespace, service.name) == (namespace, name.value)
    ]
    if not chosen:
        named = name.value if name is not None else ""
        field.report(
            UNKNOWN_PEER,
            f"{field} names the Service {namespace}/{named}, which is not in the input; it matches nothing.",
        )
    return chosen


def _by_labels(field: Field, reading: Reading) -> list[Service] | None:
    field.report_unknown(("selector", "namespace"))
    selector = read_selector(field.get("selector"))
    if selector is None:
        return None
    namespace = field.get("namespace")
    return [
        service
        for service in reading.snapshot.services
        if selector.matches(service.labels) and (namespace is None or service.namespace == namespace.value)
    ]


def _namespace(field: Field) -> str:
    given = field.get("namespace")
    return str(given.value) if given is not None and given.value else field.raw.ref.namespace or "default"


def _behind(service: Service, field: Field) -> Iterator[Match]:
    if service.selector:
        yield Match(PodPeer(service.namespace, pods=match_labels(service.selector), origin=field.origin))
        return
    addresses = AddressSet.of((address, address) for address, _ in service.endpoints)
    text = f"the addresses of Service {service.namespace}/{service.name}"
    yield Match(AddressPeer(addresses, pods=False, text=text, origin=field.origin, nodes=False))
