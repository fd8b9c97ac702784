"""Random policies of Calico, as an author writes them, with the meanings of their selectors beside them."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.dialects.calico.raw import Body, Meaning, Thing

SELECTORS: dict[str, Meaning] = {
    "all()": lambda _: True,
    "app == 'web'": lambda thing: thing.labels.get("app") == "web",
    "app != 'web'": lambda thing: thing.labels.get("app") != "web",
    "has(app)": lambda thing: "app" in thing.labels,
    "!has(app) || app in {'db', 'x'}": lambda thing: thing.labels.get("app") in (None, "db", "x"),
    "app not in {'web'} && has(role)": lambda thing: thing.labels.get("app") != "web" and "role" in thing.labels,
    "projectcalico.org/namespace == 'a'": lambda thing: thing.space == "a",
    "pcns.team == 'red'": lambda thing: thing.space_labels.get("team") == "red",
    "projectcalico.org/serviceaccount == 'robot'": lambda thing: thing.account == "robot",
}
SPACES: dict[str, Meaning] = {
    "all()": lambda thing: bool(thing.space),
    "team == 'red'": lambda thing: thing.space_labels.get("team") == "red",
    "team != 'red'": lambda thing: thing.space_labels.get("team") != "red",
    "projectcalico.org/name in {'b'}": lambda thing: thing.space == "b",
}
PEER_SPACES: dict[str, Meaning] = {**SPACES, "global()": lambda thing: not thing.space}
ACCOUNTS: dict[str, Meaning] = {
    "role == 'r'": lambda thing: thing.account_labels.get("role") == "r",
    "!has(role)": lambda thing: "role" not in thing.account_labels,
}
MEANINGS = {"selector": SELECTORS, "namespaceSelector": PEER_SPACES, "account": ACCOUNTS}

THINGS = (
    Thing({"app": "web"}, "a", {"team": "red"}, "robot", {"role": "r"}, "10.0.0.1"),
    Thing({"app": "db", "role": "x"}, "a", {"team": "red"}, "default", {}, "10.0.0.2"),
    Thing({"app": "web"}, "b", {}, "default", {}, "10.0.0.3"),
    Thing({}, "b", {}, "robot", {}, "10.0.0.4"),
    Thing({"role": "x"}, "", {}, nets=("192.0.2.0/24",)),
    Thing({"app": "web"}, "a", {"team": "red"}, nets=("192.0.2.128/25", "198.51.100.0/24")),
)
ADDRESSES = ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "192.0.2.1", "192.0.2.200", "198.51.100.7", "8.8.8.8")
PORTS = (80, 81, 443)
MESSAGES = (8 * 256, 8 * 256 + 1, 128 * 256, 0)

_nets = st.lists(st.sampled_from(("10.0.0.0/30", "10.0.0.2/32", "192.0.2.0/24", "0.0.0.0/0")), min_size=1, max_size=2)
_ports = st.lists(st.sampled_from((80, "80:81", "81:500", 443)), min_size=1, max_size=2, unique=True)


def _maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object | None]:
    return st.one_of(st.none(), st.none(), strategy)


@st.composite
def entities(draw: st.DrawFn) -> Body:
    """One end of a rule."""
    named, chosen = st.just(["robot"]), st.sampled_from(sorted(ACCOUNTS))
    accounts = st.one_of(
        st.fixed_dictionaries({"names": named}, optional={"selector": chosen}),
        st.fixed_dictionaries({"selector": chosen}),
    )
    fields = {
        "selector": st.sampled_from(sorted(SELECTORS)),
        "notSelector": st.sampled_from(sorted(SELECTORS)),
        "namespaceSelector": st.sampled_from(sorted(PEER_SPACES)),
        "serviceAccounts": accounts,
        "nets": _nets,
        "notNets": _nets,
    }
    drawn = {name: draw(_maybe(strategy)) for name, strategy in fields.items()}
    return {name: value for name, value in drawn.items() if value is not None}


@st.composite
def rules(draw: st.DrawFn) -> Body:
    """One rule."""
    rule: Body = {"action": draw(st.sampled_from(("Allow", "Deny", "Pass", "Log")))}
    source, destination = draw(entities()), draw(entities())
    protocol = draw(st.sampled_from((None, "TCP", "UDP", "ICMP", "ICMPv6", 1)))
    if protocol is not None:
        rule["protocol"] = protocol
    if protocol in ("ICMP", "ICMPv6"):
        for name in ("icmp", "notICMP"):
            fields = draw(_maybe(st.sampled_from(({}, {"type": 8}, {"type": 8, "code": 0}, {"type": 128}))))
            if fields is not None:
                rule[name] = fields
    elif isinstance(protocol, str):
        for name in ("ports", "notPorts"):
            listed = draw(_maybe(_ports))
            if listed is not None:
                destination[name] = listed
    elif draw(st.booleans()):
        rule["notProtocol"] = draw(st.sampled_from(("TCP", "ICMP", 58)))
    return {**rule, **{name: end for name, end in (("source", source), ("destination", destination)) if end}}


@st.composite
def tiers(draw: st.DrawFn) -> dict[str, Body]:
    """The specs of the tiers, by name; ``default`` is always there."""
    found: dict[str, Body] = {"default": {"order": 1_000_000}}
    for name in draw(st.lists(st.sampled_from(("first", "other", "late")), max_size=2, unique=True)):
        order = draw(st.sampled_from((None, 5, 5.5, 2_000_000)))
        action = draw(st.sampled_from((None, "Deny", "Pass")))
        given = {"order": order, "defaultAction": action}
        found[name] = {key: value for key, value in given.items() if value is not None}
    return found


@st.composite
def policies(draw: st.DrawFn, names: list[str]) -> tuple[Body, ...]:
    """Some policies of these tiers."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        namespace = draw(st.sampled_from((None, "a", "b")))
        spec: Body = {"tier": draw(st.sampled_from(names))}
        order = draw(st.sampled_from((None, 1, 2, 2.5)))
        fields: dict[str, st.SearchStrategy[object]] = {
            "selector": st.sampled_from(sorted(SELECTORS)),
            "serviceAccountSelector": st.sampled_from(sorted(ACCOUNTS)),
            "types": st.sampled_from((["Ingress"], ["Egress"], ["Ingress", "Egress"])),
        }
        if namespace is None:
            fields["namespaceSelector"] = st.sampled_from(sorted(SPACES))
        given = {"order": order, **{name: draw(_maybe(strategy)) for name, strategy in fields.items()}}
        spec |= {name: value for name, value in given.items() if value is not None}
        for direction in ("ingress", "egress"):
            written = draw(st.lists(rules(), max_size=3))
            if written:
                spec[direction] = written
        metadata = {"name": f"p{draw(st.integers(0, 9))}-{number}"} | ({"namespace": namespace} if namespace else {})
        kind = "NetworkPolicy" if namespace else "GlobalNetworkPolicy"
        found.append({"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": spec})
    return tuple(found)
