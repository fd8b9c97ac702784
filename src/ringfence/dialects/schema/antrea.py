"""Antrea's policies, tiers and groups.

Source: antrea-io/antrea, pkg/apis/crd/v1beta1/types.go and docs/antrea-network-policy.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.dialects.schema.kubernetes import PROTOCOL
from ringfence.dialects.schema.shapes import (
    FLAG,
    PORT,
    PORT_OR_NAME,
    RANGE,
    SELECTOR,
    TEXT,
    TEXTS,
    Fields,
    Items,
    Number,
    Schema,
    Shape,
    Text,
)

_VERSIONS = ("v1beta1", "v1alpha1")
_LOWEST, _HIGHEST = 1, 10000
_NAMED = Fields({"name": TEXT, "namespace": TEXT}, required=("name", "namespace"))
_IP_BLOCK = Fields({"cidr": RANGE}, required=("cidr",))
_APPLIED_TO = Fields(
    {
        "podSelector": SELECTOR,
        "namespaceSelector": SELECTOR,
        "externalEntitySelector": SELECTOR,
        "nodeSelector": SELECTOR,
        "group": TEXT,
        "serviceAccount": _NAMED,
        "service": _NAMED,
    },
    at_most_one=(
        ("podSelector", "group", "serviceAccount", "service", "nodeSelector", "externalEntitySelector"),
        ("namespaceSelector", "group", "serviceAccount", "service", "nodeSelector"),
    ),
)
_NAMESPACES = Fields({"match": Text(("Self",)), "sameLabels": TEXTS}, one_of=(("match", "sameLabels"),))
_SCOPE = Text(("Cluster", "ClusterSet"))
_PEER = Fields(
    {
        "ipBlock": _IP_BLOCK,
        "podSelector": SELECTOR,
        "namespaceSelector": SELECTOR,
        "namespaces": _NAMESPACES,
        "externalEntitySelector": SELECTOR,
        "nodeSelector": SELECTOR,
        "group": TEXT,
        "fqdn": TEXT,
        "serviceAccount": _NAMED,
        "scope": _SCOPE,
    },
    at_most_one=(
        ("ipBlock", "podSelector", "group", "fqdn", "serviceAccount", "nodeSelector", "externalEntitySelector"),
        ("ipBlock", "namespaceSelector", "namespaces", "group", "fqdn", "serviceAccount", "nodeSelector"),
    ),
)
_PORT = Fields({"protocol": PROTOCOL, "port": PORT_OR_NAME, "endPort": PORT, "sourcePort": PORT, "sourceEndPort": PORT})
_PROTOCOL = Fields(
    {
        "icmp": Fields({"icmpType": Number(0, 255), "icmpCode": Number(0, 255)}),
        "igmp": Fields({"igmpType": Number(), "groupAddress": TEXT}),
    },
    one_of=(("icmp", "igmp"),),
)
_METHODS = ("GET", "POST", "PUT", "HEAD", "DELETE", "TRACE", "OPTIONS", "CONNECT", "PATCH")
_LAYER7 = Fields(
    {
        "http": Fields({"host": TEXT, "method": Text(_METHODS), "path": TEXT}),
        "tls": Fields({"sni": TEXT}),
    }
)
_COMMON: Mapping[str, Shape] = {
    "action": Text(("Allow", "Drop", "Reject", "Pass")),
    "ports": Items(_PORT),
    "protocols": Items(_PROTOCOL),
    "l7Protocols": Items(_LAYER7),
    "name": TEXT,
    "enableLogging": FLAG,
    "logLabel": TEXT,
    "appliedTo": Items(_APPLIED_TO),
}
_INGRESS = Fields({**_COMMON, "from": Items(_PEER)}, required=("action",))
_SERVICE = Fields({"name": TEXT, "namespace": TEXT, "scope": _SCOPE}, required=("name",))
_EGRESS = Fields(
    {**_COMMON, "to": Items(_PEER), "toServices": Items(_SERVICE)},
    required=("action",),
    at_most_one=(("to", "toServices"), ("ports", "toServices")),
)
POLICY = Schema(
    _VERSIONS,
    {
        "spec": Fields(
            {
                "tier": TEXT,
                "priority": Number(_LOWEST, _HIGHEST, whole=False),
                "appliedTo": Items(_APPLIED_TO),
                "ingress": Items(_INGRESS),
                "egress": Items(_EGRESS),
            },
            required=("priority",),
        )
    },
)
TIER = Schema(
    _VERSIONS,
    {"spec": Fields({"priority": Number(0, 255), "description": TEXT}, required=("priority",))},
)
GROUP = Schema(
    ("v1beta1", "v1alpha3"),
    {
        "spec": Fields(
            {
                "podSelector": SELECTOR,
                "namespaceSelector": SELECTOR,
                "externalEntitySelector": SELECTOR,
                "ipBlocks": Items(_IP_BLOCK),
                "serviceReference": _NAMED,
                "childGroups": TEXTS,
            },
            at_most_one=(
                ("podSelector", "externalEntitySelector", "ipBlocks", "serviceReference", "childGroups"),
                ("namespaceSelector", "ipBlocks", "serviceReference", "childGroups"),
            ),
        )
    },
)
