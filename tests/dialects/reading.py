"""Policies in YAML, read without a loader."""

from __future__ import annotations

from ringfence.dialects import read_policies
from ringfence.model.finding import Finding
from ringfence.model.policy import Policy, PolicySet
from tests.clusters import cluster


def read(text: str, *, cni: str = "generic") -> tuple[PolicySet, tuple[Finding, ...]]:
    """The policy set of a text, and what was found in it."""
    return read_policies(cluster((), text), cni=cni)


def read_one(text: str) -> Policy:
    """The only policy of a text."""
    (policy,) = read(text)[0].policies()
    return policy


def findings(text: str) -> list[tuple[str, int, str]]:
    """``(code, line, path)`` of every finding."""
    return [(f.code.code, f.origin.position.line, f.origin.path) for f in read(text)[1]]
