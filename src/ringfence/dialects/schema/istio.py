"""Istio's request authentication, and what of its other kinds the readers don't look at.

Source: istio/api, security/v1 and networking/v1; Istio reference.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.dialects.schema.shapes import (
    ANYTHING,
    FLAG,
    LABELS,
    PORT,
    READ,
    TEXT,
    TEXTS,
    Fields,
    Items,
    Number,
    Schema,
    Shape,
    Table,
    Text,
    Within,
)

_VERSIONS = ("v1", "v1beta1")
_NETWORKING = ("v1", "v1beta1", "v1alpha3")
_TARGET = Fields(
    {
        "group": Text(longest=253),
        "kind": Text(longest=63, least=1),
        "name": Text(longest=253, least=1),
        "namespace": TEXT,
    },
    required=("kind", "name"),
)
_TARGETS = Items(_TARGET, 16)
_READ_TARGETS: Mapping[str, Shape] = {"targetRef": _TARGET, "targetRefs": _TARGETS}
_MODES = Text(("UNSET", "DISABLE", "PERMISSIVE", "STRICT"))

AUTHORIZATION_POLICY = Schema(
    _VERSIONS,
    {"spec": Within({**_READ_TARGETS, "provider": Fields({"name": TEXT}), "rules": READ})},
    required=(),
)
PEER_AUTHENTICATION = Schema(
    _VERSIONS,
    {"spec": Within({"mtls": Fields({"mode": _MODES}), "portLevelMtls": Table(Fields({"mode": _MODES}))})},
    required=(),
)
_HEADER = Fields({"name": Text(least=1), "prefix": TEXT}, required=("name",))
_CLAIM = Fields({"header": Text(least=1), "claim": Text(least=1)}, required=("header", "claim"))
_JWT_RULE = Fields(
    {
        "issuer": TEXT,
        "audiences": TEXTS,
        "jwksUri": Text(longest=2048),
        "jwks_uri": Text(longest=2048),
        "jwks": TEXT,
        "fromHeaders": Items(_HEADER),
        "fromParams": TEXTS,
        "fromCookies": TEXTS,
        "outputPayloadToHeader": TEXT,
        "forwardOriginalToken": FLAG,
        "outputClaimToHeaders": Items(_CLAIM),
        "spaceDelimitedClaims": TEXTS,
        "timeout": TEXT,
    },
    at_most_one=(("jwksUri", "jwks_uri", "jwks"),),
)
REQUEST_AUTHENTICATION = Schema(
    _VERSIONS,
    {
        "spec": Fields(
            {
                "selector": Fields({"matchLabels": Table(Text(longest=63))}),
                **_READ_TARGETS,
                "jwtRules": Items(_JWT_RULE, 4096),
            },
            at_most_one=(("selector", "targetRef", "targetRefs"),),
        )
    },
    required=(),
)

_PORT = Fields({"number": Number(0, 4294967295), "protocol": TEXT, "name": TEXT, "targetPort": PORT})
_SERVICE_PORT = Fields(
    {"number": PORT, "protocol": Text(longest=256), "name": Text(longest=256, least=1), "targetPort": PORT},
    required=("number", "name"),
)
_CAPTURE = Text(("DEFAULT", "IPTABLES", "NONE"))
_WORKLOADS = Fields({"labels": Table(Text(longest=63))})
_INGRESS = Fields(
    {
        "port": _PORT,
        "bind": TEXT,
        "captureMode": _CAPTURE,
        "defaultEndpoint": TEXT,
        "tls": ANYTHING,
        "connectionPool": ANYTHING,
    },
    required=("port",),
)
_EGRESS = Fields({"port": _PORT, "bind": TEXT, "captureMode": _CAPTURE, "hosts": TEXTS}, required=("hosts",))
_PROXY = Fields({"host": TEXT, "subset": TEXT, "port": Fields({"number": PORT})}, required=("host",))
SIDECAR = Schema(
    _NETWORKING,
    {
        "spec": Fields(
            {
                "workloadSelector": _WORKLOADS,
                "ingress": Items(_INGRESS),
                "egress": Items(_EGRESS),
                "inboundConnectionPool": ANYTHING,
                "outboundTrafficPolicy": Fields({"mode": Text(("REGISTRY_ONLY", "ALLOW_ANY")), "egressProxy": _PROXY}),
            }
        )
    },
    required=(),
)
_ENDPOINT = Fields(
    {
        "address": Text(longest=256),
        "ports": Table(PORT),
        "labels": LABELS,
        "network": Text(longest=2048),
        "locality": Text(longest=2048),
        "weight": Number(0, 4294967295),
        "serviceAccount": Text(longest=253),
    }
)
SERVICE_ENTRY = Schema(
    _NETWORKING,
    {
        "spec": Fields(
            {
                "hosts": Items(Text(least=1), 256, 1),
                "addresses": Items(Text(longest=64), 256),
                "ports": Items(_SERVICE_PORT, 256),
                "location": Text(("MESH_EXTERNAL", "MESH_INTERNAL")),
                "resolution": Text(("NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS")),
                "endpoints": Items(_ENDPOINT, 4096),
                "workloadSelector": _WORKLOADS,
                "exportTo": TEXTS,
                "subjectAltNames": TEXTS,
            },
            required=("hosts",),
            at_most_one=(("workloadSelector", "endpoints"),),
        )
    },
    required=("spec",),
)
