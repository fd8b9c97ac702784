"""NetworkPolicy, GlobalNetworkPolicy and Tier ``projectcalico.org/v3``, and what their rules refer to."""

from ringfence.dialects.calico.tiers import DEFAULT_TIER, NETWORK_POLICY_ORDER, default_tier_in_use

__all__ = ["DEFAULT_TIER", "NETWORK_POLICY_ORDER", "default_tier_in_use"]
