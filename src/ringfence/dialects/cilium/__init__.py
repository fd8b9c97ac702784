"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy ``cilium.io/v2``."""

from ringfence.dialects.cilium.policy import CILIUM_DENY, read_cilium_policy

__all__ = ["CILIUM_DENY", "read_cilium_policy"]
