"""What a FQDNNetworkPolicy of GKE lets out; each expectation is a sentence of its documentation.

Page: Google Kubernetes Engine, "Control Pod egress traffic using FQDN network policies".

One cluster for all cases: pods web and db in shop, kube-dns in kube-system. Recorded: a.example.com 203.0.113.1,
b.example.com 203.0.113.2, deep.a.example.com 203.0.113.3, example.com 203.0.113.4; 203.0.113.9 has no name.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ringfence.cluster import Cluster
from ringfence.model.addresses import parse_address
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint, Verdict
from ringfence.names import read_names
from ringfence.sources import load_snapshot
from tests.dialects.reading import read

HOSTS = {
    "a.example.com": "203.0.113.1",
    "b.example.com": "203.0.113.2",
    "deep.a.example.com": "203.0.113.3",
    "example.com": "203.0.113.4",
}
STRANGER = "203.0.113.9"


def pod(namespace: str, name: str, address: str, label: str = "app") -> str:
    return (
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace},"
        f" labels: {{{label}: {name}}}}}\nspec: {{}}\nstatus: {{podIP: {address}}}\n"
    )


PODS = (
    pod("shop", "web", "10.0.0.1")
    + pod("shop", "db", "10.0.0.2")
    + pod("kube-system", "kube-dns", "10.0.0.3", "k8s-app")
)


def policy(*rules: str, selector: str = "{matchLabels: {app: web}}", version: str = "v1alpha1") -> str:
    return (
        f"---\napiVersion: networking.gke.io/{version}\nkind: FQDNNetworkPolicy\n"
        f"metadata: {{name: out, namespace: shop}}\nspec: {{podSelector: {selector}, egress: [{', '.join(rules)}]}}\n"
    )


def network_policy(spec: str) -> str:
    return (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: n, namespace: shop}}\nspec: {spec}\n"
    )


class World:
    """The cluster with some policies; ``recorded`` has the names' addresses on record."""

    def __init__(self, tmp_path: Path, text: str, *, recorded: bool = True) -> None:
        file = tmp_path / "names.jsonl"
        when = '"firstSeen": "2026-11-01T00:00:00Z", "lastSeen": "2026-11-20T00:00:00Z"'
        file.write_text("".join(f'{{"name": "{n}", "address": "{a}", {when}}}\n' for n, a in HOSTS.items()))
        names = read_names(str(file)) if recorded else None
        self.cluster = Cluster(load_snapshot(["-"], stdin=io.BytesIO((PODS + text).encode())), names=names)

    def _end(self, text: str) -> Endpoint:
        for each in self.cluster.snapshot.pods:
            if each.name == text:
                return each
        return AddressEndpoint(parse_address(HOSTS.get(text, text)))

    def ask(self, source: str, destination: str, port: int = 443, protocol: Protocol = Protocol.TCP) -> Verdict:
        ends = self._end(source), self._end(destination)
        verdict = self.cluster.engine.verdict(*ends, protocol, port)
        assert self.cluster.engine.allowed(*ends).has(protocol, port) is verdict.allowed
        return verdict


NAME = "{matches: [{name: a.example.com}], ports: [{protocol: TCP, port: 443}]}"

# Source, destination and port that are allowed, and that are denied, by which rules.
TABLE = [
    # "name: the fully qualified domain name": that name and no other, on the port.
    ([NAME], [("web", "a.example.com", 443)], [("web", "b.example.com", 443), ("web", "a.example.com", 80)]),
    # What the policy doesn't list is denied to the pods that it selects: addresses and pods of the cluster alike.
    ([NAME], [], [("web", STRANGER, 443), ("web", "db", 443)]),
    # Pods that it doesn't select are not limited, and ingress is nobody's business here.
    ([NAME], [("db", STRANGER, 443), ("db", "web", 80)], []),
    # Without ports a rule is for every port and protocol.
    (["{matches: [{name: a.example.com}]}"], [("web", "a.example.com", 22)], [("web", "b.example.com", 22)]),
    # A pattern: the wildcard stands for the first label, and the apex isn't one of them.
    (
        ['{matches: [{pattern: "*.example.com"}]}'],
        [("web", "a.example.com", 443), ("web", "b.example.com", 443)],
        [("web", "deep.a.example.com", 443), ("web", "example.com", 443)],
    ),
    # Any of the names of a rule, and any of the rules.
    (
        ["{matches: [{name: a.example.com}, {name: b.example.com}]}", "{matches: [{name: example.com}]}"],
        [("web", "a.example.com", 1), ("web", "b.example.com", 1), ("web", "example.com", 1)],
        [("web", "deep.a.example.com", 1)],
    ),
    # No rule: everything is denied.
    ([], [], [("web", "a.example.com", 443)]),
]


@pytest.mark.parametrize(("rules", "allowed", "denied"), TABLE)
def test_names_open_their_addresses_on_their_ports(
    rules: list[str],
    allowed: list[tuple[str, str, int]],
    denied: list[tuple[str, str, int]],
    tmp_path: Path,
) -> None:
    world = World(tmp_path, policy(*rules))
    assert [case for case in allowed if not world.ask(*case).allowed] == []
    assert [case for case in denied if world.ask(*case).allowed or world.ask(*case).conditional] == []


def test_it_allows_beside_network_policies_and_there_is_no_order_between_them(tmp_path: Path) -> None:
    closed = network_policy("{podSelector: {}, policyTypes: [Egress]}")
    assert World(tmp_path, closed + policy(NAME)).ask("web", "a.example.com").allowed
    ranges = network_policy("{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 203.0.113.9/32}}]}]}")
    world = World(tmp_path, policy(NAME) + ranges)
    assert world.ask("web", STRANGER).allowed
    assert world.ask("web", "a.example.com").allowed
    assert not world.ask("web", "b.example.com").allowed


def test_a_name_that_is_not_on_record_is_a_condition(tmp_path: Path) -> None:
    verdict = World(tmp_path, policy(NAME), recorded=False).ask("web", STRANGER)
    assert not verdict.allowed
    assert verdict.conditional


def test_dns_is_sure_only_where_a_network_policy_allows_it(tmp_path: Path) -> None:
    """The page's example asks for names with no rule for it, and says nowhere that it may."""
    verdict = World(tmp_path, policy(NAME)).ask("web", "kube-dns", 53, Protocol.UDP)
    assert (verdict.allowed, verdict.conditional) == (False, True)
    servers = "{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}"
    dns = network_policy(f"{{podSelector: {{}}, egress: [{{to: [{servers}], ports: [{{port: 53, protocol: UDP}}]}}]}}")
    assert World(tmp_path, policy(NAME) + dns).ask("web", "kube-dns", 53, Protocol.UDP).allowed


def test_ingress_is_not_isolated(tmp_path: Path) -> None:
    assert World(tmp_path, policy(NAME)).ask("db", "web", 80).allowed


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        # One of name and pattern in each entry.
        (policy("{matches: [{name: a.example.com, pattern: '*.example.com'}]}"), ["RF101", "RF115"]),
        (policy("{matches: [{name: 'no name'}]}"), ["RF101", "RF115"]),
        (policy(NAME, selector="7"), ["RF102", "RF115"]),
        (policy(NAME, version="v1alpha3"), ["RF114"]),
        (policy(NAME), []),
    ],
)
def test_what_the_api_refuses_is_left_out_and_told(text: str, codes: list[str]) -> None:
    policies, findings = read(text)
    assert sorted(finding.code.code for finding in findings) == codes
    assert len(list(policies.policies())) == (0 if codes else 1)
