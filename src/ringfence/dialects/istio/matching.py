"""Istio's way of matching texts: exactly, by prefix ``abc*``, by suffix ``*abc``, or by presence ``*``.

Source: Istio reference, "AuthorizationPolicy", Rule; "Trust Domain Migration" for principals.
"""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.model.labels import AnyOf, LabelExpr, Operator, Requirement
from ringfence.model.mesh_settings import LOCAL_TRUST_DOMAIN, MeshSettings

_PARTS = 4
"""An identity that has fewer parts than this before its account is no identity to Istio, and isn't translated."""


def any_of(key: str, patterns: Iterable[str]) -> LabelExpr:
    """The value of a key matches one of the patterns; without any, nothing does."""
    listed = tuple(patterns)
    exact = tuple(text for text in listed if "*" not in (text[:1], text[-1:]))
    parts: list[LabelExpr] = [Requirement(key, Operator.IN, exact)] if exact else []
    parts.extend(_one(key, text) for text in listed if text not in exact)
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def _one(key: str, text: str) -> LabelExpr:
    if text == "*":
        return Requirement(key, Operator.EXISTS)
    if text.startswith("*"):
        return Requirement(key, Operator.ENDS_WITH, (text[1:],))
    return Requirement(key, Operator.STARTS_WITH, (text[:-1],))


def local_principals(patterns: Iterable[str], settings: MeshSettings) -> tuple[str, ...]:
    """Patterns of identities as patterns of those that :func:`ringfence.model.derived.principal` makes.

    These are all of ``cluster.local``: the mesh's own trust domain and its aliases are the same there, and what names
    another one means nobody of this cluster and is left out.
    """
    found = (_local(text, settings) for text in patterns)
    return tuple(text for text in found if text is not None)


def _local(text: str, settings: MeshSettings) -> str | None:
    domain, slash, rest = text.partition("/")
    if domain in ("", "*"):
        return text
    if not slash:
        return _without_namespace(text, settings)
    own = (settings.trust_domain, *settings.aliases)
    if domain.startswith("*"):
        return f"*{LOCAL_TRUST_DOMAIN}/{rest}" if any(each.endswith(domain[1:]) for each in own) else None
    whole = text.count("/") + 1 >= _PARTS
    if domain == settings.trust_domain or (whole and domain in (*own, LOCAL_TRUST_DOMAIN)):
        return f"{LOCAL_TRUST_DOMAIN}/{rest}"
    return None


def _without_namespace(text: str, settings: MeshSettings) -> str | None:
    """A pattern without a slash: the end of an identity, or how its trust domain begins."""
    if text.startswith("*"):
        return text
    return "*" if text.endswith("*") and settings.trust_domain.startswith(text[:-1]) else None
