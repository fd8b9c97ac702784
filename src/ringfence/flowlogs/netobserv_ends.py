"""The ends of NetObserv's records, in the names of fields of its releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringfence.flowlogs import fields
from ringfence.model.flow import EndKind, FlowEnd

_KINDS = {"Pod": EndKind.POD, "Node": EndKind.NODE, "Service": EndKind.SERVICE}


def end(record: Mapping[str, Any], side: str) -> FlowEnd:
    """The end of ``Src`` or ``Dst``. Records have no labels of pods, only the workload that owns them."""

    def value(*names: str) -> str:
        return next((text for name in names if (text := fields.text(record.get(f"{side}{name}")))), "")

    name, namespace = value("K8S_Name", "Pod"), value("K8S_Namespace", "Namespace")
    owner, owner_kind = value("K8S_OwnerName", "Workload"), value("K8S_OwnerType", "WorkloadKind")
    written = value("K8S_Type")
    kind = _KINDS.get(written, EndKind.UNKNOWN)
    if kind is EndKind.UNKNOWN and not written:
        if value("Pod"):
            kind = EndKind.POD
        else:
            kind = _KINDS.get(owner_kind, EndKind.UNKNOWN)
            # The kind of the object is a label of its own in Loki; without it, an owner that makes pods tells as much.
            if kind is EndKind.UNKNOWN and owner_kind and namespace:
                kind = EndKind.POD
    if kind is EndKind.SERVICE:
        owner = owner_kind = ""
    return FlowEnd(
        kind,
        fields.address(record.get(f"{side}Addr")),
        namespace,
        name if kind is EndKind.POD else "",
        f"{owner_kind}/{owner}" if owner and owner_kind else f"Node/{name}" if kind is EndKind.NODE and name else "",
        service=f"{namespace}/{name}" if kind is EndKind.SERVICE and namespace and name else "",
        cluster=fields.text(record.get("K8S_ClusterName")),
    )
