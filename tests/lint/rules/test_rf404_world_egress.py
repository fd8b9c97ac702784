"""RF404: a policy lets pods out to the whole Internet."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint
from tests.lint.rules.exposure import WEB, WORLDS, egress


@pytest.mark.parametrize("rules", WORLDS)
def test_all_public_addresses_are_the_world_however_they_are_written(rules: str) -> None:
    (finding,) = lint(WEB + egress(rules), "RF404")
    assert "on TCP 443" in finding.what


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        # Incident 4: 1024 addresses of 3,702,258,432 are missing; the private ones don't count.
        (
            "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 103.21.0.0/22]}}], ports: [{port: 443}]}",
            "to 99.99 % of the public IPv4 addresses on TCP 443",
        ),
        # 16,777,216 of them are 0.453 %.
        (
            "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [8.0.0.0/8]}}], ports: [{port: 443}]}",
            "to 99.54 % of the public IPv4 addresses on TCP 443",
        ),
        # 2a00::/12 is a 512th of 2000::/3.
        (
            "{to: [{ipBlock: {cidr: '2000::/3', except: ['2a00::/12']}}], ports: [{port: 443}]}",
            "to 99.80 % of the public IPv6 addresses on TCP 443",
        ),
        ("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}", "to every address of the Internet on TCP 443"),
    ],
)
def test_nearly_all_public_addresses_are_the_world_and_the_share_is_told(rules: str, words: str) -> None:
    (finding,) = lint(WEB + egress(rules), "RF404")
    assert words in finding.what


HALVES_ON_DIFFERENT_PORTS = """
  {to: [{ipBlock: {cidr: 0.0.0.0/1}}], ports: [{port: 1}]}, {to: [{ipBlock: {cidr: 128.0.0.0/1}}], ports: [{port: 2}]}
"""


@pytest.mark.parametrize(
    "rules",
    [
        "{to: [{ipBlock: {cidr: 0.0.0.0/1}}], ports: [{port: 443}]}",
        # The halves have no port in common.
        HALVES_ON_DIFFERENT_PORTS,
        # 2^26 of the 3.7 thousand million public addresses are 1.8 %.
        "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [8.0.0.0/6]}}], ports: [{port: 443}]}",
        "{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}",
        "{to: [{namespaceSelector: {}}]}",
    ],
)
def test_a_part_of_the_world_is_left_alone(rules: str) -> None:
    assert codes(WEB + egress(rules), "RF404") == []


def test_what_an_earlier_tier_denies_is_not_open_to_the_world() -> None:
    guard = (
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: guard}\n"
        "spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, "
        "egress: [{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}]}\n---\n"
    )
    assert codes(WEB + guard + egress(WORLDS[0]), "RF404", "RF406") == []
