"""FQDNNetworkPolicy of GKE, and the policies of Amazon EKS.

Source: GKE documentation, "Control Pod egress traffic using FQDN network policies" (``v1alpha1``), and the API of
gke-fqdnnetworkpolicies-golang (``v1alpha3``), which names its destinations otherwise; the CRDs of
aws/amazon-network-policy-controller-k8s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ringfence.dialects.schema.kubernetes import INGRESS, IP_BLOCK, NETWORK_POLICY_PORT, PROTOCOL, TYPES
from ringfence.dialects.schema.shapes import (
    ANYTHING,
    PORT,
    RANGE,
    SELECTOR,
    TEXT,
    Fields,
    Items,
    Number,
    Schema,
    Shape,
    Text,
)

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_NAME = Text(pattern=re.compile(rf"({_LABEL}\.)*{_LABEL}\.?"), what="DNS name", longest=255)
_PATTERN = Text(pattern=re.compile(rf"\*?([A-Za-z0-9-]*\.)({_LABEL}\.)*{_LABEL}\.?"), what="pattern of DNS names")
_MATCH = Fields({"name": _NAME, "pattern": _PATTERN}, one_of=(("name", "pattern"),))
_EGRESS = Fields(
    {
        "matches": Items(_MATCH),
        "to": Items(Fields({"fqdns": Items(_NAME)}, required=("fqdns",))),
        "ports": Items(NETWORK_POLICY_PORT),
    },
    one_of=(("matches", "to"),),
)
FQDN_NETWORK_POLICY = Schema(
    ("v1alpha1", "v1alpha2", "v1alpha3"),
    {
        "spec": Fields(
            {"podSelector": SELECTOR, "egress": Items(_EGRESS), "ingress": ANYTHING, "policyTypes": TYPES},
            required=("podSelector",),
        )
    },
)

_DOMAIN = Text(
    pattern=re.compile(
        r"(\*\.)?([A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?\.?"
    ),
    what="domain name; a wildcard is a prefix, such as *.example.com",
)
_PEER = Fields(
    {
        "domainNames": Items(_DOMAIN, least=1),
        "ipBlock": IP_BLOCK,
        "namespaceSelector": SELECTOR,
        "podSelector": SELECTOR,
    },
    at_most_one=(("domainNames", "ipBlock", "namespaceSelector"), ("domainNames", "ipBlock", "podSelector")),
)
APPLICATION_NETWORK_POLICY = Schema(
    ("v1alpha1",),
    {
        "spec": Fields(
            {
                "podSelector": SELECTOR,
                "policyTypes": TYPES,
                "ingress": INGRESS,
                "egress": Items(Fields({"to": Items(_PEER), "ports": Items(NETWORK_POLICY_PORT)})),
            },
            required=("podSelector",),
        )
    },
)

_MOST, _MOST_ITEMS = 100, 25
_PODS = Fields({"namespaceSelector": SELECTOR, "podSelector": SELECTOR}, required=("namespaceSelector", "podSelector"))
_PORT = Fields(
    {
        "namedPort": TEXT,
        "portNumber": Fields({"protocol": PROTOCOL, "port": PORT}, required=("port",)),
        "portRange": Fields({"protocol": PROTOCOL, "start": PORT, "end": PORT}, required=("start", "end")),
    },
    one_of=(("namedPort", "portNumber", "portRange"),),
)
_SOURCE: Mapping[str, Shape] = {"namespaces": SELECTOR, "pods": _PODS}
_DESTINATION: Mapping[str, Shape] = {
    **_SOURCE,
    "networks": Items(RANGE, _MOST_ITEMS, 1),
    "domainNames": Items(_DOMAIN, _MOST_ITEMS, 1),
}
_RULE: Mapping[str, Shape] = {
    "name": Text(longest=100),
    "action": Text(("Accept", "Deny", "Pass")),
    "ports": Items(_PORT, _MOST, 1),
}
_FROM = Items(Fields(_SOURCE, one_of=(tuple(_SOURCE),)), _MOST, 1)
_TO = Items(Fields(_DESTINATION, one_of=(tuple(_DESTINATION),)), _MOST, 1)
CLUSTER_NETWORK_POLICY = Schema(
    ("v1alpha1",),
    {
        "spec": Fields(
            {
                "tier": Text(("Admin", "Baseline")),
                "priority": Number(0, 1000),
                "subject": Fields(_SOURCE, one_of=(tuple(_SOURCE),)),
                "ingress": Items(Fields({**_RULE, "from": _FROM}, required=("action", "from")), _MOST),
                "egress": Items(Fields({**_RULE, "to": _TO}, required=("action", "to")), _MOST),
            },
            required=("tier", "priority", "subject"),
        )
    },
)
