"""Calico's tiers in words, for causes."""

from __future__ import annotations

_TIER = "tier "
_DEFAULT = "tier default"


def is_tier(stage: str) -> bool:
    """True where a stage is a tier of Calico."""
    return stage.startswith(_TIER)


def holds_network_policies(stage: str) -> bool:
    """True for the tier that NetworkPolicies stand in."""
    return stage == _DEFAULT


def decides_first(stage: str) -> str:
    """Why nothing that follows a rule of the tier that denies can change it."""
    return f"it is the first rule of {stage} that matches, and what follows it is not asked"


def where_isolated(stage: str) -> str:
    """What being guarded in a tier means, to follow the names of its policies; empty for other stages."""
    if stage == _DEFAULT:
        return f" in {stage}"
    return f" in {stage}, whose end denies what no rule of it passes on" if is_tier(stage) else ""
