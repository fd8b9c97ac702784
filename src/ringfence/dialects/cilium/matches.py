"""A peer together with what must hold besides, so that a rule can be split into parts that are as certain."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.model.policy import Condition, Peer


@dataclass(frozen=True, slots=True)
class Match:
    """One peer; ``condition`` is what the input can't tell about it."""

    peer: Peer
    condition: Condition | None = None
