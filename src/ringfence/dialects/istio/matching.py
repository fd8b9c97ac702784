"""Istio's way of matching texts: exactly, by prefix ``abc*``, by suffix ``*abc``, or by presence ``*``.

Source: Istio reference, "AuthorizationPolicy", Rule.
"""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.model.labels import AnyOf, LabelExpr, Operator, Requirement


def any_of(key: str, patterns: Iterable[str]) -> LabelExpr:
    """The value of a key matches one of the patterns."""
    listed = tuple(patterns)
    exact = tuple(text for text in listed if "*" not in (text[:1], text[-1:]))
    parts: list[LabelExpr] = [Requirement(key, Operator.IN, exact)] if exact else []
    parts.extend(_one(key, text) for text in listed if text not in exact)
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def _one(key: str, text: str) -> LabelExpr:
    if text == "*":
        return Requirement(key, Operator.EXISTS)
    if text.endswith("*"):
        return Requirement(key, Operator.STARTS_WITH, (text[:-1],))
    return Requirement(key, Operator.ENDS_WITH, (text[1:],))
