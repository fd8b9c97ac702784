"""Incident 8: reports reached the vault though the policy says no. What the manifests alone can show."""

from __future__ import annotations

import pytest

from tests.cli.running import run
from tests.incidents.states import change, paths
from tests.incidents.verdicts import check, each

INCIDENT = "08-reached-anyway"
V4 = "0.0.0.0-255.255.255.255"
V6 = "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
ALL = ("TCP 1-65535", "UDP 1-65535", "SCTP 1-65535")
REPORTS = "analytics/Deployment/reports"
COREDNS = "kube-system/Deployment/coredns"
ISSUER = "vault/Deployment/issuer"
VAULT = "vault/StatefulSet/vault"


@pytest.mark.parametrize("variant", ["selects-nothing", "wrong-namespace"])
def test_a_guard_that_selects_no_vault_guards_nothing(variant: str) -> None:
    place = f"{INCIDENT}/{variant}"
    check(
        place,
        """
        analytics/Deployment/reports > service:vault/vault TCP 8200: broken yes, fixed no
        vault/Deployment/issuer > service:vault/vault TCP 8200: broken yes, fixed yes
        vault/StatefulSet/vault > vault/StatefulSet/vault TCP 8201: broken yes, fixed yes
        vault/Deployment/issuer > vault/StatefulSet/vault TCP 8201: broken yes, fixed no
        """,
    )
    closed = each([REPORTS, COREDNS, V4, V6], VAULT, *ALL)
    closed |= each([ISSUER], VAULT, "TCP 1-8199,8201-65535", "UDP 1-65535", "SCTP 1-65535")
    assert change(place, "broken", "fixed") == (set(), closed)


def test_an_empty_list_of_egress_without_policy_types_closes_nothing() -> None:
    place = f"{INCIDENT}/no-policy-types"
    check(
        place,
        """
        analytics/Deployment/reports > service:vault/vault TCP 8200: broken yes, fixed no
        analytics/Deployment/reports > 198.51.100.7 TCP 443: broken yes, fixed no
        # It did close ingress, which is always meant without policyTypes.
        vault/Deployment/issuer > service:analytics/reports TCP 80: broken no, fixed no
        """,
    )
    closed = {line for end in (V4, V6, COREDNS, ISSUER, VAULT) for line in each([REPORTS], end, *ALL)}
    assert change(place, "broken", "fixed") == (set(), closed)


def test_a_pod_of_the_host_network_reaches_the_pods_of_its_node() -> None:
    place = f"{INCIDENT}/host-network"
    check(
        place,
        """
        # reports-0 runs on node-1, like vault-0.
        analytics/reports-0 > vault/vault-0 TCP 8200: broken yes, fixed no
        analytics/reports-0 > vault/vault-1 TCP 8200: broken no, fixed no
        """,
    )
    opened, closed = change(place, "broken", "fixed", by="pod")
    assert each(["analytics/reports-0"], "vault/vault-0", *ALL) == {line for line in closed if "vault/vault-0" in line}
    assert not any("vault/vault" in line for line in opened)


# What the policies say is the same in both states: it is the cluster that doesn't do it.
@pytest.mark.parametrize(
    ("variant", "said", "line"),
    [
        (
            "no-enforcer",
            "kube-flannel/DaemonSet/kube-flannel-ds connects pods and enforces no policy, and the input shows no agent",
            "flannel.yaml:2",
        ),
        (
            "node-without-agent",
            "node-2 runs no pod of kube-system/DaemonSet/calico-node: policies don't hold for the pods there.",
            "calico.yaml:",
        ),
    ],
)
def test_a_policy_that_nobody_enforces_is_said_first(variant: str, said: str, line: str) -> None:
    place = f"{INCIDENT}/{variant}"
    check(place, "analytics/Deployment/reports > service:vault/vault TCP 8200: broken no, fixed no")
    first, second, *_ = run("diagnose", "-q", *paths(place, "broken")).stdout.splitlines()
    assert first.startswith(said)
    assert line in second
    fixed = run("diagnose", "-q", *paths(place, "fixed")).stdout
    assert fixed.startswith("Nothing that is known to be needed is cut")
