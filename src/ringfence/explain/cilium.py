"""What answers say of Cilium's policies, and of no others."""

from __future__ import annotations

from ringfence.model.origin import ObjectRef

CILIUM_DENY = "cilium-deny"
"""The stage of the denies of all of Cilium's policies."""

DENY_WINS = "a deny of Cilium wins over every allow"


def is_cilium(ref: ObjectRef) -> bool:
    """True for a CiliumNetworkPolicy or a CiliumClusterwideNetworkPolicy."""
    return ref.api_version.startswith("cilium.io/")
