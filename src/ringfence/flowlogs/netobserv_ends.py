"""The ends of NetObserv's records, in the names of fields of its releases."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ringfence.flowlogs import fields
from ringfence.model.flow import EndKind, FlowEnd

_KINDS = {"Pod": EndKind.POD, "Node": EndKind.NODE, "Service": EndKind.SERVICE}
_FIELDS = (
    *("Addr", "K8S_Type", "K8S_Name", "Pod", "K8S_Namespace", "Namespace"),
    *("K8S_OwnerName", "Workload", "K8S_OwnerType", "WorkloadKind"),
)
_KEYS = {side: tuple(f"{side}{name}" for name in _FIELDS) for side in ("Src", "Dst")}


def end(record: Mapping[str, Any], side: str) -> FlowEnd:
    """The end of ``Src`` or ``Dst``. Records have no labels of pods, only the workload that owns them.

    Of a Service whose packets were translated (the feature PacketTranslation) it is the address that they went to.
    """
    values = tuple(map(record.get, _KEYS[side]))
    cluster = record.get("K8S_ClusterName")
    try:
        found = _end(values, cluster)
    except TypeError:  # a list or object, where a text should be
        found = _end(tuple(value if isinstance(value, str) else "" for value in values), "")
    if found.kind is EndKind.SERVICE:
        pod = fields.address(record.get(f"Xlat{side}Addr"))
        if pod and pod != found.address:
            return FlowEnd(EndKind.UNKNOWN, pod, service=found.service, cluster=found.cluster)
    return found


def port(record: Mapping[str, Any], side: str, found: FlowEnd) -> int | None:
    """The port at an end; that of the pod, where the end of a Service was translated."""
    translated = found.kind is not EndKind.SERVICE and record.get(f"{side}K8S_Type") == "Service"
    return (fields.port(record.get(f"Xlat{side}Port")) if translated else None) or fields.port(
        record.get(f"{side}Port")
    )


@lru_cache(maxsize=1 << 14)
def _end(values: tuple[object, ...], in_cluster: object) -> FlowEnd:
    address, type_, k8s_name, pod, k8s_namespace, namespace_, k8s_owner, workload, owner_type, workload_kind = values
    written = fields.text(type_)
    name = fields.text(k8s_name) or fields.text(pod)
    namespace = fields.text(k8s_namespace) or fields.text(namespace_)
    owner = fields.text(k8s_owner) or fields.text(workload)
    owner_kind = fields.text(owner_type) or fields.text(workload_kind)
    kind = _KINDS.get(written, EndKind.UNKNOWN)
    if not written:
        kind = EndKind.POD if fields.text(pod) else _KINDS.get(owner_kind, EndKind.UNKNOWN)
        # The kind of the object is a label of its own in Loki; without it, an owner that makes pods tells as much.
        if kind is EndKind.UNKNOWN and owner_kind and namespace:
            kind = EndKind.POD
    if kind is EndKind.SERVICE:
        owner = owner_kind = ""
    return FlowEnd(
        kind,
        fields.address(address),
        namespace,
        name if kind in {EndKind.POD, EndKind.NODE} else "",
        f"{owner_kind}/{owner}" if owner and owner_kind else f"Node/{name}" if kind is EndKind.NODE and name else "",
        service=f"{namespace}/{name}" if kind is EndKind.SERVICE and namespace and name else "",
        cluster=fields.text(in_cluster),
    )
