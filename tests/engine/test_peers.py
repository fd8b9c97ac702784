"""Peers that are joined, negated, narrowed, or that depend on the node: expected values by hand."""

from __future__ import annotations

import pytest

from ringfence.engine import Engine
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.labels import AllOf, AnyOf, Operator, Requirement, match_labels
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Namespace, Node, Pod, Snapshot, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import (
    Action,
    AddressPeer,
    AllPeers,
    AnyPeer,
    Direction,
    Layer,
    NamePeer,
    NotPeer,
    Peer,
    PodPeer,
    Policy,
    PolicySet,
    Rule,
    SameNodePeer,
    Stage,
    StageKind,
)
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint


def pod(name: str, address: str, *, app: str, node: str = "n1", account: str = "default", host: bool = False) -> Pod:
    return Pod(
        "shop",
        name,
        {"app": app},
        WorkloadRef("shop", "Pod", name),
        (parse_address(address),),
        host_network=host,
        node=node,
        service_account=account,
    )


WEB = pod("web", "10.0.0.1", app="web")
DB = pod("db", "10.0.0.2", app="db", node="n2", account="database")
AGENT_HERE = pod("agent-1", "192.168.0.1", app="agent", host=True)
AGENT_THERE = pod("agent-2", "192.168.0.2", app="agent", node="n2", host=True)
HERE = AddressEndpoint(parse_address("192.168.0.1"), "n1")
THERE = AddressEndpoint(parse_address("192.168.0.2"), "n2")
OUTSIDE = AddressEndpoint(parse_address("8.8.8.8"))
ENDS: dict[str, Endpoint] = {
    "db": DB,
    "agent here": AGENT_HERE,
    "agent there": AGENT_THERE,
    "here": HERE,
    "there": THERE,
    "outside": OUTSIDE,
}

SNAPSHOT = Snapshot(
    {"shop": Namespace("shop", {NAMESPACE_NAME_LABEL: "shop", "team": "red"})},
    (WEB, DB, AGENT_HERE, AGENT_THERE),
    nodes=(Node("n1", {}, (HERE.address,)), Node("n2", {}, (THERE.address,))),
    accounts={("shop", "database"): {"rank": "1"}},
)


def reached(peer: Peer, only: Peer | None = None) -> set[str]:
    """What web may send to when this one rule is all that its isolation leaves it; both evaluators must agree."""
    rule = Rule(Action.ALLOW, (peer,), only=only)
    policy = Policy(ObjectRef("Policy", "p"), PodPeer("shop"), frozenset({Direction.EGRESS}), (rule,))
    engine = Engine.build(SNAPSHOT, PolicySet((Layer("network", (Stage("s", StageKind.ADDITIVE, (policy,)),)),)))
    found: set[str] = set()
    for name, end in ENDS.items():
        by_rows = engine.allowed(WEB, end).has(Protocol.TCP, 80)
        assert engine.verdict(WEB, end, Protocol.TCP, 80).allowed is by_rows
        if by_rows:
            found.add(name)
    return found


APP_DB = PodPeer("shop", pods=match_labels({"app": "db"}))
WORLD = AddressPeer(AddressSet.cidr("0.0.0.0/0"), pods=False, nodes=False)
DEFAULT_ROUTE = AddressPeer(AddressSet.cidr("0.0.0.0/0"), pods=False)


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        pytest.param(SameNodePeer(), {"agent here", "here"}, id="the own node and its host-network pods"),
        pytest.param(SameNodePeer(same=False), {"agent there", "there"}, id="the other nodes and theirs"),
        pytest.param(WORLD, {"outside"}, id="a range that leaves out pods and nodes"),
        pytest.param(
            DEFAULT_ROUTE,
            {"outside", "here", "there", "agent here", "agent there"},
            id="a range that leaves out pods only",
        ),
        pytest.param(
            NotPeer(APP_DB), {"outside", "here", "there", "agent here", "agent there"}, id="all but some pods"
        ),
        pytest.param(AnyPeer((APP_DB, WORLD)), {"db", "outside"}, id="either of two"),
        pytest.param(
            AllPeers((DEFAULT_ROUTE, NotPeer(SameNodePeer()))),
            {"outside", "there", "agent there"},
            id="a range without the own node",
        ),
        pytest.param(AllPeers(()), set(ENDS), id="every one of no conditions"),
        pytest.param(AnyPeer(()), set(), id="one of no conditions"),
        pytest.param(
            NamePeer("dns.example", addresses=AddressSet.cidr("8.8.8.0/24")), {"outside"}, id="a name on record"
        ),
        pytest.param(
            NamePeer("dns.example", addresses=AddressSet.cidr("9.9.9.0/24")), set(), id="a name recorded elsewhere"
        ),
        pytest.param(
            PodPeer(pods=match_labels({":serviceaccount": "database"})), {"db"}, id="by the service account's name"
        ),
        pytest.param(
            PodPeer(pods=match_labels({"serviceaccount:rank": "1"})), {"db"}, id="by the service account's label"
        ),
        pytest.param(
            PodPeer(
                pods=AnyOf(
                    (
                        match_labels({"namespace:team": "blue"}),
                        AllOf((match_labels({"app": "db"}), Requirement(":namespace", Operator.IN, ("shop",)))),
                    )
                )
            ),
            {"db"},
            id="namespace and pod labels in one expression",
        ),
    ],
)
def test_a_peer_matches_what_it_says(peer: Peer, expected: set[str]) -> None:
    assert reached(peer) == expected


def test_a_narrowed_rule_is_for_the_subjects_it_names_only() -> None:
    assert reached(APP_DB, only=PodPeer("shop", pods=match_labels({"app": "web"}))) == {"db"}
    assert reached(APP_DB, only=PodPeer("shop", pods=match_labels({"app": "other"}))) == set()


def test_a_narrowed_rule_says_for_whom_it_is_not() -> None:
    rule = Rule(Action.ALLOW, (APP_DB,), only=PodPeer("shop", pods=match_labels({"app": "other"})))
    policy = Policy(ObjectRef("Policy", "p"), PodPeer("shop"), frozenset({Direction.EGRESS}), (rule,))
    engine = Engine.build(SNAPSHOT, PolicySet((Layer("network", (Stage("s", StageKind.ADDITIVE, (policy,)),)),)))
    (trace,) = engine.verdict(WEB, DB, Protocol.TCP, 80).egress.stages[0].rules
    assert trace.misses[0].text == (
        "the rule is not for shop/web: pod: label `app=other` is asked, but it has `app=web`"
    )


def test_a_namespace_that_gets_another_label_changes_who_is_matched_by_it() -> None:
    rule = Rule(Action.ALLOW, (PodPeer(pods=match_labels({"namespace:team": "blue"})),))
    policy = Policy(ObjectRef("Policy", "p"), PodPeer("shop"), frozenset({Direction.EGRESS}), (rule,))
    before = Engine.build(SNAPSHOT, PolicySet((Layer("network", (Stage("s", StageKind.ADDITIVE, (policy,)),)),)))
    after = before.with_namespace(Namespace("shop", {NAMESPACE_NAME_LABEL: "shop", "team": "blue"}))
    again = after.with_namespace(SNAPSHOT.namespaces["shop"])
    assert [bool(engine.allowed(WEB, DB)) for engine in (before, after, again)] == [False, True, False]
