"""Istio's policies judged straight from their bodies, in the words of its reference. Shares nothing with the readers.

Knows valid objects only, accounts with their namespace, the trust domain ``cluster.local``, and pods that their own
labels put into the mesh.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ringfence.model.addresses import format_address
from ringfence.model.objects import Pod
from ringfence.model.ports import AnyProtocol, Protocol
from ringfence.model.verdict import Endpoint

Body = Mapping[str, Any]
ROOT = "istio-system"
L4_KEYS = ("source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port")
L7_FIELDS = ("requestPrincipals", "methods", "notPaths")


def mode_of(end: Endpoint) -> str:
    """How a pod of these tests is in the mesh."""
    if not isinstance(end, Pod) or end.host_network:
        return ""
    if "security.istio.io/tlsMode" in end.labels:
        return "sidecar"
    return "ambient" if end.labels.get("istio.io/dataplane-mode") == "ambient" else ""


def allowed(
    bodies: Iterable[Body], source: Endpoint, destination: Endpoint, protocol: AnyProtocol, port: int, *, certain: bool
) -> bool:
    """What the destination's proxy says; ``certain`` takes what depends on the request to turn out badly."""
    if not isinstance(destination, Pod) or not mode_of(destination) or protocol is not Protocol.TCP:
        return True
    bodies = list(bodies)
    mode = peer_mode(bodies, destination, port)
    in_mesh = bool(mode_of(source))
    if mode == "STRICT" and not in_mesh:
        return False
    known = in_mesh and (mode != "DISABLE" or mode_of(destination) == "ambient")
    call = Call(source, destination, port, known, certain)
    mine = [body for body in bodies if body["kind"] == "AuthorizationPolicy" and applies(body, destination)]

    def matching(action: str) -> bool:
        return any(
            call.matches(rule, deny=action != "ALLOW")
            for body in mine
            if body["spec"].get("action", "ALLOW") == action
            for rule in body["spec"].get("rules") or []
        )

    # "If there are any CUSTOM policies that match the request, evaluate and deny ..."; ztunnel has none.
    if certain and mode_of(destination) == "sidecar" and matching("CUSTOM"):
        return False
    if matching("DENY"):
        return False
    # "If there are no ALLOW policies for the workload, allow the request."
    return matching("ALLOW") or not any(body["spec"].get("action", "ALLOW") == "ALLOW" for body in mine)


def selector_of(body: Body) -> Mapping[str, str]:
    return (body["spec"].get("selector") or {}).get("matchLabels") or {}


def applies(body: Body, pod: Pod) -> bool:
    """In the policy's namespace, or anywhere for one of the root namespace; with the selector's labels."""
    where = body["metadata"]["namespace"]
    return where in (pod.namespace, ROOT) and selector_of(body).items() <= pod.labels.items()


def peer_mode(bodies: Sequence[Body], pod: Pod, port: int) -> str:
    """ "Workload-specific, namespace-wide, mesh-wide", the oldest of each; an unset mode is inherited."""
    levels: dict[str, list[Body]] = {"workload": [], "namespace": [], "mesh": []}
    for body in bodies:
        if body["kind"] != "PeerAuthentication" or not applies(body, pod):
            continue
        root = body["metadata"]["namespace"] == ROOT
        if not selector_of(body):
            levels["mesh" if root else "namespace"].append(body)
        elif not root:
            levels["workload"].append(body)
    for level, members in levels.items():
        if not members:
            continue
        oldest = min(
            members, key=lambda body: (body["metadata"].get("creationTimestamp", "~"), body["metadata"]["name"])
        )
        spec = oldest["spec"]
        mode: str = (spec.get("mtls") or {}).get("mode", "UNSET")
        if level == "workload":
            own = (spec.get("portLevelMtls") or {}).get(str(port), {}).get("mode", "UNSET")
            mode = own if own != "UNSET" else mode
        if mode != "UNSET":
            return mode
    return "PERMISSIVE"


class Call:
    """One connection, as the destination's proxy sees it."""

    def __init__(self, source: Endpoint, destination: Pod, port: int, known: bool, certain: bool) -> None:
        self.source, self.destination, self.port, self.certain = source, destination, port, certain
        pod = source if known and isinstance(source, Pod) else None
        self.namespace = pod.namespace if pod else ""
        self.principal = f"cluster.local/ns/{pod.namespace}/sa/{pod.service_account}" if pod else ""

    def matches(self, rule: Body, *, deny: bool) -> bool:
        """Any source, any operation, every condition; without one of them, any."""
        at_ztunnel = mode_of(self.destination) == "ambient"
        sources = [entry["source"] for entry in rule.get("from") or []]
        operations = [entry["operation"] for entry in rule.get("to") or []]
        when = rule.get("when") or []
        by_request = any(name in L7_FIELDS for each in (*sources, *operations) for name in each)
        by_request = by_request or any(entry["key"] not in L4_KEYS for entry in when)
        if at_ztunnel and by_request and not deny:
            return False
        # What a request says: never seen by ztunnel, which then denies; elsewhere what would be worse, or better.
        request = True if at_ztunnel else deny is self.certain
        return (
            (not sources or any(self.fields(each, request) for each in sources))
            and (not operations or any(self.fields(each, request) for each in operations))
            and all(self.condition(entry, request) for entry in when)
        )

    def fields(self, fields: Body, request: bool) -> bool:
        return all(self.field(name, values, request) for name, values in fields.items())

    def field(self, name: str, values: Sequence[str], request: bool) -> bool:
        if name in L7_FIELDS:
            return request
        if name.startswith("not"):
            return not self.field(name[3].lower() + name[4:], values, request)
        match name:
            case "principals":
                return any(text_matches(value, self.principal) for value in values)
            case "namespaces":
                return any(text_matches(value, self.namespace) for value in values)
            case "serviceAccounts":
                return any(self.principal == "cluster.local/ns/{}/sa/{}".format(*value.split("/")) for value in values)
            case "ipBlocks":
                return address_matches(values, self.source)
            case "ports":
                return str(self.port) in values
        raise AssertionError(name)

    def condition(self, entry: Body, request: bool) -> bool:
        if entry["key"] not in L4_KEYS:
            return request
        matches: Callable[[Sequence[str]], bool] = {
            "source.ip": lambda values: address_matches(values, self.source),
            "destination.ip": lambda values: address_matches(values, self.destination),
            "destination.port": lambda values: str(self.port) in values,
            "source.namespace": lambda values: any(text_matches(value, self.namespace) for value in values),
            "source.principal": lambda values: any(text_matches(value, self.principal) for value in values),
        }[entry["key"]]
        wanted, unwanted = entry.get("values"), entry.get("notValues")
        return (not wanted or matches(wanted)) and (not unwanted or not matches(unwanted))


def text_matches(pattern: str, value: str) -> bool:
    """Exact, prefix, suffix and presence match; nothing matches what isn't there."""
    if not value or pattern == "*":
        return bool(value)
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def address_matches(ranges: Sequence[str], end: Endpoint) -> bool:
    points = end.addresses if isinstance(end, Pod) else (end.address,)
    addresses = [ipaddress.ip_address(format_address(point)) for point in points]
    return any(address in ipaddress.ip_network(span) for address in addresses for span in ranges)
