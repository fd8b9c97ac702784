"""EgressFirewall of OVN-Kubernetes, and EgressNetworkPolicy of OpenShift SDN.

Source: ovn-kubernetes, go-controller/pkg/crd/egressfirewall/v1/types.go and docs, "EgressFirewall"; OpenShift API
reference, "EgressFirewall" and "EgressNetworkPolicy". Only the name ``default`` is heeded of the first.
"""

from __future__ import annotations

import re

from ringfence.dialects.schema.kubernetes import PROTOCOL
from ringfence.dialects.schema.shapes import PORT, Fields, Items, Range, Schema, Selector, Text

_ACTION = Text(("Allow", "Deny"))
_CIDR = Range()
_FIREWALL_NAME = Text(pattern=re.compile(r"(\*\.)?([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+\.?"), what="DNS name")
_NAME = Text(pattern=re.compile(r"([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+\.?"), what="DNS name")
_PORTS = Items(Fields({"protocol": PROTOCOL, "port": PORT}, required=("protocol", "port")))

_TO = Fields(
    {"cidrSelector": _CIDR, "dnsName": _FIREWALL_NAME, "nodeSelector": Selector()},
    one_of=(("cidrSelector", "dnsName", "nodeSelector"),),
)
_RULE = Fields({"type": _ACTION, "to": _TO, "ports": _PORTS}, required=("type", "to"))
EGRESS_FIREWALL = Schema(("v1",), {"spec": Fields({"egress": Items(_RULE)}, required=("egress",))}, name="default")

_OLD_TO = Fields({"cidrSelector": _CIDR, "dnsName": _NAME}, one_of=(("cidrSelector", "dnsName"),))
_OLD_RULE = Fields({"type": _ACTION, "to": _OLD_TO}, required=("type", "to"))
EGRESS_NETWORK_POLICY = Schema(("v1",), {"spec": Fields({"egress": Items(_OLD_RULE)}, required=("egress",))})
