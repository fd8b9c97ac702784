"""What Istio refuses is told with its place, and left out of answers."""

from __future__ import annotations

import io

import pytest

from ringfence.cluster import Cluster
from ringfence.sources import load_snapshot
from tests.dialects.istio.manifests import CLUSTER, mesh_config

HEAD = "apiVersion: security.istio.io/v1\nkind: %s\nmetadata: {name: p, namespace: shop}\nspec:\n"


def findings(kind: str, *lines: str) -> list[tuple[str, int, int, str]]:
    """What is said of a policy with these lines as its spec, the first of them line 5."""
    text = HEAD % kind + "".join(f"  {line}\n" for line in lines) + CLUSTER
    cluster = Cluster(load_snapshot(["-"], stdin=io.BytesIO(text.encode())))
    about = [each for each in cluster.findings if each.subject is not None and each.subject.name == "p"]
    return [(each.code.code, each.origin.position.line, each.origin.position.column, each.what) for each in about]


@pytest.mark.parametrize(
    ("kind", "lines", "expected"),
    [
        ("AuthorizationPolicy", ["action: PERMIT"], ("RF101", 5, 11)),
        ("AuthorizationPolicy", ["action: [ALLOW]"], ("RF101", 5, 11)),
        ("AuthorizationPolicy", ["rules: {}"], ("RF101", 5, 10)),
        ("AuthorizationPolicy", ["rules:", "- from: []"], ("RF101", 6, 11)),
        ("AuthorizationPolicy", ["rules:", "- from:", "  - source: {}"], ("RF101", 7, 15)),
        ("AuthorizationPolicy", ["rules:", "- from:", "  - principals: [x]"], ("RF113", 7, 7)),
        ("AuthorizationPolicy", ["rules:", "- from:", "  - source: {principals: x}"], ("RF101", 7, 28)),
        ("AuthorizationPolicy", ["rules:", "- from:", "  - source: {principals: ['']}"], ("RF101", 7, 29)),
        ("AuthorizationPolicy", ["rules:", "- from:", "  - source: {ipBlocks: [10.0.0.0/33]}"], ("RF103", 7, 27)),
        (
            "AuthorizationPolicy",
            ["rules:", "- from:", "  - source:", "      serviceAccounts: [a]", "      namespaces: [b]"],
            ("RF101", 8, 26),
        ),
        ("AuthorizationPolicy", ["rules:", "- to:", "  - operation: {}"], ("RF101", 7, 18)),
        ("AuthorizationPolicy", ["rules:", "- to:", "  - operation: {ports: [80]}"], ("RF106", 7, 27)),
        ("AuthorizationPolicy", ["rules:", "- to:", "  - operation: {ports: [http]}"], ("RF106", 7, 27)),
        ("AuthorizationPolicy", ["rules:", "- when:", "  - key: source.port", "    values: ['1']"], ("RF101", 7, 12)),
        ("AuthorizationPolicy", ["rules:", "- when:", "  - key: source.ip"], ("RF101", 7, 7)),
        ("AuthorizationPolicy", ["action: CUSTOM", "rules: [{}]"], ("RF101", 5, 3)),
        ("AuthorizationPolicy", ["provider: {name: opa}"], ("RF101", 5, 13)),
        ("AuthorizationPolicy", ["action: DENY"], ("RF101", 5, 3)),
        ("AuthorizationPolicy", ["selector: {matchLabels: [a]}"], ("RF102", 5, 27)),
        ("AuthorizationPolicy", ["selector: {matchLabels: {a: '*'}}"], ("RF102", 5, 31)),
        ("PeerAuthentication", ["mtls: {mode: strict}"], ("RF101", 5, 16)),
        ("PeerAuthentication", ["mtls: STRICT"], ("RF101", 5, 9)),
        ("PeerAuthentication", ["mtls: {mode: [STRICT]}"], ("RF101", 5, 16)),
        ("PeerAuthentication", ["portLevelMtls: {80: {mode: STRICT}}"], ("RF101", 5, 18)),
        (
            "PeerAuthentication",
            ["selector: {matchLabels: {a: b}}", "portLevelMtls: {http: {mode: STRICT}}"],
            ("RF101", 6, 18),
        ),
    ],
)
def test_what_is_refused_is_left_out_with_its_place(
    kind: str, lines: list[str], expected: tuple[str, int, int]
) -> None:
    found = findings(kind, *lines)
    assert expected in [each[:3] for each in found]
    assert "RF115" in [each[0] for each in found]


def test_a_field_that_is_not_known_is_told_and_ignored() -> None:
    (found,) = findings("AuthorizationPolicy", "rule: []")
    assert found[0] == "RF113"


@pytest.mark.parametrize(
    ("mesh", "what"),
    [
        ("[", "no YAML"),
        ("- a", "no mapping"),
        ("{trustDomain: 1}", "trustDomain"),
        ("{trustDomainAliases: x}", "trustDomainAliases"),
        ("{outboundTrafficPolicy: {mode: SOME}}", "REGISTRY_ONLY"),
    ],
)
def test_a_bad_configuration_of_the_mesh_is_told(mesh: str, what: str) -> None:
    text = mesh_config(mesh).removeprefix("---\n")
    snapshot = load_snapshot(["-"], stdin=io.BytesIO(text.encode()))
    (found,) = [each for each in snapshot.findings if each.code.code == "RF006"]
    assert what in found.what
    assert (found.origin.position.line, found.origin.path) == (5, "data.mesh")


@pytest.mark.parametrize("mesh", ["", "{}", "null", "{trustDomain: ''}", "{outboundTrafficPolicy: {}}"])
def test_what_the_configuration_leaves_out_is_as_by_default(mesh: str) -> None:
    settings = load_snapshot(["-"], stdin=io.BytesIO(mesh_config(mesh).removeprefix("---\n").encode())).mesh
    assert (settings.trust_domain, settings.aliases, settings.registry_only) == ("cluster.local", (), False)
    assert settings.root_namespace == "istio-system"
