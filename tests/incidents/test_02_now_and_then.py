"""Incident 2: a third-party API fails now and then. Policy can't drop replies; something differs."""

from __future__ import annotations

from tests.incidents.states import change
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
