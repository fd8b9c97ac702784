"""What a mistyped name was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MANY = 5_000
"""Comparing costs about 20 µs a name: more names than this are first thinned out by how they begin."""

_MARGIN = 0.05


def nearest(text: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """Up to ``limit`` of ``names`` that look like ``text``, best first; empty where none comes close.

    A name that is clearly further off than the best one is left out.
    """
    pool = list(names)
    if len(pool) > _MANY:
        start = text[:3]
        pool = [name for name in pool if name.startswith(start)][:_MANY]
    found = difflib.get_close_matches(text, pool, n=limit, cutoff=0.6)
    likeness = [difflib.SequenceMatcher(None, name, text).ratio() for name in found]
    return [name for name, ratio in zip(found, likeness, strict=True) if ratio >= likeness[0] - _MARGIN]


def did_you_mean(text: str, names: Iterable[str]) -> str:
    """`` Did you mean a or b?``, or nothing where no name comes close."""
    found = nearest(text, names)
    return f" Did you mean {' or '.join(found)}?" if found else ""
