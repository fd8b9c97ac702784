"""Incident 2: a third-party API fails now and then. Policy can't drop replies; something differs."""

from __future__ import annotations

import pytest

from tests.cli.running import run
from tests.incidents.states import change, paths
from tests.incidents.verdicts import check

INCIDENT = "02-now-and-then"


def test_a_new_replica_lacks_the_label_of_the_old_ones() -> None:
    place = f"{INCIDENT}/replicas"
    check(
        place,
        """
        payments/payment-6f7d9c5b4-4xk2p > 52.48.12.15 TCP 443: broken yes, fixed yes
        payments/payment-6f7d9c5b4-9hwzt > 52.48.12.15 TCP 443: broken yes, fixed yes
        payments/payment-6f7d9c5b4-tq7rm > 52.48.12.15 TCP 443: broken yes, fixed yes
        payments/payment-84c6fb7d9-m5n8v > 52.48.12.15 TCP 443: broken no, fixed yes
        # Three of four replicas: the workload as a whole can't.
        payments/Deployment/payment > 52.48.12.15 TCP 443: broken no, fixed yes
        """,
    )
    # By workload nothing is new, for some pair could connect before.
    assert change(place, "broken", "fixed") == (set(), set())
    opened = {"payments/payment-84c6fb7d9-m5n8v > 52.48.12.0-52.48.12.255 TCP 443"}
    assert change(place, "broken", "fixed", by="pod") == (opened, set())


def test_the_rule_covers_one_of_three_addresses_of_the_name() -> None:
    place = f"{INCIDENT}/addresses"
    check(
        place,
        """
        # 52.48.12.0/28 ends at 52.48.12.15.
        payments/Deployment/payment > 52.48.12.15 TCP 443: broken yes, fixed yes
        payments/Deployment/payment > 52.48.12.16 TCP 443: broken no, fixed yes
        payments/Deployment/payment > 52.49.200.31 TCP 443: broken no, fixed yes
        payments/Deployment/payment > 52.49.201.1 TCP 443: broken no, fixed no
        """,
    )
    opened = {
        "payments/Deployment/payment > 52.48.12.16-52.48.12.255 TCP 443",
        "payments/Deployment/payment > 52.49.200.0-52.49.200.255 TCP 443",
    }
    assert change(place, "broken", "fixed") == (opened, set())


def test_two_namespaces_behind_one_balancer_have_different_rules() -> None:
    place = f"{INCIDENT}/two-namespaces"
    check(
        place,
        """
        payments-east/Deployment/payment > 52.48.12.15 TCP 443: broken yes, fixed yes
        # 52.48.12.0/29 ends at 52.48.12.7.
        payments-west/Deployment/payment > 52.48.12.15 TCP 443: broken no, fixed yes
        payments-west/Deployment/payment > 52.48.12.7 TCP 443: broken yes, fixed yes
        """,
    )
    opened = {"payments-west/Deployment/payment > 52.48.12.8-52.48.12.255 TCP 443"}
    assert change(place, "broken", "fixed") == (opened, set())


def test_two_node_pools_have_policies_of_their_own() -> None:
    place = f"{INCIDENT}/node-pools"
    check(
        place,
        """
        payments/Deployment/payment-ondemand > 52.48.12.15 TCP 443: broken yes, fixed yes
        # 52.48.12.0/29 ends at 52.48.12.7.
        payments/Deployment/payment-spot > 52.48.12.15 TCP 443: broken no, fixed yes
        payments/Deployment/payment-spot > 52.48.12.7 TCP 443: broken yes, fixed yes
        """,
    )
    opened = {"payments/Deployment/payment-spot > 52.48.12.8-52.48.12.255 TCP 443"}
    assert change(place, "broken", "fixed") == (opened, set())


def test_a_service_without_selector_sends_to_an_address_that_the_rule_lacks() -> None:
    place = f"{INCIDENT}/service-between"
    check(
        place,
        """
        payments/Deployment/payment > 52.48.12.15 TCP 443: broken yes, fixed yes
        payments/Deployment/payment > 52.49.200.31 TCP 443: broken no, fixed yes
        # The Service's own address is translated before policy is judged.
        payments/Deployment/payment > service:payments/provider TCP 443: broken no, fixed yes
        """,
    )
    opened = {"payments/Deployment/payment > 52.49.200.31 TCP 443"}
    closed = {"payments/Deployment/payment > 10.96.40.7 TCP 443"}
    assert change(place, "broken", "fixed") == (opened, closed)


def test_the_address_is_allowed_and_the_connection_goes_to_the_proxy() -> None:
    place = f"{INCIDENT}/proxy-not-allowed"
    check(
        place,
        """
        # What the rule is for, and what the pods really open.
        payments/Deployment/payment > 52.48.12.15 TCP 443: broken yes, fixed no
        payments/Deployment/payment > service:egress/egress-proxy TCP 3128: broken no, fixed yes
        egress/Deployment/egress-proxy > 52.48.12.15 TCP 443: broken yes, fixed yes
        """,
    )
    opened = {"payments/Deployment/payment > egress/Deployment/egress-proxy TCP 3128"}
    closed = {"payments/Deployment/payment > 52.48.12.0-52.48.12.255 TCP 443"}
    assert change(place, "broken", "fixed") == (opened, closed)


def test_the_proxy_is_allowed_and_has_a_range_that_is_too_small() -> None:
    place = f"{INCIDENT}/proxy-cut"
    check(
        place,
        """
        payments/Deployment/payment > service:egress/egress-proxy TCP 3128: broken yes, fixed yes
        egress/Deployment/egress-proxy > 52.48.12.7 TCP 443: broken yes, fixed yes
        egress/Deployment/egress-proxy > 52.48.12.15 TCP 443: broken no, fixed yes
        """,
    )
    opened = {"egress/Deployment/egress-proxy > 52.48.12.8-52.48.12.255 TCP 443"}
    assert change(place, "broken", "fixed") == (opened, set())


# Without DNS nothing tells which addresses the name has: the first line says which it may have, and asks.
@pytest.mark.parametrize(
    ("variant", "said", "who"),
    [
        (
            "addresses",
            (
                "payments/Deployment/payment calls api.provider.example on TCP 443, and NetworkPolicy "
                "payments/payment-provider, egress rule 1, allows it 52.48.12.0-52.48.12.15 alone"
            ),
            "payments/Deployment/payment",
        ),
        (
            "proxy-cut",
            (
                "payments/Deployment/payment calls api.provider.example on TCP 443 through "
                "egress/Deployment/egress-proxy, and NetworkPolicy egress/egress-proxy, egress rule 2, "
                "allows the proxy 52.48.12.0-52.48.12.7 alone"
            ),
            "egress/Deployment/egress-proxy",
        ),
    ],
)
def test_a_name_with_few_allowed_addresses_is_in_the_first_line(variant: str, said: str, who: str) -> None:
    inputs = paths(f"{INCIDENT}/{variant}", "broken")
    output = run("diagnose", "-q", *inputs).stdout
    assert said in output.splitlines()[0]
    asking = f"ringfence why {' '.join(inputs)} {who} 52.48.12.0:443 --addresses"
    assert f'{asking} "$(getent ahosts api.provider.example | ' in output
    # What the command is with the addresses of the name in their place.
    answer = run("why", "-q", *inputs, who, "52.48.12.0:443", "--addresses", "52.48.12.7,52.48.12.16")
    assert answer.exit_code == 1
    assert "  52.48.12.16: DENIED" in answer.stdout
