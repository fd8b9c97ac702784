"""Patterns of DNS names: the same text means a different set of names in each dialect.

Every rule is on the name that is *queried*; the names behind a CNAME play no part. Case and a dot at the end don't
matter.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_CHAR = "[-a-z0-9_]"
_LABEL = f"{_CHAR}+"
_NAME = re.compile(rf"(?=.{{1,253}}$)(?:{_CHAR}{{1,63}}\.)*{_CHAR}{{1,63}}")


class NameSyntax(enum.Enum):
    """How a dialect reads ``*``."""

    EXACT = "exact"
    """Not at all: a name is itself."""
    CILIUM = "cilium"
    """``*`` is any run of characters within one label, alone every name; ``**.`` in front is one or more labels.

    Source: Cilium, FQDNSelector ``matchPattern`` (API reference); ``**.`` has this meaning since Cilium 1.19, and was
    one label before.
    """
    CALICO = "calico"
    """One ``*``, in the place of a whole label, is one or more labels.

    Source: Calico Enterprise, "DNS policy", domain name matching.
    """
    ANTREA = "antrea"
    """``*`` is any run of characters, dots too, so that ``*example.com`` is the apex as well.

    Source: Antrea, "Antrea Network Policy CRDs", FQDN based policy.
    """
    PREFIX = "prefix"
    """``*.`` in front is one or more labels; there is no other place for it.

    Source: network-policy-api, NPEP-133 (``domainNames`` of ClusterNetworkPolicy); Amazon EKS,
    ApplicationNetworkPolicy.
    """
    ONE_LABEL = "one label"
    """``*.`` in front is one label; there is no other place for it.

    Source: OVN-Kubernetes, EgressFirewall ``dnsName``; Google Kubernetes Engine, "FQDN network policies".
    """


@dataclass(frozen=True, slots=True)
class NameLimits:
    """How many addresses an enforcer takes: of all names of a policy together, and of one name."""

    policy: int
    name: int


GKE_LIMITS = NameLimits(policy=50, name=100)
"""Source: Google Kubernetes Engine, "FQDN network policies", requirements and limitations."""


def canonical(name: str) -> str:
    """A name or pattern in lower case, without the dot at its end."""
    return name.strip().lower().removesuffix(".")


def is_name(text: str) -> bool:
    """True for a DNS name: labels of up to 63 letters, digits, hyphens and underscores, 253 characters in all."""
    return _NAME.fullmatch(canonical(text)) is not None


def name_matches(syntax: NameSyntax, pattern: str, name: str) -> bool:
    """True where a dialect's pattern matches a queried name. A pattern that the dialect refuses matches nothing."""
    return next(names_matching(syntax, pattern, (canonical(name),)), None) is not None


def names_matching(syntax: NameSyntax, pattern: str, names: Iterable[str]) -> Iterator[str]:
    """Those of ``names``, which are canonical, that a dialect's pattern matches."""
    pattern = canonical(pattern)
    if "*" not in pattern:
        yield from (name for name in names if name == pattern)
    elif not pattern_problem(syntax, pattern):
        match, end = _regex(syntax, pattern).fullmatch, pattern.rpartition("*")[2]
        yield from (name for name in names if name.endswith(end) and match(name))


def pattern_problem(syntax: NameSyntax, pattern: str) -> str:
    """What is wrong with a pattern in a dialect, as the end of a sentence; empty where nothing is."""
    pattern = canonical(pattern)
    plain = re.sub(r"\*+", "x", pattern)
    if not is_name(plain):
        return "is no DNS name"
    if plain == pattern:
        return ""
    match syntax:
        case NameSyntax.EXACT:
            return "has a wildcard, and only whole names are allowed"
        case NameSyntax.CALICO:
            labels = pattern.split(".")
            if pattern.count("*") > 1:
                return "has more than one *"
            return "" if "*" in labels else "has a * that is not a whole label"
        case NameSyntax.PREFIX | NameSyntax.ONE_LABEL:
            return "" if re.fullmatch(r"\*\.[^*]+", pattern) else "has a * elsewhere than as the whole first label"
    return ""


@lru_cache(maxsize=4096)
def _regex(syntax: NameSyntax, pattern: str) -> re.Pattern[str]:
    match syntax:
        case NameSyntax.CILIUM:
            return _cilium(pattern)
        case NameSyntax.ANTREA:
            return re.compile(_with_stars(pattern, "[-a-z0-9_.]*"))
        case NameSyntax.CALICO:
            return re.compile(_with_stars(pattern, rf"{_LABEL}(?:\.{_LABEL})*"))
        case NameSyntax.PREFIX:
            return re.compile(rf"(?:{_LABEL}\.)+{re.escape(pattern.removeprefix('*.'))}")
        case _:
            return re.compile(rf"{_LABEL}\.{re.escape(pattern.removeprefix('*.'))}")


def _cilium(pattern: str) -> re.Pattern[str]:
    if not pattern.strip("*"):
        return re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
    rest = pattern.lstrip("*")
    if pattern.startswith("**") and rest.startswith("."):
        return re.compile(rf"(?:{_LABEL}\.)+{_with_stars(rest[1:], f'{_CHAR}*')}")
    return re.compile(_with_stars(pattern, f"{_CHAR}*"))


def _with_stars(pattern: str, star: str) -> str:
    """A pattern as a regular expression, each run of stars as ``star``."""
    return star.join(re.escape(part) for part in re.split(r"\*+", pattern))


__all__ = [
    "GKE_LIMITS",
    "NameLimits",
    "NameSyntax",
    "canonical",
    "is_name",
    "name_matches",
    "names_matching",
    "pattern_problem",
]
