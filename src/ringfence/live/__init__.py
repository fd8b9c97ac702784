"""The API server as an input: kinds, lists, and what it refused, as texts.

Nothing here knows what the objects mean: ``sources`` says which kinds it wants, and reads them.
"""

from __future__ import annotations

from ringfence.live.target import PREFIX, Target

__all__ = ["PREFIX", "Target"]
