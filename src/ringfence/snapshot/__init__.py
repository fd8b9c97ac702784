"""A cluster's policy-relevant state, redacted, as one small archive that the other commands read."""

from __future__ import annotations

from ringfence.snapshot.make import Archive, make

__all__ = ["Archive", "make"]
