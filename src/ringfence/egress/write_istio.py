"""A request for the mesh: ServiceEntries, a Sidecar that refuses all other hosts, and the egress gateway where one is.

An AuthorizationPolicy would not do it: it guards a workload as a server, and egress is the client's.

Source: Istio reference, "ServiceEntry", "Sidecar" (``outboundTrafficPolicy``), "Gateway" and "VirtualService"; task
"Egress gateways".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ringfence.egress.metadata import metadata
from ringfence.egress.names import spelt
from ringfence.egress.plan import Grant, Plan
from ringfence.egress.request import Wild
from ringfence.egress.single_ports import single_ports
from ringfence.egress.write_network_policy import policy, ranges_of
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given
from ringfence.generate.targets import Target, rule
from ringfence.model.name_patterns import NameSyntax
from ringfence.model.objects import Pod
from ringfence.model.ports import Protocol

Json = dict[str, Any]

_API = "networking.istio.io/v1"
_TLS_PORTS = frozenset({443, 8443})
_GATEWAY = {"istio": "egressgateway"}
_CONTROL = {"app": "istiod"}
_SYSTEM = "istio-system"
_NO_HOST = "~/*"
"""A Sidecar's word for no host of any namespace."""
_XDS = 15012
"""Where sidecars get their configuration and certificates from istiod."""


def write_istio(given: Given, plan: Plan) -> tuple[Manifest, ...]:
    """The objects of the mesh, and what the network must let out for them, where that is known.

    With an egress gateway in the cluster that is the gateway for TLS to whole names; else recorded addresses.
    """
    gateway = _pods(given, _GATEWAY)
    through = routed(given, plan)
    found = [_entry(given, plan, grant, number) for number, grant in enumerate(plan.grants, 1) if _meshed(grant)]
    found.append(_sidecar(given, plan, gateway, found))
    if through:
        found.extend(_gateway(given, plan, gateway, through))
    if all(grant.records or grant in through for grant in plan.named):
        found.append(_network(given, plan, through))
    return tuple(found)


def routed(given: Given, plan: Plan) -> tuple[Grant, ...]:
    """The names that go through the egress gateway."""
    return tuple(grant for grant in plan.named if _routable(plan, grant)) if _pods(given, _GATEWAY) else ()


def gateways(given: Given) -> tuple[Pod, ...]:
    """The pods of the egress gateway."""
    return _pods(given, _GATEWAY)


def _pods(given: Given, labels: dict[str, str]) -> tuple[Pod, ...]:
    return tuple(pod for pod in given.snapshot.pods if labels.items() <= pod.labels.items())


def _meshed(grant: Grant) -> bool:
    """Only TCP goes through a sidecar, and Services of the cluster are in its registry already."""
    return grant.pods is None and any(port.protocol is Protocol.TCP for port in grant.ports)


def _routable(plan: Plan, grant: Grant) -> bool:
    """TLS to whole names goes through a gateway by its server name; wildcards need a proxy of their own there."""
    if grant.name is None or grant.name.wild is not Wild.NONE:
        return False
    ports = single_ports(plan, grant, "ServiceEntry")
    return all(protocol is Protocol.TCP and _is_tls(port) for protocol, port in ports)


def _is_tls(port: int) -> bool:
    return port in _TLS_PORTS


def _ports(plan: Plan, grant: Grant) -> list[Json]:
    found = []
    for protocol, number in single_ports(plan, grant, "ServiceEntry"):
        word = "TLS" if grant.name is not None and _is_tls(number) else "TCP"
        if protocol is Protocol.TCP:
            found.append({"number": number, "name": f"{word.lower()}-{number}", "protocol": word})
    return found


def _entry(given: Given, plan: Plan, grant: Grant, number: int) -> Manifest:
    name = f"egress-{plan.request.name}-{number}"
    notes: dict[tuple[str | int, ...], str] = {}
    spec: Json
    if grant.name is not None:
        host = spelt(grant.name, NameSyntax.PREFIX)
        spec = {"hosts": [host], "exportTo": ["."], "location": "MESH_EXTERNAL"}
        spec["resolution"] = "DNS" if grant.name.wild is Wild.NONE else "NONE"
        if grant.name.wild is not Wild.NONE:
            notes["spec", "resolution"] = (
                "A wildcard can't be resolved: the sidecar takes the address that was dialled."
            )
    else:
        spec = {"hosts": [f"{name}.{plan.request.namespace}.internal"], "addresses": ranges_of(grant)}
        spec |= {"exportTo": ["."], "location": "MESH_EXTERNAL", "resolution": "NONE"}
        notes["spec", "hosts"] = "Traffic is matched by the addresses; the host is a name for them and nothing more."
    spec["ports"] = _ports(plan, grant)
    if any(port.protocol is not Protocol.TCP for port in grant.ports):
        notes["spec", "ports"] = "Only TCP goes through the mesh: of other protocols the network alone decides."
    notes["spec",] = grant.text + (f": {grant.entry.reason}" if grant.entry.reason else "")
    body = {
        "apiVersion": _API,
        "kind": "ServiceEntry",
        "metadata": metadata(given, plan, "ServiceEntry", name),
        "spec": spec,
    }
    return Manifest(body, notes=notes)


def _sidecar(given: Given, plan: Plan, gateway: tuple[Pod, ...], entries: list[Manifest]) -> Manifest:
    hosts = [f"./{host}" for entry in entries for host in entry.body["spec"]["hosts"]]
    # DNS over TCP goes through the sidecar like any TCP.
    services = [(server.service.namespace, server.service.name) for server in given.survey.dns if server.service]
    services += [(grant.service.namespace, grant.service.name) for grant in plan.grants if grant.service is not None]
    hosts.extend(f"{namespace}/{name}.{namespace}.svc.cluster.local" for namespace, name in services)
    hosts.extend(f"{pod.namespace}/*" for pod in (*gateway, *_pods(given, _CONTROL)))
    body = {
        "apiVersion": _API,
        "kind": "Sidecar",
        "metadata": metadata(given, plan, "Sidecar", f"egress-{plan.request.name}"),
        "spec": {
            "workloadSelector": {"labels": dict(plan.labels)},
            "egress": [{"hosts": list(dict.fromkeys(hosts)) or [_NO_HOST]}],
            "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"},
        },
    }
    notes = {("spec", "outboundTrafficPolicy"): "Hosts that nothing above names are refused by the sidecar."}
    head = (
        (
            "A sidecar is no wall: a process that goes round it is stopped by network policy only. What it refused "
            "stands in its access log as BlackHoleCluster or PassthroughCluster."
        ),
    )
    return Manifest(body, head, notes)


def _gateway(given: Given, plan: Plan, gateway: tuple[Pod, ...], through: tuple[Grant, ...]) -> Iterator[Manifest]:
    name = f"egress-{plan.request.name}"
    host = f"istio-egressgateway.{gateway[0].namespace}.svc.cluster.local"
    servers: list[Json] = []
    routes: list[Json] = []
    for grant in through:
        if grant.name is None:
            continue
        for _, port in single_ports(plan, grant, "Gateway"):
            own = {"number": port, "name": f"tls-{port}-{len(servers) + 1}", "protocol": "TLS"}
            servers.append({"port": own, "hosts": [grant.name.base], "tls": {"mode": "PASSTHROUGH"}})
            routes.append(_route(grant.name.base, port, "mesh", host))
            routes.append(_route(grant.name.base, port, name, grant.name.base))
    hosts = sorted({grant.name.base for grant in through if grant.name is not None})
    yield Manifest(
        {
            "apiVersion": _API,
            "kind": "Gateway",
            "metadata": metadata(given, plan, "Gateway", name),
            "spec": {"selector": dict(_GATEWAY), "servers": servers},
        },
        ("The egress gateway lets TLS to these names through, by the server name that the client sends.",),
    )
    yield Manifest(
        {
            "apiVersion": _API,
            "kind": "VirtualService",
            "metadata": metadata(given, plan, "VirtualService", name),
            "spec": {
                "hosts": hosts,
                "gateways": ["mesh", name],
                "exportTo": [".", gateway[0].namespace],
                "tls": routes,
            },
        }
    )


def _route(sni: str, port: int, gateway: str, host: str) -> Json:
    return {
        "match": [{"gateways": [gateway], "port": port, "sniHosts": [sni]}],
        "route": [{"destination": {"host": host, "port": {"number": port}}}],
    }


def beside(given: Given, plan: Plan) -> tuple[Target, ...]:
    """What pods of the mesh must reach besides what was asked for: istiod, and the egress gateway for what it takes."""
    gateway, control = _pods(given, _GATEWAY), _pods(given, _CONTROL)
    namespace = control[0].namespace if control else _SYSTEM
    found = [Target(namespace, _CONTROL, ports=((Protocol.TCP, _XDS),), note="istiod, which configures the sidecar.")]
    if routed(given, plan):
        listening = sorted({port.number for pod in gateway for port in pod.ports if _is_tls(port.number)}) or [8443]
        ports = tuple((Protocol.TCP, port) for port in listening)
        found.append(Target(gateway[0].namespace, _GATEWAY, ports=ports, note="The egress gateway."))
    return tuple(found)


def _network(given: Given, plan: Plan, through: tuple[Grant, ...]) -> Manifest:
    """What the network layer lets out."""
    extra = tuple(rule(target) for target in beside(given, plan))
    rest = tuple(grant for grant in plan.grants if grant not in through)
    made = policy(given, plan, rest, extra=extra, frozen=any(grant.name is not None for grant in rest))
    head = "What the network still allows: " + (
        "the egress gateway and istiod. Going round the sidecar leads no further."
        if through
        else "istiod, and the addresses that are meant. The cluster has no egress gateway (istio=egressgateway)."
    )
    return Manifest(made.body, (head, *made.head), made.notes)
