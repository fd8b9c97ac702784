"""Random policies of Istio as an author writes them, valid ones, over the alphabets of :mod:`tests.strategies`."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Body = dict[str, Any]

NAMESPACES = ("a", "b", "c", "istio-system")
LABELS: tuple[dict[str, str], ...] = ({}, {"app": "web"}, {"app": "db"}, {"tier": "1"})
PRINCIPALS = ("*", "cluster.local/ns/a/sa/default", "cluster.local/ns/b/*", "*/sa/robot", "td/ns/a/sa/default")
PATTERNS = ("a", "b*", "*c", "*")
RANGES = ("10.0.0.0/29", "10.0.0.1", "fd00::/126", "192.0.2.0/24")
PORTS = ("80", "443", "8080")
MODES = ("UNSET", "DISABLE", "PERMISSIVE", "STRICT")


def _some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


def _fields(**fields: st.SearchStrategy[list[str]]) -> st.SearchStrategy[Body]:
    """One or two of the fields."""
    return st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: fields[name] for name in names})
    )


SOURCES = st.one_of(
    _fields(
        principals=_some(PRINCIPALS),
        notPrincipals=_some(PRINCIPALS),
        namespaces=_some(PATTERNS),
        notNamespaces=_some(PATTERNS),
        ipBlocks=_some(RANGES),
        notIpBlocks=_some(RANGES),
        requestPrincipals=_some(("iss/a",)),
    ),
    _fields(serviceAccounts=_some(("a/default", "b/robot")), notServiceAccounts=_some(("a/default", "b/robot"))),
)
OPERATIONS = _fields(ports=_some(PORTS), notPorts=_some(PORTS), methods=_some(("GET",)), notPaths=_some(("/a*",)))


@st.composite
def _conditions(draw: st.DrawFn) -> Body:
    key, values = draw(
        st.sampled_from(
            (
                ("source.ip", RANGES),
                ("source.namespace", PATTERNS),
                ("source.principal", PRINCIPALS),
                ("destination.port", PORTS),
                ("destination.ip", RANGES),
                ("request.headers[a]", ("b",)),
            )
        )
    )
    return {"key": key, **draw(_fields(values=_some(values), notValues=_some(values)))}


@st.composite
def _rules(draw: st.DrawFn) -> Body:
    rule: Body = {}
    if draw(st.booleans()):
        rule["from"] = draw(st.lists(SOURCES.map(lambda source: {"source": source}), min_size=1, max_size=2))
    if draw(st.booleans()):
        rule["to"] = draw(st.lists(OPERATIONS.map(lambda each: {"operation": each}), min_size=1, max_size=2))
    if draw(st.booleans()):
        rule["when"] = draw(st.lists(_conditions(), min_size=1, max_size=2))
    return rule


def _object(draw: st.DrawFn, kind: str, number: int, spec: Body) -> Body:
    metadata: Body = {"name": f"p{number}", "namespace": draw(st.sampled_from(NAMESPACES))}
    if draw(st.booleans()):
        metadata["creationTimestamp"] = f"2026-01-0{draw(st.integers(1, 3))}T00:00:00Z"
    if draw(st.booleans()):
        spec["selector"] = {"matchLabels": dict(draw(st.sampled_from(LABELS)))}
    return {"apiVersion": "security.istio.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


@st.composite
def authorization_policies(draw: st.DrawFn, number: int) -> Body:
    """One AuthorizationPolicy."""
    action = draw(st.sampled_from(("ALLOW", "DENY", "ALLOW", "DENY", "AUDIT", "CUSTOM")))
    spec: Body = {"action": action} if action != "ALLOW" or draw(st.booleans()) else {}
    if action in ("DENY", "CUSTOM") or draw(st.booleans()):
        spec["rules"] = draw(st.lists(_rules(), max_size=2))
    if action == "CUSTOM":
        spec["provider"] = {"name": "opa"}
    return _object(draw, "AuthorizationPolicy", number, spec)


@st.composite
def peer_authentications(draw: st.DrawFn, number: int) -> Body:
    """One PeerAuthentication."""
    mode = st.sampled_from(MODES).map(lambda name: {"mode": name})
    spec: Body = {"mtls": draw(mode)} if draw(st.booleans()) else {}
    body = _object(draw, "PeerAuthentication", number, spec)
    if spec.get("selector", {}).get("matchLabels") and draw(st.booleans()):
        ports = draw(st.lists(st.sampled_from(PORTS), max_size=2, unique=True))
        spec["portLevelMtls"] = {port: draw(mode) for port in ports}
    return body


@st.composite
def mesh_bodies(draw: st.DrawFn) -> list[Body]:
    """Some policies of each kind."""
    found = [draw(authorization_policies(number)) for number in range(draw(st.integers(0, 3)))]
    return found + [draw(peer_authentications(9 + number)) for number in range(draw(st.integers(0, 3)))]
