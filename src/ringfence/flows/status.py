"""What a store has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ringfence.flows.edges import Coverage
from ringfence.flows.stored import StoredInput, StoredState


@dataclass(frozen=True, slots=True)
class Status:
    """``edges`` and ``parties`` are counted, parties by their kind, edges by their outcome."""

    path: str
    coverage: Coverage
    inputs: tuple[StoredInput, ...]
    states: tuple[StoredState, ...]
    edges: Counter[str]
    parties: Counter[str]
