"""NetworkPolicy, the admin policies of the Network Policy API, and MultiNetworkPolicy.

Source: Kubernetes API reference; network-policy-api v0.2.0; the MultiNetworkPolicy CRD of
k8snetworkplumbingwg/multi-networkpolicy. The readers check the whole ``spec`` of those that are evaluated.
"""

from __future__ import annotations

from ringfence.dialects.schema.shapes import (
    PORT,
    PORT_OR_NAME,
    RANGE,
    READ,
    SELECTOR,
    Fields,
    Items,
    Schema,
    Text,
)

NETWORK_POLICY = Schema(("v1", "v1beta1"), {"spec": READ}, required=())
CLUSTER_NETWORK_POLICY = Schema(("v1alpha2",), {"spec": READ})
ADMIN_NETWORK_POLICY = Schema(("v1alpha1",), {"spec": READ})

PROTOCOL = Text(("TCP", "UDP", "SCTP"))
NETWORK_POLICY_PORT = Fields({"protocol": PROTOCOL, "port": PORT_OR_NAME, "endPort": PORT})
IP_BLOCK = Fields({"cidr": RANGE, "except": Items(RANGE)}, required=("cidr",))
_PEER = Fields(
    {"podSelector": SELECTOR, "namespaceSelector": SELECTOR, "ipBlock": IP_BLOCK},
    at_most_one=(("ipBlock", "podSelector"), ("ipBlock", "namespaceSelector")),
)
TYPES = Items(Text(("Ingress", "Egress")))
INGRESS = Items(Fields({"from": Items(_PEER), "ports": Items(NETWORK_POLICY_PORT)}))
EGRESS = Items(Fields({"to": Items(_PEER), "ports": Items(NETWORK_POLICY_PORT)}))

MULTI_NETWORK_POLICY = Schema(
    ("v1beta1", "v1beta2"),
    {
        "spec": Fields(
            {"podSelector": SELECTOR, "ingress": INGRESS, "egress": EGRESS, "policyTypes": TYPES},
            required=("podSelector",),
        )
    },
)
