"""One fix for many connections, on small clusters by hand: what is corrected, what is added, and what it opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import pytest

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.explain.endpoints import Endpoints
from ringfence.explain.query import split_destination, with_ports
from ringfence.fix.propose_all import FixSet, propose_all
from ringfence.fix.wanted import Wanted, names, needed
from ringfence.fix.world import World
from ringfence.model.objects import Pod, Service, ServicePort, Snapshot, WorkloadRef
from ringfence.model.ports import Protocol
from ringfence.survey import survey
from tests.clusters import cluster, pod
from tests.fix.test_tiers import tier, together

WEB, CART = pod("shop/web-0", "app=web", ip="10.0.0.1"), pod("shop/cart-0", "app=cart", ip="10.0.0.2")
DB, CACHE = pod("data/db-0", "app=db", ip="10.0.0.3"), pod("data/cache-0", "app=cache", ip="10.0.0.4")
DNS = replace(
    pod("kube-system/coredns-0", "k8s-app=kube-dns", ip="10.0.0.9"),
    workload=WorkloadRef("kube-system", "Deployment", "coredns"),
)
KUBE_DNS = Service(
    "kube-system",
    "kube-dns",
    (ServicePort("dns", Protocol.UDP, 53, 5353), ServicePort("dns-tcp", Protocol.TCP, 53, 5353)),
    {"k8s-app": "kube-dns"},
)


def deny(namespace: str, types: str = "Ingress, Egress", labels: str = "") -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: deny, namespace: {namespace}}}
spec:
  podSelector: {{{f"matchLabels: {{{labels}}}" if labels else ""}}}
  policyTypes: [{types}]
"""


BOTH = together(deny("shop"), deny("data"))


class Case:
    """A cluster, and one fix for several connections of it."""

    def __init__(self, policies: str, *pods: Pod, services: Sequence[Service] = ()) -> None:
        found = cluster(pods or (WEB, CART, DB, CACHE), policies)
        self.snapshot: Snapshot = replace(found, services=tuple(services))

    @cached_property
    def world(self) -> World:
        policies, _ = read_policies(self.snapshot)
        return World.of(self.snapshot, Engine.build(self.snapshot, policies))

    def wanted(self, *lines: str) -> list[Wanted]:
        endpoints = Endpoints(self.snapshot)
        found = []
        for line in lines:
            source, _, destination = line.partition(" > ")
            text, asked = split_destination(destination)
            port = with_ports(asked)
            assert port is not None
            left, right = endpoints.source(source), endpoints.destination(text)
            targets = endpoints.targets(right, *port)
            found.append(Wanted(left.name, left.endpoints, right.name, targets, *port))
        return found

    def fix(self, *lines: str) -> FixSet:
        return propose_all(self.world, self.wanted(*lines))


def specs(answer: FixSet) -> dict[str, dict[str, Any]]:
    found = {}
    for patch in answer.patches:
        assert patch.manifest is not None
        found[f"{patch.target.namespace}/{patch.target.name}"] = dict(patch.manifest["spec"])
    return found


def opens(answer: FixSet) -> list[tuple[str, str, str]]:
    return [(effect.source, effect.destination, str(effect.ports)) for effect in answer.effects.opens]


def test_each_workload_gets_one_policy_for_all_that_it_needs() -> None:
    answer = Case(BOTH).fix(
        "shop/web-0 > data/db-0:5432", "shop/web-0 > data/cache-0:6379", "shop/cart-0 > data/db-0:5432"
    )
    assert list(specs(answer)) == ["data/allow-cache-0", "data/allow-db-0", "shop/allow-cart-0", "shop/allow-web-0"]
    assert specs(answer)["data/allow-db-0"] == {
        "podSelector": {"matchLabels": {"app": "db"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
                        "podSelector": {
                            "matchExpressions": [{"key": "app", "operator": "In", "values": ["cart", "web"]}]
                        },
                    }
                ],
                "ports": [{"protocol": "TCP", "port": 5432}],
            }
        ],
    }
    assert answer.effects.opens == answer.effects.closes == ()
    assert (len(answer.restored), len(answer.kept), len(answer.left)) == (3, 0, 0)


def test_only_the_directions_that_are_denied_are_written() -> None:
    """A policy that named the other direction, too, would isolate pods that are free in it."""
    answer = Case(deny("data", "Ingress")).fix("shop/web-0 > data/db-0:5432")
    assert list(specs(answer)) == ["data/allow-db-0"]
    assert specs(answer)["data/allow-db-0"]["policyTypes"] == ["Ingress"]


def test_what_is_allowed_already_needs_nothing() -> None:
    answer = Case(deny("data", "Ingress", "app: db")).fix("shop/web-0 > data/cache-0:6379")
    assert answer.patches == ()
    assert len(answer.kept) == 1


def test_replicas_that_labels_do_not_tell_apart_come_along_and_are_named() -> None:
    twin = replace(DB, name="db-1", workload=WorkloadRef("data", "Pod", "db-1"), addresses=())
    answer = Case(BOTH, WEB, DB, twin).fix("shop/web-0 > data/db-0:5432")
    assert opens(answer) == [("shop/Pod/web-0", "data/Pod/db-1", "TCP 5432")]


def test_addresses_outside_are_named_one_by_one() -> None:
    answer = Case(deny("shop", "Egress")).fix(
        "shop/web-0 > 192.0.2.7:443", "shop/web-0 > 2001:db8::7:443".replace("2001:db8::7", "[2001:db8::7]")
    )
    ((rule,),) = [spec["egress"] for spec in specs(answer).values()]
    assert rule["to"] == [{"ipBlock": {"cidr": "192.0.2.7/32"}}, {"ipBlock": {"cidr": "2001:db8::7/128"}}]


def test_a_peer_on_the_host_network_without_an_address_is_left_and_said() -> None:
    host = pod("data/agent", "app=agent", host=True)
    answer = Case(deny("shop", "Egress"), WEB, DB, host).fix(
        "shop/web-0 > data/agent:80", "shop/web-0 > data/db-0:5432"
    )
    assert [str(each.wanted) for each in answer.left] == ["shop/web-0 to data/agent on TCP 80"]
    assert "on the network of its node" in answer.left[0].reason
    assert len(answer.restored) == 1


# ---- names ---------------------------------------------------------------------------------------------------------


def test_names_come_first_by_one_policy_for_the_namespace_on_the_ports_of_the_dns_pods() -> None:
    case = Case(deny("shop"), WEB, CART, DNS, services=[KUBE_DNS])
    wanted = names(survey(case.snapshot), case.snapshot.pods)
    answer = propose_all(case.world, wanted)
    assert specs(answer) == {
        "shop/allow-dns": {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [
                {
                    "to": [
                        {
                            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                        }
                    ],
                    "ports": [{"protocol": "TCP", "port": 5353}, {"protocol": "UDP", "port": 5353}],
                }
            ],
        }
    }
    assert len(answer.restored) == 4  # two workloads, over UDP and TCP


def test_pods_that_nothing_isolates_are_not_isolated_for_the_sake_of_names() -> None:
    """An empty podSelector would be a default deny of egress for the pod that none selects today."""
    free = pod("shop/free-0", "app=free", ip="10.0.0.7")
    case = Case(
        together(deny("shop", labels="app: web"), deny("shop", labels="app: cart").replace("deny,", "cart,")),
        WEB,
        CART,
        free,
        DNS,
        services=[KUBE_DNS],
    )
    answer = propose_all(case.world, names(survey(case.snapshot), case.snapshot.pods))
    (spec,) = specs(answer).values()
    assert spec["podSelector"] == {"matchExpressions": [{"key": "app", "operator": "In", "values": ["cart", "web"]}]}
    assert answer.effects.closes == ()


def test_dns_pods_that_are_isolated_let_whole_namespaces_in() -> None:
    case = Case(deny("kube-system", "Ingress"), WEB, CART, DB, DNS, services=[KUBE_DNS])
    answer = propose_all(case.world, names(survey(case.snapshot), case.snapshot.pods))
    (spec,) = specs(answer).values()
    assert spec["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}} or spec["podSelector"] == {}
    ((rule,),) = [spec["ingress"]]
    assert [peer["namespaceSelector"]["matchLabels"] for peer in rule["from"]] == [
        {"kubernetes.io/metadata.name": "data"},
        {"kubernetes.io/metadata.name": "shop"},
    ]


def test_a_rule_for_names_over_udp_only_gets_tcp() -> None:
    policy = f"""\
{deny("shop", "Egress")}  egress:
    - to: [{{namespaceSelector: {{}}, podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}}}]
      ports: [{{protocol: UDP, port: 5353}}]
"""
    case = Case(policy, WEB, CART, DNS, services=[KUBE_DNS])
    answer = propose_all(case.world, names(survey(case.snapshot), case.snapshot.pods))
    (patch,) = answer.patches
    assert patch.title == "Allow TCP 5353 too in NetworkPolicy shop/deny, egress rule 1"
    assert (len(answer.restored), len(answer.kept)) == (2, 2)


def test_only_what_concerns_a_namespace_is_wanted() -> None:
    case = Case(BOTH, WEB, DB, DNS, services=[KUBE_DNS])
    found = needed(survey(case.snapshot), case.snapshot.pods, case.world, namespaces=frozenset({"data"}))
    assert {each.source for each in found} == {"data/Pod/db-0"}
    # DNS is asked by both; it is no business of the namespace of the DNS pods.
    assert needed(survey(case.snapshot), case.snapshot.pods, case.world, namespaces=frozenset({"kube-system"})) == ()


# ---- corrections ---------------------------------------------------------------------------------------------------


def test_a_slip_that_cuts_several_is_corrected_once() -> None:
    policy = deny("data", "Ingress") + "  ingress: [{from: [{namespaceSelector: {matchLabels: {name: shop}}}]}]\n"
    answer = Case(policy, WEB, CART, DB).fix(
        *(f"shop/{name} > data/db-0:{port}" for name in ("web-0", "cart-0") for port in (80, 443))
    )
    # Every port of the rule would open by that, and no more than two were asked for: policies are the smaller change.
    assert [patch.target.kind for patch in answer.patches] == ["NetworkPolicy"]
    assert answer.effects.opens == ()
    ported = policy.replace("name: shop}}}]}]", "name: shop}}}], ports: [{port: 80}, {port: 443}]}]")
    answer = Case(ported, WEB, CART, DB).fix(
        *(f"shop/{name} > data/db-0:{port}" for name in ("web-0", "cart-0") for port in (80, 443))
    )
    assert len(answer.patches) == 1
    assert answer.patches[0].manifest is None
    assert answer.effects.opens == ()


def test_a_correction_never_takes_from_one_what_it_gives_to_another() -> None:
    """The Service's port is right for one and wrong for the other: the rule stays, and a policy is added."""
    policy = deny("data", "Ingress") + "  ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]\n"
    service = Service("data", "db", (ServicePort("sql", Protocol.TCP, 80, 5432),), {"app": "db"})
    case = Case(policy, WEB, CART, DB, CACHE, services=[service])
    answer = case.fix("shop/web-0 > service:data/db:80", "shop/cart-0 > data/cache-0:80")
    assert len(answer.kept) == len(answer.restored) == 1
    assert answer.patches[0].manifest is not None
    after = answer.world
    assert after is not None
    assert all(each.connection.allowed(after) for each in (*answer.kept, *answer.restored))


def test_a_tier_that_denies_is_passed_and_network_policies_allow_behind_it() -> None:
    answer = Case(together(tier("guard", 5), deny("data", "Ingress")), WEB, DB, CACHE).fix(
        "shop/web-0 > data/db-0:5432"
    )
    assert {patch.target.kind for patch in answer.patches} <= {"ClusterNetworkPolicy", "NetworkPolicy"}
    assert len(answer.restored) == 1
    assert answer.effects.opens == answer.effects.closes == ()
    assert any("cluster-scoped" in note for note in answer.notes)


def test_an_empty_subject_is_narrowed_once_for_all() -> None:
    wide = tier("lab-isolation", 5).replace("{matchLabels: {kubernetes.io/metadata.name: data}}", "{}")
    lab = pod("lab/x-0", "app=x", ip="10.0.0.6")
    answer = Case(wide, WEB, DB, CACHE, lab).fix("shop/web-0 > data/db-0:1", "shop/web-0 > data/cache-0:2")
    (patch,) = answer.patches
    assert "Narrow the subject of ClusterNetworkPolicy lab-isolation" in patch.title


@pytest.mark.parametrize("name", ["allow-db-0", "deny"])
def test_a_new_policy_takes_no_name_that_is_taken(name: str) -> None:
    case = Case(deny("data", "Ingress").replace("name: deny", f"name: {name}"))
    answer = case.fix("shop/web-0 > data/db-0:5432")
    assert list(specs(answer)) == ["data/allow-db-0-2" if name == "allow-db-0" else "data/allow-db-0"]


# ---- many denials by a tier ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("older", [False, True])
def test_what_a_tier_denies_many_is_passed_by_few_rules_and_not_one_by_one(older: bool) -> None:
    pods = [pod(f"shop/web-{n}", f"app=web-{n}", ip=f"10.0.1.{n}") for n in range(6)]
    policies = together(tier("guard", 5, older=older), deny("data", "Ingress"))
    answer = Case(policies, *pods, DB, CACHE).fix(*(f"shop/web-{n} > data/db-0:5432" for n in range(6)))
    passing, allowing = answer.patches
    assert len(passing.edits) == 1
    assert passing.edits[0].value["action"] == "Pass"
    assert len(passing.edits[0].value["from"]) == 6
    assert allowing.manifest is not None
    assert len(answer.restored) == 6
    # The cache is passed to the same, but NetworkPolicy denies that.
    assert answer.effects.opens == answer.effects.closes == ()
    assert "The rules hold for every pod that ClusterNetworkPolicy guard selects" in " ".join(answer.notes) or older


def test_what_the_baseline_tier_denies_many_is_allowed_there() -> None:
    pods = [pod(f"shop/web-{n}", f"app=web-{n}", ip=f"10.0.1.{n}") for n in range(6)]
    answer = Case(tier("guard", 5, tier="Baseline"), *pods, DB).fix(
        *(f"shop/web-{n} > data/db-0:5432" for n in range(6))
    )
    (patch,) = answer.patches
    assert [edit.value["action"] for edit in patch.edits] == ["Accept"]
    assert len(answer.restored) == 6


def test_no_rule_has_more_peers_than_the_api_takes() -> None:
    pods = [pod(f"shop/web-{n}", f"app=web-{n}", ip=f"10.0.1.{n}") for n in range(30)]
    answer = Case(tier("guard", 5), *pods, DB).fix(*(f"shop/web-{n} > data/db-0:5432" for n in range(30)))
    (patch,) = answer.patches
    assert [len(edit.value["from"]) for edit in patch.edits] == [25, 5]


def test_pods_with_a_resolver_of_their_own_need_that_one() -> None:
    own = replace(WEB, resolvers=(0x0A640001,))  # 10.100.0.1
    case = Case(deny("shop"), own, CART, DNS, services=[KUBE_DNS])
    answer = propose_all(case.world, names(survey(case.snapshot), case.snapshot.pods))
    rules = {name: spec["egress"] for name, spec in specs(answer).items()}
    assert [spec["podSelector"] for spec in specs(answer).values()] == [
        {"matchLabels": {"app": "cart"}},
        {"matchLabels": {"app": "web"}},
    ]
    assert [rule["to"] for rule in rules["shop/allow-dns-2"]] == [[{"ipBlock": {"cidr": "10.100.0.1/32"}}]]
    assert answer.effects.opens == answer.effects.closes == ()
