"""NetworkPolicy, GlobalNetworkPolicy and Tier ``projectcalico.org/v3``, and what their rules refer to."""
