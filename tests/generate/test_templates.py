"""Each template, printed, read back and applied: what is allowed then, by hand from what the template promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.cluster import Cluster
from ringfence.generate import Dialect, Request, Shared
from ringfence.generate.check import check
from ringfence.generate.flows import closed, opened
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Draft, Given, network_policy
from ringfence.model.addresses import parse_address
from ringfence.model.errors import QueryError
from ringfence.model.ports import NO_PORTS, Protocol
from ringfence.sources import load_snapshot
from ringfence.survey import survey
from tests.generate.worlds import BASE, ISOLATED, NODE_LOCAL, Applied, make, world

UDP, TCP = Protocol.UDP, Protocol.TCP
RED = Request(("red",))


def test_default_deny_cuts_everything_but_dns_on_the_real_ports(tmp_path: Path) -> None:
    snapshot = world(tmp_path)
    generated = make(snapshot, "default-deny", RED)
    after = Applied(tmp_path, snapshot, generated)
    assert after.can("red/web", "kube-system/dns-0", 5353, UDP)
    assert after.can("red/web", "kube-system/dns-0", 5353, TCP)
    assert not after.can("red/web", "kube-system/dns-0", 53, UDP)
    assert after.ports("red/web", "red/job") == NO_PORTS
    assert after.ports("red/web", "198.51.100.1") == NO_PORTS
    assert after.ports("blue/metrics", "red/web") == NO_PORTS
    assert after.can("blue/metrics", "198.51.100.1", 443)
    assert not opened(generated.changes)


def test_default_deny_allows_the_node_local_cache_where_there_is_one(tmp_path: Path) -> None:
    snapshot = world(tmp_path, NODE_LOCAL)
    after = Applied(tmp_path, snapshot, make(snapshot, "default-deny", RED))
    assert after.can("red/web", "169.254.20.10", 53, UDP)
    assert after.can("red/web", "169.254.20.10", 53, TCP)
    assert not after.can("red/web", "169.254.20.11", 53, UDP)


def test_default_deny_of_the_namespace_of_the_dns_pods_lets_them_be_asked_and_ask(tmp_path: Path) -> None:
    snapshot = world(tmp_path)
    after = Applied(tmp_path, snapshot, make(snapshot, "default-deny", Request(("kube-system",))))
    assert after.can("red/web", "kube-system/dns-0", 5353, UDP)
    assert after.can("kube-system/dns-0", "192.0.2.53", 53, UDP)
    assert not after.can("kube-system/dns-0", "192.0.2.53", 8080)


def test_a_name_that_is_taken_is_not_replaced(tmp_path: Path) -> None:
    taken = ISOLATED.replace("name: deny", "name: default-deny").replace("[Ingress, Egress]", "[Ingress]")
    generated = make(world(tmp_path, taken), "default-deny", RED)
    assert [manifest.ref.name for manifest in generated.manifests] == ["allow-dns", "default-deny-2"]


def test_what_is_there_already_is_not_given_again(tmp_path: Path) -> None:
    generated = make(world(tmp_path, ISOLATED), "default-deny", RED)
    assert [manifest.ref.name for manifest in generated.manifests] == ["allow-dns"]
    assert any("red/NetworkPolicy/deny is there already" in note for note in generated.notes)


def test_without_dns_pods_the_template_says_what_it_assumes(tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: red}\nspec: {containers: [{name: c, image: i}]}\n"
    )
    generated = make(load_snapshot([str(tmp_path)]), "default-deny", RED)
    assert "assumed" in generated.notes[0]


def test_allow_dns_warns_that_a_networkpolicy_isolates(tmp_path: Path) -> None:
    generated = make(world(tmp_path), "allow-dns", RED)
    assert any("2 workloads of red are not isolated" in note for note in generated.notes)


def test_allow_dns_adds_dns_and_nothing_else_where_egress_is_denied(tmp_path: Path) -> None:
    snapshot = world(tmp_path, ISOLATED)
    generated = make(snapshot, "allow-dns", RED)
    assert not generated.notes
    assert not closed(generated.changes)
    (flow,) = opened(generated.changes)
    assert (flow.source, flow.destination, str(flow.ports)) == ("red", "kube-system", "TCP 5353 UDP 5353")


RESOLVER = Request(("red",), resolver=parse_address("10.96.0.10"))
OUTSIDE_RESOLVER = Request(("red",), resolver=parse_address("10.0.0.10"))


@pytest.mark.parametrize("dialect", [Dialect.NETWORK_POLICY, Dialect.CLUSTER_NETWORK_POLICY])
def test_one_resolver_by_its_service_leaves_only_its_pods(tmp_path: Path, dialect: Dialect) -> None:
    snapshot = world(tmp_path)
    request = Request(("red",), resolver=RESOLVER.resolver, dialect=dialect)
    after = Applied(tmp_path, snapshot, make(snapshot, "allow-dns", request))
    assert after.can("red/web", "kube-system/dns-0", 5353, UDP)
    for resolver in ("192.0.2.53", "blue/metrics", "2001:db8::53"):
        for protocol, port in ((UDP, 53), (TCP, 53), (TCP, 853)):
            assert not after.can("red/web", resolver, port, protocol)
    assert after.can("red/web", "192.0.2.53", 443)
    assert after.can("red/web", "red/job", 8080)


@pytest.mark.parametrize("dialect", [Dialect.NETWORK_POLICY, Dialect.CLUSTER_NETWORK_POLICY])
def test_one_resolver_outside_cuts_the_own_dns_pods_too(tmp_path: Path, dialect: Dialect) -> None:
    snapshot = world(tmp_path)
    request = Request(("red",), resolver=OUTSIDE_RESOLVER.resolver, dialect=dialect)
    generated = make(snapshot, "allow-dns", request)
    after = Applied(tmp_path, snapshot, generated)
    assert after.can("red/web", "10.0.0.10", 53, UDP)
    assert not after.can("red/web", "kube-system/dns-0", 5353, UDP)
    assert not after.can("red/web", "10.0.0.11", 53, UDP)
    assert any("10.0.0.10 is no Service" in note for note in generated.notes)


def test_one_resolver_says_what_networkpolicy_cannot_do(tmp_path: Path) -> None:
    text = make(world(tmp_path), "allow-dns", RESOLVER).manifests[0].text()
    for words in ("log", "deny explicitly", "host-network pods"):
        assert words in text


def test_one_resolver_tells_who_still_allows_others(tmp_path: Path) -> None:
    open_policy = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: red}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}
"""
    generated = make(world(tmp_path, open_policy), "allow-dns", RESOLVER)
    assert any("still reaches" in note for note in generated.notes)


@pytest.mark.parametrize(("dialect", "logs"), [(Dialect.CILIUM, "hubble observe")])
def test_dialects_that_are_not_evaluated_say_so_and_log(tmp_path: Path, dialect: Dialect, logs: str) -> None:
    request = Request(("red",), resolver=RESOLVER.resolver, dialect=dialect)
    generated = make(world(tmp_path), "allow-dns", request)
    assert not generated.changes
    assert any("not evaluated" in note for note in generated.notes)
    assert logs in "".join(manifest.text() for manifest in generated.manifests)


def test_calico_is_verified_and_logs(tmp_path: Path) -> None:
    generated = make(
        world(tmp_path), "allow-dns", Request(("red",), resolver=RESOLVER.resolver, dialect=Dialect.CALICO)
    )
    assert generated.changes
    assert not any("not evaluated" in note for note in generated.notes)
    assert "action: Log" in "".join(manifest.text() for manifest in generated.manifests)


def test_calico_passes_other_traffic_on_to_the_default_tier(tmp_path: Path) -> None:
    request = Request(("red",), resolver=RESOLVER.resolver, dialect=Dialect.CALICO)
    tier, policy = (manifest.body for manifest in make(world(tmp_path), "allow-dns", request).manifests)
    assert tier["spec"]["defaultAction"] == "Pass"
    assert policy["spec"]["tier"] == tier["metadata"]["name"]
    actions = [rule["action"] for rule in policy["spec"]["egress"]]
    assert actions == ["Allow", "Allow", "Log", "Log", "Deny", "Deny", "Pass"]


def test_cilium_leaves_the_resolver_out_of_its_deny(tmp_path: Path) -> None:
    # Cilium: "Deny policies take precedence over allow policies".
    request = Request(("red",), resolver=OUTSIDE_RESOLVER.resolver, dialect=Dialect.CILIUM)
    (policy,) = (manifest.body for manifest in make(world(tmp_path), "allow-dns", request).manifests)
    denied = policy["spec"]["egressDeny"][0]["toCIDRSet"]
    assert denied == [{"cidr": "0.0.0.0/0", "except": ["10.0.0.10/32"]}, {"cidr": "::/0"}]
    assert policy["spec"]["enableDefaultDeny"] == {"egress": False}


def test_an_isolated_namespace_keeps_to_itself_but_for_what_is_shared(tmp_path: Path) -> None:
    snapshot = world(tmp_path)
    request = Request(("red",), shared=(Shared("blue", TCP, 9090),), callers=(Shared("blue", TCP, 8080),))
    after = Applied(tmp_path, snapshot, make(snapshot, "isolate-namespace", request))
    assert after.can("red/web", "red/job", 1)
    assert after.can("red/web", "kube-system/dns-0", 5353, UDP)
    # The Service's port 9090 is the pods' 9191.
    assert after.can("red/web", "blue/metrics", 9191)
    assert not after.can("red/web", "blue/metrics", 9090)
    assert after.can("blue/metrics", "red/web", 8080)
    assert not after.can("blue/metrics", "red/web", 8081)
    assert after.ports("red/web", "198.51.100.1") == NO_PORTS


def test_denied_external_egress_keeps_pods_and_nodes(tmp_path: Path) -> None:
    snapshot = world(tmp_path, NODE_LOCAL)
    after = Applied(tmp_path, snapshot, make(snapshot, "deny-external-egress", RED))
    assert after.can("red/web", "blue/metrics", 9191)
    assert after.can("red/web", "192.168.0.1", 6443)
    assert after.can("red/web", "169.254.20.10", 53, UDP)
    # 10.9.9.9 is a private address that no pod or node has: a guess by range would have kept it.
    for address in ("198.51.100.1", "10.9.9.9", "2001:db8::1"):
        assert after.ports("red/web", address) == NO_PORTS
    assert after.can("blue/metrics", "198.51.100.1", 443)


def test_a_networkpolicy_that_could_only_open_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="isolated for egress already"):
        make(world(tmp_path, ISOLATED), "deny-external-egress", RED)


def test_a_tenant_loses_the_internet_whatever_its_policies_allow(tmp_path: Path) -> None:
    open_policy = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: red}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}
"""
    snapshot = world(tmp_path, open_policy)
    request = Request(("red",), tenant=("tenant", "a"), dialect=Dialect.CLUSTER_NETWORK_POLICY)
    after = Applied(tmp_path, snapshot, make(snapshot, "deny-external-egress", request))
    assert after.ports("red/web", "198.51.100.1") == NO_PORTS
    assert after.can("red/web", "blue/metrics", 9191)
    assert after.can("red/web", "192.168.0.1", 6443)


def test_teams_get_guard_rails_and_defaults(tmp_path: Path) -> None:
    snapshot = world(tmp_path)
    generated = make(snapshot, "team-hierarchy", Request())
    after = Applied(tmp_path, snapshot, generated)
    assert after.can("red/web", "kube-system/dns-0", 5353, UDP)
    assert not after.can("red/web", "169.254.169.254", 80)
    assert after.ports("blue/metrics", "red/web") == NO_PORTS
    assert after.ports("red/web", "blue/metrics") == NO_PORTS
    assert after.can("red/web", "red/job", 8080)
    assert any("kube-system" in note for note in generated.notes)


def test_what_teams_share_stays_open_whoever_owns_it(tmp_path: Path) -> None:
    owned = BASE.replace("metadata: {name: kube-system}", "metadata: {name: kube-system, labels: {team: ops}}")
    (tmp_path / "cluster.yaml").write_text(owned, encoding="utf-8")
    snapshot = load_snapshot([str(tmp_path)])
    generated = make(snapshot, "team-hierarchy", Request(shared=(Shared("blue", TCP, 9191),)))
    after = Applied(tmp_path, snapshot, generated)
    assert after.can("red/web", "kube-system/dns-0", 5353, UDP)
    assert not after.can("red/web", "kube-system/dns-0", 8080)
    assert str(after.ports("red/web", "blue/metrics")) == "TCP 9191"


def test_an_owner_label_that_no_namespace_has_is_told(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="--owner-label"):
        make(world(tmp_path), "team-hierarchy", Request(owner_label="squad"))


def test_a_namespace_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="no namespace green"):
        make(world(tmp_path), "default-deny", Request(("green",)))


def test_a_priority_that_is_taken_is_not_used(tmp_path: Path) -> None:
    taken = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: first}
spec:
  tier: Admin
  priority: 100
  subject: {namespaces: {}}
  egress: [{action: Pass, to: [{namespaces: {}}]}]
"""
    generated = make(world(tmp_path, taken), "team-hierarchy", Request())
    assert generated.manifests[0].body["spec"]["priority"] == 101
    assert not any("RF109" in note for note in generated.notes)


def test_a_draft_that_would_cut_dns_is_not_printed(tmp_path: Path) -> None:
    snapshot = world(tmp_path)
    given = Given(snapshot, survey(snapshot), Cluster(snapshot).engine)
    deny = network_policy("deny", "red", {"podSelector": {}, "policyTypes": ["Egress"]})
    with pytest.raises(QueryError, match="would cut red/web from the DNS pod kube-system/dns-0"):
        check(given, Draft((Manifest(deny),), keeps_dns=("red",)))


def test_a_draft_that_would_open_where_it_must_close_is_not_printed(tmp_path: Path) -> None:
    snapshot = world(tmp_path, ISOLATED)
    given = Given(snapshot, survey(snapshot), Cluster(snapshot).engine)
    wide = network_policy("wide", "red", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]})
    with pytest.raises(QueryError, match="would open all ports"):
        check(given, Draft((Manifest(wide),), closes_only=True))
