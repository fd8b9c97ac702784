"""Lints manifests that a test writes down."""

from __future__ import annotations

import io
from collections.abc import Sequence

from ringfence.dialects import read_policies
from ringfence.lint import registry
from ringfence.lint.context import LintContext, Settings
from ringfence.lint.run import LintReport, run
from ringfence.model.finding import Finding
from ringfence.sources import load_snapshot


def context(text: str, settings: Settings | None = None, *, cni: str = "auto") -> LintContext:
    """The context of these manifests, read as from standard input."""
    snapshot = load_snapshot(["-"], stdin=io.BytesIO(text.encode()))
    policies, findings = read_policies(snapshot, cni=cni)
    return LintContext(snapshot, policies, (*snapshot.findings, *findings), settings)


def report(text: str, select: Sequence[str] = (), settings: Settings | None = None) -> LintReport:
    """What the chosen rules find in these manifests."""
    return run(context(text, settings), registry.choose(select))


def lint(text: str, *select: str, settings: Settings | None = None) -> list[Finding]:
    """The findings of the chosen rules about these manifests."""
    return list(report(text, select, settings).findings)


def codes(text: str, *select: str, settings: Settings | None = None) -> list[str]:
    """Their codes."""
    return [finding.code.code for finding in lint(text, *select, settings=settings)]


def namespace(name: str, /, **labels: str) -> str:
    """A Namespace; underscores of a label's key stand for hyphens."""
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {_flow(labels)}}}\n---\n"


def pod(name: str, labels: str, *, ports: str = "", address: str = "", more: str = "") -> str:
    """A pod ``namespace/name``; labels and ports as flow YAML: ``app: web`` and ``{containerPort: 80}``."""
    space, _, own = name.partition("/")
    status = f"status: {{phase: Running, podIP: {address}}}\n" if address else ""
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {own}, namespace: {space}, labels: {{{labels}}}}}\n"
        f"spec: {{containers: [{{name: c, image: i, ports: [{ports}]}}]{more}}}\n{status}---\n"
    )


def service(name: str, selector: str, ports: str, *, address: str = "") -> str:
    """A Service ``namespace/name``."""
    space, _, own = name.partition("/")
    cluster = f"clusterIP: {address}, " if address else ""
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {own}, namespace: {space}}}\n"
        f"spec: {{{cluster}selector: {{{selector}}}, ports: [{ports}]}}\n---\n"
    )


def policy(name: str, spec: str, *, annotations: str = "") -> str:
    """A NetworkPolicy ``namespace/name`` with a spec in flow YAML."""
    space, _, own = name.partition("/")
    return (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {own}, namespace: {space}, annotations: {{{annotations}}}}}\nspec: {{{spec}}}\n---\n"
    )


def _flow(labels: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key.replace('_', '-')}: {value}" for key, value in labels.items()) + "}"
