"""The exact engine: point verdicts with a trace, all pairs, and incremental updates."""

from ringfence.engine.core import Engine

__all__ = ["Engine"]
