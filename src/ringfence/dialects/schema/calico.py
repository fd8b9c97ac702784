"""The parts of Calico's policies that their reader doesn't look at, staged policies, and what policies refer to.

Source: projectcalico/api, pkg/apis/projectcalico/v3; Calico reference. Staged policies have the rules of their kind.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.dialects.schema.kubernetes import EGRESS, INGRESS
from ringfence.dialects.schema.shapes import (
    FLAG,
    LABELS,
    PORT,
    SELECTOR,
    TEXT,
    TEXTS,
    Fields,
    Items,
    Number,
    NumberOrName,
    Range,
    Schema,
    Shape,
    Text,
    Within,
)

_VERSIONS = ("v3", "v1")
_NET = Range(bare=True)
_PORT = NumberOrName(0)
_PROTOCOL = NumberOrName(1, 255)
_ICMP = Fields({"type": Number(0, 254), "code": Number(0, 255)})
_HTTP = Fields(
    {"methods": TEXTS, "paths": Items(Fields({"exact": TEXT, "prefix": TEXT}, one_of=(("exact", "prefix"),)))}
)
_RULE_METADATA = Fields({"annotations": LABELS})
_IP_VERSION = Number(4, 6)
_TYPES = Items(Text(("Ingress", "Egress")))
_HINTS = Items(Text(("AssumeNeededOnEveryNode",)))
_ENTITY = Fields(
    {
        "nets": Items(_NET),
        "notNets": Items(_NET),
        "selector": TEXT,
        "notSelector": TEXT,
        "namespaceSelector": TEXT,
        "services": Fields({"name": TEXT, "namespace": TEXT}, required=("name",)),
        "ports": Items(_PORT),
        "notPorts": Items(_PORT),
        "serviceAccounts": Fields({"names": TEXTS, "selector": TEXT}),
        "domains": TEXTS,
    }
)
_RULE = Fields(
    {
        "action": Text(("Allow", "Deny", "Log", "Pass")),
        "ipVersion": _IP_VERSION,
        "protocol": _PROTOCOL,
        "notProtocol": _PROTOCOL,
        "icmp": _ICMP,
        "notICMP": _ICMP,
        "source": _ENTITY,
        "destination": _ENTITY,
        "http": _HTTP,
        "metadata": _RULE_METADATA,
    },
    required=("action",),
)
_UNREAD_IN_RULES = Within(
    {"icmp": _ICMP, "notICMP": _ICMP, "ipVersion": _IP_VERSION, "http": _HTTP, "metadata": _RULE_METADATA}
)
_FLAGS: Mapping[str, Shape] = {"doNotTrack": FLAG, "preDNAT": FLAG, "applyOnForward": FLAG}
_READ = Within({"ingress": _UNREAD_IN_RULES, "egress": _UNREAD_IN_RULES, "performanceHints": _HINTS, **_FLAGS})
NETWORK_POLICY = Schema(_VERSIONS, {"spec": _READ}, required=())
GLOBAL_NETWORK_POLICY = NETWORK_POLICY

_STAGED: Mapping[str, Shape] = {
    "stagedAction": Text(("Set", "Delete", "Learn", "Ignore")),
    "tier": TEXT,
    "order": Number(whole=False),
    "selector": TEXT,
    "serviceAccountSelector": TEXT,
    "types": _TYPES,
    "ingress": Items(_RULE),
    "egress": Items(_RULE),
    "performanceHints": _HINTS,
}
STAGED_NETWORK_POLICY = Schema(_VERSIONS, {"spec": Fields(_STAGED)}, required=())
STAGED_GLOBAL_NETWORK_POLICY = Schema(
    _VERSIONS, {"spec": Fields({**_STAGED, "namespaceSelector": TEXT, **_FLAGS})}, required=()
)
STAGED_KUBERNETES_NETWORK_POLICY = Schema(
    _VERSIONS,
    {
        "spec": Fields(
            {
                "stagedAction": _STAGED["stagedAction"],
                "podSelector": SELECTOR,
                "ingress": INGRESS,
                "egress": EGRESS,
                "policyTypes": _TYPES,
            }
        )
    },
    required=(),
)
TIER = Schema(
    _VERSIONS, {"spec": Fields({"order": Number(whole=False), "defaultAction": Text(("Deny", "Pass"))})}, required=()
)
NETWORK_SET = Schema(_VERSIONS, {"spec": Fields({"nets": Items(_NET), "allowedEgressDomains": TEXTS})}, required=())
_ENDPOINT_PORT = Fields(
    {"name": TEXT, "protocol": _PROTOCOL, "port": PORT, "hostPort": Number(0, 65535), "hostIP": TEXT},
    required=("name", "protocol", "port"),
)
HOST_ENDPOINT = Schema(
    _VERSIONS,
    {
        "spec": Fields(
            {
                "node": TEXT,
                "interfaceName": Text(longest=15),
                "expectedIPs": Items(_NET),
                "profiles": TEXTS,
                "ports": Items(_ENDPOINT_PORT),
            }
        )
    },
    required=(),
)
PROFILE = Schema(
    _VERSIONS,
    {"spec": Fields({"ingress": Items(_RULE), "egress": Items(_RULE), "labelsToApply": LABELS})},
    required=(),
)
