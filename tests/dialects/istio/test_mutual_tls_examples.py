"""Who must come with mutual TLS, and who has an identity: Istio's examples of PeerAuthentication."""

from __future__ import annotations

import pytest

from tests.dialects.istio.manifests import CLUSTER, EVERYONE, IN_MESH, ambient, callers, peer_authentication, policy

FOR_DB = "{selector: {matchLabels: {app: db}}, mtls: {mode: %s}}"
MODE = "{mtls: {mode: %s}}"
ANYBODY_KNOWN = policy("{rules: [{from: [{source: {principals: ['*']}}]}]}")
BUT_API = policy("{action: DENY, rules: [{from: [{source: {notPrincipals: ['*/sa/web']}}]}]}")


# istio.io/docs/reference/config/security/peer_authentication.
@pytest.mark.parametrize(
    ("text", "at_80", "at_8080"),
    [
        (peer_authentication(MODE % "STRICT"), IN_MESH, IN_MESH),
        (
            peer_authentication(MODE % "PERMISSIVE") + peer_authentication(FOR_DB % "STRICT", name="db"),
            IN_MESH,
            IN_MESH,
        ),
        # STRICT but for one port.
        (
            peer_authentication(
                "{selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}}"
            ),
            IN_MESH,
            EVERYONE,
        ),
        # The mode of the namespace, but for one port.
        (
            peer_authentication(MODE % "STRICT")
            + peer_authentication(
                "{selector: {matchLabels: {app: db}}, mtls: {mode: UNSET}, portLevelMtls: {8080: {mode: DISABLE}}}",
                name="db",
            ),
            IN_MESH,
            EVERYONE,
        ),
        # A port that is unset has the workload's mode.
        (
            peer_authentication(
                "{selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: UNSET}}}"
            ),
            IN_MESH,
            IN_MESH,
        ),
        # An empty selector is the namespace's.
        (
            peer_authentication("{selector: {matchLabels: {}}, mtls: {mode: STRICT}}")
            + peer_authentication(FOR_DB % "PERMISSIVE", name="db"),
            EVERYONE,
            EVERYONE,
        ),
        # A selector in the root namespace is for nobody.
        (peer_authentication(FOR_DB % "STRICT", namespace="istio-system"), EVERYONE, EVERYONE),
    ],
)
def test_the_examples_of_the_reference(text: str, at_80: set[str], at_8080: set[str]) -> None:
    assert (callers(text, 80), callers(text, 8080)) == (at_80, at_8080)


# istio.io/docs/concepts/security, "Peer authentication": of several of one level the oldest counts.
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (MODE % "STRICT", MODE % "PERMISSIVE", IN_MESH),
        (MODE % "PERMISSIVE", MODE % "STRICT", EVERYONE),
        (FOR_DB % "STRICT", FOR_DB % "PERMISSIVE", IN_MESH),
        (FOR_DB % "UNSET", FOR_DB % "STRICT", EVERYONE),
    ],
)
def test_the_oldest_of_a_level_counts(first: str, second: str, expected: set[str]) -> None:
    old = peer_authentication(first, name="z", made="2026-01-01T00:00:00Z")
    new = peer_authentication(second, name="a", made="2026-02-01T00:00:00Z")
    untimed = peer_authentication(second, name="b")
    assert callers(new + old + untimed) == expected


def test_without_mutual_tls_nobody_has_an_identity_at_that_port() -> None:
    at_8080 = peer_authentication(
        "{selector: {matchLabels: {app: db}}, portLevelMtls: {8080: {mode: DISABLE}}}", name="db"
    )
    assert callers(ANYBODY_KNOWN + at_8080, 80) == IN_MESH
    assert callers(ANYBODY_KNOWN + at_8080, 8080) == set()
    assert callers(BUT_API + at_8080, 80) == {"web"}
    assert callers(BUT_API + at_8080, 8080) == set()


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (peer_authentication(MODE % "DISABLE", namespace="istio-system"), False),
        (peer_authentication(MODE % "DISABLE", namespace="istio-system") + peer_authentication(MODE % "STRICT"), True),
        (peer_authentication(MODE % "DISABLE") + peer_authentication(FOR_DB % "UNSET", name="db"), False),
        (peer_authentication(MODE % "DISABLE") + peer_authentication(FOR_DB % "PERMISSIVE", name="db"), True),
        (peer_authentication(MODE % "DISABLE", namespace="other"), True),
    ],
)
def test_the_nearest_level_says_whether_callers_are_known(text: str, known: bool) -> None:
    assert callers(ANYBODY_KNOWN + text) == (IN_MESH if known else set())


# istio.io/docs/ambient/usage/l4-policy, "Peer authentication": ztunnel always has mutual TLS.
def test_ztunnel_knows_its_callers_whatever_the_mode() -> None:
    db = (
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: db, namespace: shop, labels: {app: db}}\n"
        "spec: {}\nstatus: {podIP: 10.0.0.2}\n"
    )
    cluster = CLUSTER.replace(CLUSTER.split("---\n")[2], db.removeprefix("---\n")) + ambient("shop")
    disabled = peer_authentication(MODE % "DISABLE")
    assert callers(ANYBODY_KNOWN + disabled, cluster=cluster) == IN_MESH
    assert callers(peer_authentication(MODE % "STRICT"), cluster=cluster) == IN_MESH
