"""Hypothesis strategies: small whole clusters, policies in the intermediate form, and policies as authors write them.

Alphabets are tiny, so that selectors, ranges and ports meet the pods often and every corner is crossed soon. What is
finite is listed once and chosen from: Hypothesis takes longer over a choice than an engine over a small cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, reduce
from itertools import combinations_with_replacement, permutations, product
from operator import or_
from typing import Any

from hypothesis import strategies as st

from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.labels import EVERYTHING, AllOf, AnyOf, LabelExpr, Negation, Operator, Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Namespace, Node, Pod, Snapshot, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import (
    Action,
    AddressPeer,
    AllPeers,
    AnyPeer,
    Condition,
    Direction,
    Layer,
    NamePeer,
    NodePeer,
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
from ringfence.model.ports import ContainerPort, Icmp, IcmpRange, NamedPort, PortMatch, PortRange, Protocol

NAMESPACES = ("a", "b", "c", "d")
POD_LABELS = {"app": ("web", "db", "cache"), "tier": ("1", "2")}
MESH_LABELS = {"security.istio.io/tlsMode": ("istio",), "istio.io/dataplane-mode": ("ambient", "none")}
NAMESPACE_LABELS = {"team": ("red", "blue"), "env": ("prod", "")}
NODE_LABELS = {"zone": ("x", "y")}
ACCOUNTS = ("default", "robot")
ACCOUNT_LABELS = {"rank": ("1", "2")}
PORT_NAMES = ("web", "dns", "api")
ICMP_TYPES = (0, 8, 128)
PORT_NUMBERS = (1, 53, 80, 81, 8080, 65535)
NODES = {"n1": ("10.0.1.1", "fd00:0:0:1::1"), "n2": ("10.0.1.2",), "n3": ("fd00:0:0:1::3",)}
DOMAINS = ("example.com", "*.example.org")
# Pods have 10.0.0.1-8 and fd00::1-8: these ranges hold all of them, some, one, nodes, and none.
CIDRS: Mapping[str, tuple[str, ...]] = {
    "0.0.0.0/0": ("10.0.0.0/8", "10.0.0.3/32", "0.0.0.0/1"),
    "10.0.0.0/8": ("10.0.0.0/30", "10.0.1.0/24", "10.128.0.0/9"),
    "10.0.0.0/29": ("10.0.0.2/32", "10.0.0.4/30"),
    "10.0.0.4/30": ("10.0.0.5/32",),
    "10.0.0.1/32": (),
    "10.0.1.0/24": ("10.0.1.1/32",),
    "192.0.2.0/24": ("192.0.2.128/25", "192.0.2.255/32"),
    "255.255.255.255/32": (),
    "::/0": ("fd00::/16", "8000::/1"),
    "fd00::/64": ("fd00::2/128", "fd00::4/126"),
    "fd00::4/126": ("fd00::5/128",),
    "2001:db8::/32": (),
}

protocols = st.sampled_from(Protocol)
directions = st.sampled_from(Direction)


def label_sets(alphabet: Mapping[str, tuple[str, ...]]) -> st.SearchStrategy[dict[str, str]]:
    """Label sets over an alphabet, any key as likely absent as present."""
    items: list[list[dict[str, str]]] = [
        [{}] * len(values) + [{key: value} for value in values] for key, values in alphabet.items()
    ]
    return st.tuples(*map(st.sampled_from, items)).map(lambda chosen: reduce(or_, chosen, {}))


container_ports = st.sampled_from(
    [ContainerPort(*chosen) for chosen in product((*PORT_NAMES, ""), Protocol, PORT_NUMBERS)]
)
"""One name may come with several numbers, and with several protocols."""


@st.composite
def pods(draw: st.DrawFn, index: int) -> Pod:
    """A pod of one to four namespaces: ordinary, of the host network, or planned; with or without addresses."""
    namespace = draw(st.sampled_from(NAMESPACES))
    kind = draw(st.sampled_from(("pod", "pod", "pod", "host", "planned")))
    node = draw(st.sampled_from(("", *NODES)))
    if kind == "host":
        addresses = NODES.get(node, ())
    elif kind == "planned":
        addresses = ()
    else:
        own: tuple[str, ...] = (f"10.0.0.{index + 1}", f"fd00::{index + 1}")
        addresses = draw(st.sampled_from((own[:1], own[1:], own, ())))
    return Pod(
        namespace,
        "" if kind == "planned" else f"p{index}",
        {**draw(label_sets(POD_LABELS)), **(draw(label_sets(MESH_LABELS)) if draw(st.booleans()) else {})},
        WorkloadRef(namespace, "Deployment" if kind == "planned" else "Pod", f"p{index}"),
        tuple(map(parse_address, addresses)),
        tuple(draw(st.lists(container_ports, max_size=3))),
        host_network=kind == "host",
        node="" if kind == "planned" else node,
        service_account=draw(st.sampled_from(ACCOUNTS)),
        planned=kind == "planned",
    )


@st.composite
def snapshots(draw: st.DrawFn, *, most_pods: int = 6) -> Snapshot:
    """A cluster without policies: namespaces with labels, pods, and some of the nodes."""
    count = draw(st.integers(1, most_pods))
    members = tuple(draw(pods(index)) for index in range(count))
    namespaces = {
        name: Namespace(name, {NAMESPACE_NAME_LABEL: name, **draw(label_sets(NAMESPACE_LABELS))}) for name in NAMESPACES
    }
    nodes = tuple(
        Node(name, draw(label_sets(NODE_LABELS)), tuple(map(parse_address, addresses)))
        for name, addresses in NODES.items()
        if draw(st.booleans())
    )
    accounts = {
        (namespace, name): draw(label_sets(ACCOUNT_LABELS))
        for namespace in NAMESPACES[:2]
        for name in draw(st.sampled_from(((), (), ACCOUNTS)))
    }
    return Snapshot(namespaces, members, nodes=nodes, accounts=accounts)


# ---- the intermediate form ---------------------------------------------------------------------------------------


def requirements(alphabet: Mapping[str, tuple[str, ...]]) -> st.SearchStrategy[Requirement]:
    """Requirements with every operator, Calico's included."""
    of_key = {key: st.one_of(*map(st.sampled_from, _requirements(key, alphabet[key]))) for key in sorted(alphabet)}
    return st.sampled_from(list(of_key)).flatmap(of_key.__getitem__)


def _requirements(key: str, values: tuple[str, ...]) -> Iterator[list[Requirement]]:
    listed = [*((value,) for value in values), *permutations(values, 2)]
    for operators, operands in (
        ((Operator.IN, Operator.NOT_IN), listed),
        ((Operator.EXISTS, Operator.DOES_NOT_EXIST), [()]),
        ((Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH), [("e",), ("w", "d"), ("",)]),
    ):
        yield [Requirement(key, operator, of) for operator, of in product(operators, operands)]


def expressions(alphabet: Mapping[str, tuple[str, ...]]) -> st.SearchStrategy[LabelExpr]:
    """Label expressions: everything, conjunctions, and now and then the other connectives."""
    simple = st.one_of(
        st.just(EVERYTHING),
        requirements(alphabet),
        st.lists(requirements(alphabet), max_size=2).map(lambda parts: AllOf(tuple(parts))),
    )
    return st.one_of(
        simple,
        simple,
        st.lists(simple, max_size=2).map(lambda parts: AnyOf(tuple(parts))),
        simple.map(Negation),
    )


_NAMESPACE_KEYS = {**NAMESPACE_LABELS, NAMESPACE_NAME_LABEL: NAMESPACES}
_DERIVED_KEYS = {
    **POD_LABELS,
    ":namespace": NAMESPACES,
    ":serviceaccount": ACCOUNTS,
    ":mesh": ("sidecar", "ambient"),
    ":principal": ("cluster.local/ns/a/sa/robot", "cluster.local/ns/b/sa/default"),
    "namespace:team": NAMESPACE_LABELS["team"],
    "serviceaccount:rank": ACCOUNT_LABELS["rank"],
}

pod_peers = st.one_of(
    st.builds(PodPeer, namespaces=expressions(_NAMESPACE_KEYS), pods=expressions(POD_LABELS)),
    st.builds(PodPeer, namespace=st.sampled_from(NAMESPACES), pods=expressions(POD_LABELS)),
    st.builds(PodPeer, pods=expressions(_DERIVED_KEYS)),
)


def _address_peers() -> st.SearchStrategy[AddressPeer]:
    """Ranges with exceptions, some of which cut between the addresses of pods."""
    cut = []
    for cidr, inside in sorted(CIDRS.items()):
        holes = [AddressSet(), *(AddressSet.cidr(hole) for hole in inside)]
        cut.append([AddressSet.cidr(cidr) - (one | other) for one, other in combinations_with_replacement(holes, 2)])
    often = st.sampled_from((True, True, True, False))
    return st.builds(AddressPeer, st.sampled_from(cut).flatmap(st.sampled_from), often, nodes=often)


address_peers = _address_peers()
_resolved_names = st.sampled_from(
    [NamePeer(domain, addresses=AddressSet.cidr(cidr)) for domain, cidr in product(DOMAINS, sorted(CIDRS))]
)
_single_peers: st.SearchStrategy[Peer] = st.one_of(
    pod_peers,
    pod_peers,
    address_peers,
    address_peers,
    st.builds(NodePeer, expressions(NODE_LABELS)),
    st.builds(SameNodePeer, st.booleans()),
    _resolved_names,
)


def _joined(parts: st.SearchStrategy[Peer]) -> st.SearchStrategy[Peer]:
    several = st.lists(parts, max_size=2).map(tuple)
    return st.one_of(st.builds(AllPeers, several), st.builds(AnyPeer, several), st.builds(NotPeer, parts))


peers: st.SearchStrategy[Peer] = st.one_of(
    _single_peers, _single_peers, _single_peers, _joined(st.one_of(_single_peers, _joined(_single_peers)))
)

port_matches: st.SearchStrategy[PortMatch] = st.one_of(
    protocols.map(PortRange),
    st.sampled_from([PortRange(protocol, port, port) for protocol, port in product(Protocol, PORT_NUMBERS)]),
    st.sampled_from(
        [
            PortRange(protocol, lo, hi)
            for protocol, (lo, hi) in product(Protocol, combinations_with_replacement(PORT_NUMBERS, 2))
        ]
    ),
    st.sampled_from([NamedPort(*chosen) for chosen in product(PORT_NAMES, (None, *Protocol))]),
    st.sampled_from([IcmpRange.of(*chosen) for chosen in product(Icmp, (None, *ICMP_TYPES), (None, 0, 1))]),
)


@cache
def rules(actions: tuple[Action, ...], *, uncertain: bool = False) -> st.SearchStrategy[Rule]:
    """Rules with these actions; ``uncertain`` brings in conditions and names."""
    some = st.one_of(peers, peers, st.builds(NamePeer, st.sampled_from(DOMAINS))) if uncertain else peers
    conditions = st.sampled_from(((), (), (Condition("HTTP GET"),))) if uncertain else st.just(())
    return st.builds(
        Rule,
        st.sampled_from(actions),
        st.one_of(st.none(), st.lists(some, max_size=2).map(tuple)),
        st.one_of(st.none(), st.lists(port_matches, max_size=2).map(tuple)),
        conditions,
        only=st.one_of(st.none(), st.none(), st.none(), peers),
    )


@cache
@st.composite
def policies(draw: st.DrawFn, number: int, rule: st.SearchStrategy[Rule]) -> Policy:
    """A policy of any subject and directions; priorities repeat."""
    return Policy(
        ObjectRef("Policy", f"policy-{number}", draw(st.sampled_from(NAMESPACES))),
        draw(pod_peers),
        frozenset(draw(st.sets(directions, max_size=2))),
        tuple(draw(st.lists(rule, max_size=3))),
        tuple(draw(st.lists(rule, max_size=3))),
        (float(draw(st.integers(0, 2))), f"policy-{number}"),
    )


@cache
@st.composite
def stages(draw: st.DrawFn, name: str, *, uncertain: bool = False) -> Stage:
    """A stage of either kind. An ordered one may hold any action and deny at its end, as a Calico tier does."""
    kind = draw(st.sampled_from(StageKind))
    ordered = kind is StageKind.ORDERED
    rule = rules(tuple(Action) if ordered else (Action.ALLOW,), uncertain=uncertain)
    members = [draw(policies(number, rule)) for number in range(draw(st.integers(0, 3)))]
    if ordered:
        members.sort(key=lambda policy: policy.order)
    default = draw(st.sampled_from((Action.PASS, Action.PASS, Action.DENY))) if ordered else Action.PASS
    return Stage(name, kind, tuple(members), default)


@st.composite
def policy_sets(draw: st.DrawFn, *, uncertain: bool = False) -> PolicySet:
    """One or two layers of up to three stages in any order: deny stages before additive ones, tiers, a mesh."""
    layers = []
    for layer in range(draw(st.integers(1, 2))):
        count = draw(st.integers(1, 3))
        layers.append(
            Layer(
                f"layer-{layer}", tuple(draw(stages(f"stage-{layer}-{n}", uncertain=uncertain)) for n in range(count))
            )
        )
    return PolicySet(tuple(layers))


# ---- as an author writes them --------------------------------------------------------------------------------------

Body = dict[str, Any]


def selector_bodies(alphabet: Mapping[str, tuple[str, ...]]) -> st.SearchStrategy[Body]:
    """Valid Kubernetes selectors with every operator."""
    valued = st.sampled_from(sorted(alphabet)).flatmap(
        lambda key: st.fixed_dictionaries(
            {
                "key": st.just(key),
                "operator": st.sampled_from(("In", "NotIn")),
                "values": st.lists(st.sampled_from(alphabet[key]), min_size=1, max_size=2, unique=True),
            }
        )
    )
    bare = st.fixed_dictionaries(
        {
            "key": st.sampled_from(sorted(alphabet)),
            "operator": st.sampled_from(("Exists", "DoesNotExist")),
        }
    )
    return st.one_of(
        st.just({}),
        st.fixed_dictionaries(
            {},
            optional={
                "matchLabels": label_sets(alphabet),
                "matchExpressions": st.lists(st.one_of(valued, bare), max_size=2),
            },
        ),
    )


_pod_selectors = selector_bodies(POD_LABELS)
_namespace_selectors = selector_bodies(_NAMESPACE_KEYS)
_node_selectors = selector_bodies(NODE_LABELS)


@st.composite
def ip_blocks(draw: st.DrawFn) -> Body:
    """An ``ipBlock``, with or without exceptions strictly inside it."""
    cidr = draw(st.sampled_from(sorted(CIDRS)))
    block: Body = {"cidr": cidr}
    if draw(st.booleans()) and CIDRS[cidr]:
        block["except"] = draw(st.lists(st.sampled_from(CIDRS[cidr]), max_size=2, unique=True))
    return block


_network_policy_peers: st.SearchStrategy[Body] = st.one_of(
    st.fixed_dictionaries({"podSelector": _pod_selectors}),
    st.fixed_dictionaries({"namespaceSelector": _namespace_selectors}),
    st.fixed_dictionaries({"podSelector": _pod_selectors, "namespaceSelector": _namespace_selectors}),
    st.fixed_dictionaries({"ipBlock": ip_blocks()}),
)


@st.composite
def network_policy_ports(draw: st.DrawFn) -> Body:
    """Every form of a port entry: empty, protocol alone, number, name, range."""
    entry: Body = {}
    if draw(st.booleans()):
        entry["protocol"] = draw(protocols).name
    form = draw(st.sampled_from(("none", "number", "name", "range")))
    if form == "name":
        entry["port"] = draw(st.sampled_from(PORT_NAMES))
    elif form != "none":
        entry["port"] = draw(st.sampled_from(PORT_NUMBERS))
    if form == "range":
        entry["endPort"] = draw(st.sampled_from([number for number in PORT_NUMBERS if number >= entry["port"]]))
    return entry


def _network_policy_rules(side: str) -> st.SearchStrategy[Body]:
    return st.fixed_dictionaries(
        {},
        optional={
            side: st.lists(_network_policy_peers, max_size=2),
            "ports": st.lists(network_policy_ports(), max_size=2),
        },
    )


@st.composite
def network_policy_bodies(draw: st.DrawFn, number: int) -> Body:
    """A valid NetworkPolicy; lists are absent, empty or filled, and ``policyTypes`` may be left out."""
    spec: Body = {}
    if draw(st.integers(0, 9)):
        spec["podSelector"] = draw(_pod_selectors)
    for direction, side in (("ingress", "from"), ("egress", "to")):
        if draw(st.booleans()):
            spec[direction] = draw(st.lists(_network_policy_rules(side), max_size=2))
    if draw(st.booleans()):
        spec["policyTypes"] = draw(st.lists(st.sampled_from(("Ingress", "Egress")), max_size=2, unique=True))
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"np-{number}", "namespace": draw(st.sampled_from(NAMESPACES))},
        "spec": spec,
    }


_pod_choices: st.SearchStrategy[Body] = st.one_of(
    st.fixed_dictionaries({"namespaces": _namespace_selectors}),
    st.fixed_dictionaries(
        {"pods": st.fixed_dictionaries({"namespaceSelector": _namespace_selectors, "podSelector": _pod_selectors})}
    ),
)
_egress_choices: st.SearchStrategy[Body] = st.one_of(
    _pod_choices,
    _pod_choices,
    st.fixed_dictionaries({"nodes": _node_selectors}),
    st.fixed_dictionaries({"networks": st.lists(st.sampled_from(sorted(CIDRS)), min_size=1, max_size=2, unique=True)}),
)


@st.composite
def _port_bounds(draw: st.DrawFn) -> tuple[int, int]:
    lo, hi = sorted(draw(st.lists(st.sampled_from(PORT_NUMBERS), min_size=2, max_size=2, unique=True)))
    return lo, hi


@st.composite
def cluster_network_policy_protocols(draw: st.DrawFn) -> Body:
    """One entry of ``protocols``: a number, a range or a name."""
    if draw(st.integers(0, 3)) == 0:
        return {"destinationNamedPort": draw(st.sampled_from(PORT_NAMES))}
    if draw(st.booleans()):
        port: Body = {"number": draw(st.sampled_from(PORT_NUMBERS))}
    else:
        lo, hi = draw(_port_bounds())
        port = {"range": {"start": lo, "end": hi}}
    return {draw(protocols).name.lower(): {"destinationPort": port}}


@st.composite
def admin_network_policy_ports(draw: st.DrawFn) -> Body:
    """One entry of ``ports``: a number, a range or a name, the protocol given or not."""
    protocol = {"protocol": draw(protocols).name} if draw(st.booleans()) else {}
    form = draw(st.sampled_from(("portNumber", "portRange", "namedPort")))
    if form == "namedPort":
        return {form: draw(st.sampled_from(PORT_NAMES))}
    if form == "portNumber":
        return {form: {**protocol, "port": draw(st.sampled_from(PORT_NUMBERS))}}
    lo, hi = draw(_port_bounds())
    return {form: {**protocol, "start": lo, "end": hi}}


@st.composite
def _tiered_rules(draw: st.DrawFn, side: str, actions: tuple[str, ...], ports: str, entry: Any) -> Body:
    choices = _pod_choices if side == "from" else _egress_choices
    rule: Body = {"action": draw(st.sampled_from(actions)), side: draw(st.lists(choices, min_size=1, max_size=2))}
    outside = any(set(peer) & {"nodes", "networks"} for peer in rule[side])
    if draw(st.booleans()):
        entries = draw(st.lists(entry, max_size=2))
        # The APIs refuse named ports beside peers that have none.
        rule[ports] = [one for one in entries if not (outside and set(one) & {"namedPort", "destinationNamedPort"})]
    return rule


@st.composite
def tiered_bodies(draw: st.DrawFn, kind: str, number: int) -> Body:
    """A valid ClusterNetworkPolicy, AdminNetworkPolicy or BaselineAdminNetworkPolicy."""
    spec: Body = {"subject": draw(_pod_choices)}
    actions: tuple[str, ...]
    if kind == "ClusterNetworkPolicy":
        version, ports, entry = "v1alpha2", "protocols", cluster_network_policy_protocols()
        actions = ("Accept", "Deny", "Pass")
        spec["tier"] = draw(st.sampled_from(("Admin", "Baseline")))
    else:
        version, ports, entry = "v1alpha1", "ports", admin_network_policy_ports()
        actions = ("Allow", "Deny", "Pass")
    if kind == "BaselineAdminNetworkPolicy":
        actions = ("Allow", "Deny")
    else:
        spec["priority"] = draw(st.integers(0, 2))
    for direction, side in (("ingress", "from"), ("egress", "to")):
        if draw(st.booleans()):
            spec[direction] = draw(st.lists(_tiered_rules(side, actions, ports, entry), max_size=3))
    name = "default" if kind == "BaselineAdminNetworkPolicy" else f"{kind.lower()}-{number}"
    return {
        "apiVersion": f"policy.networking.k8s.io/{version}",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


@st.composite
def policy_bodies(draw: st.DrawFn) -> list[Body]:
    """Policies of a whole cluster, of the newer or the older admin API, NetworkPolicies beside them."""
    bodies = [draw(network_policy_bodies(number)) for number in range(draw(st.integers(0, 3)))]
    admin = draw(st.sampled_from(("ClusterNetworkPolicy", "AdminNetworkPolicy")))
    bodies += [draw(tiered_bodies(admin, number)) for number in range(draw(st.integers(0, 2)))]
    if admin == "AdminNetworkPolicy" and draw(st.booleans()):
        bodies.append(draw(tiered_bodies("BaselineAdminNetworkPolicy", 0)))
    return bodies
