"""The parts of Cilium's policies that only layer 7 and the agent look at, and CiliumCIDRGroup.

Source: Rule, L7Rules, PortRuleHTTP, PortRuleKafka, ICMPField and HeaderMatch in Cilium's pkg/policy/api; the
CiliumCIDRGroup CRD.
"""

from __future__ import annotations

import re

from ringfence.dialects.schema.shapes import (
    FLAG,
    LABELS,
    RANGE,
    TEXT,
    TEXTS,
    Fields,
    Items,
    Number,
    NumberOrName,
    Schema,
    Text,
    Within,
)

_MOST = 40
_HEADER = Fields(
    {
        "mismatch": Text(("LOG", "ADD", "DELETE", "REPLACE")),
        "name": Text(least=1),
        "secret": Fields({"name": Text(least=1), "namespace": TEXT}, required=("name",)),
        "value": TEXT,
    },
    required=("name",),
)
_HTTP = Fields({"path": TEXT, "method": TEXT, "host": TEXT, "headers": TEXTS, "headerMatches": Items(_HEADER)})
_KAFKA = Fields(
    {
        "role": Text(("produce", "consume")),
        "apiKey": Text(longest=255),
        "apiVersion": Text(longest=255),
        "clientID": Text(longest=255),
        "topic": Text(longest=255),
    },
    at_most_one=(("role", "apiKey"),),
)
_NAME = Text(pattern=re.compile(r"[-a-zA-Z0-9_.]{1,255}"), what="DNS name")
_PATTERN = Text(pattern=re.compile(r"[-a-zA-Z0-9_.*]{1,255}"), what="pattern of DNS names")
_DNS = Fields({"matchName": _NAME, "matchPattern": _PATTERN})
_RULES = Fields(
    {"http": Items(_HTTP), "kafka": Items(_KAFKA), "dns": Items(_DNS), "l7proto": TEXT, "l7": Items(LABELS)},
    at_most_one=(("http", "kafka", "dns", "l7"), ("http", "l7proto"), ("kafka", "l7proto"), ("dns", "l7proto")),
)
_SECRET = Fields({"name": Text(least=1), "namespace": TEXT}, required=("name",))
_TLS = Fields({"secret": _SECRET, "trustedCA": TEXT, "certificate": TEXT, "privateKey": TEXT}, required=("secret",))
_LISTENER = Fields(
    {
        "envoyConfig": Fields(
            {"kind": Text(("CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig")), "name": Text(least=1)},
            required=("name",),
        ),
        "name": Text(least=1),
        "priority": Number(1, 100),
    },
    required=("envoyConfig", "name"),
)
_PORTS = Within(
    {
        "rules": _RULES,
        "serverNames": Items(Text(least=1)),
        "listener": _LISTENER,
        "originatingTLS": _TLS,
        "terminatingTLS": _TLS,
    }
)
# The name of a type is as good as its number.
_ICMP = Fields({"family": Text(("IPv4", "IPv6")), "type": NumberOrName(0, 255)}, required=("type",))
_ICMPS = Items(Fields({"fields": Items(_ICMP, _MOST)}))
_AUTHENTICATION = Fields({"mode": Text(("disabled", "required", "test-always-fail"))}, required=("mode",))
_RULE = Within({"toPorts": _PORTS, "icmps": _ICMPS, "authentication": _AUTHENTICATION})
_RULE_LABEL = Fields({"key": TEXT, "value": TEXT, "source": TEXT}, required=("key",))
_SPEC = Within(
    {
        "description": TEXT,
        "labels": Items(_RULE_LABEL),
        "log": Fields({"value": Text(longest=32)}),
        "enableDefaultDeny": Fields({"ingress": FLAG, "egress": FLAG}),
        "ingress": _RULE,
        "ingressDeny": _RULE,
        "egress": _RULE,
        "egressDeny": _RULE,
    }
)

POLICY = Schema(("v2",), {"spec": _SPEC, "specs": _SPEC}, required=())
CIDR_GROUP = Schema(("v2", "v2alpha1"), {"spec": Fields({"externalCIDRs": Items(RANGE)}, required=("externalCIDRs",))})
