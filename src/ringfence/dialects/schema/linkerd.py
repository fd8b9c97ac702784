"""Linkerd's authorization.

Source: linkerd/linkerd2, the CRDs in charts/linkerd-crds/templates/policy.
"""

from __future__ import annotations

from ringfence.dialects.schema.kubernetes import IP_BLOCK
from ringfence.dialects.schema.shapes import FLAG, PORT_OR_NAME, SELECTOR, TEXT, TEXTS, Fields, Items, Schema, Text

_KIND = Text(longest=63, least=1)
_NAME = Text(longest=253, least=1)
_REFERENCE = {"group": Text(longest=253), "kind": _KIND, "name": _NAME}
AUTHORIZATION_POLICY = Schema(
    ("v1alpha1",),
    {
        "spec": Fields(
            {
                "targetRef": Fields(_REFERENCE, required=("kind", "name")),
                "requiredAuthenticationRefs": Items(
                    Fields({**_REFERENCE, "namespace": Text(longest=253)}, required=("kind", "name"))
                ),
            },
            required=("targetRef", "requiredAuthenticationRefs"),
        )
    },
)
_ACCOUNT = Fields({"name": TEXT, "namespace": TEXT}, required=("name",))
SERVER_AUTHORIZATION = Schema(
    ("v1beta1", "v1alpha1"),
    {
        "spec": Fields(
            {
                "server": Fields({"name": TEXT, "selector": SELECTOR}, one_of=(("name", "selector"),)),
                "client": Fields(
                    {
                        "networks": Items(IP_BLOCK),
                        "unauthenticated": FLAG,
                        "meshTLS": Fields(
                            {"unauthenticatedTLS": FLAG, "identities": TEXTS, "serviceAccounts": Items(_ACCOUNT)}
                        ),
                    }
                ),
            },
            required=("server", "client"),
        )
    },
)
SERVER = Schema(
    ("v1beta3", "v1beta2", "v1beta1", "v1alpha1"),
    {
        "spec": Fields(
            {
                "podSelector": SELECTOR,
                "externalWorkloadSelector": SELECTOR,
                "port": PORT_OR_NAME,
                "proxyProtocol": TEXT,
                "accessPolicy": TEXT,
            },
            required=("port",),
            one_of=(("podSelector", "externalWorkloadSelector"),),
        )
    },
)
