"""Endpoint texts and what they mean: ``shop/web-0``, ``shop/deploy/web``, ``10.0.0.7``, ``service:shop/web``, names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from ringfence.explain.kinds import kind_of
from ringfence.explain.names import UnknownNameError, looks_like_name, notes_on_name, unknown_name
from ringfence.explain.services import Backend, backends_of, headless_backends, service_ports, written
from ringfence.explain.suggest import did_you_mean
from ringfence.model.addresses import ALL_V4, ALL_V6, format_address, parse_address
from ringfence.model.errors import EndpointError
from ringfence.model.name_patterns import canonical
from ringfence.model.names import NameRecord, Names
from ringfence.model.objects import Pod, Service, Snapshot
from ringfence.model.ports import AnyProtocol, Icmp, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.survey.backends import Backends
from ringfence.survey.dns import DnsServer, dns_servers

SERVICE_PREFIX = "service:"

FORMS = "namespace/pod, namespace/Kind/name, an IP address, or, as destination, service:namespace/name or a DNS name"
"""The forms of an endpoint text, for messages."""


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint of a destination, and the port that a connection arrives at there."""

    endpoint: Endpoint
    port: int


@dataclass(frozen=True, slots=True)
class End:
    """What an endpoint text means: a pod or address, all pods of a workload, or what a Service sends to.

    ``notes`` say in words what was read into the text, such as that an address is a Service's. ``dns`` is the DNS name
    that was asked for; ``endpoints`` are its recorded addresses then, from ``records``.
    """

    text: str
    endpoints: tuple[Endpoint, ...]
    service: Service | None = None
    notes: tuple[str, ...] = ()
    dns: str = ""
    records: tuple[NameRecord, ...] = ()

    @property
    def name(self) -> str:
        """How answers call it: its one endpoint by name, else the text of the question."""
        if self.dns:
            return self.dns
        if len(self.endpoints) == 1 and self.service is None:
            return str(self.endpoints[0])
        return f"{SERVICE_PREFIX}{self.service.namespace}/{self.service.name}" if self.service else self.text


class Endpoints:
    """Finds the endpoints that texts name. Indexes a snapshot once; a look-up then costs the same at any size."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._pods: dict[tuple[str, str], Pod] = {}
        self._workloads: dict[tuple[str, str, str], list[Pod]] = defaultdict(list)
        self._namespaces: dict[str, list[Pod]] = defaultdict(list)
        self._addresses: dict[int, list[Pod]] = defaultdict(list)
        self._node_addresses: dict[int, str] = {}
        self._services: dict[tuple[str, str], Service] = {}
        self._service_addresses: dict[int, Service] = {}
        self._backends: dict[tuple[str, str], tuple[Backend, ...]] = {}
        self._add(snapshot)

    def _add(self, snapshot: Snapshot) -> None:
        for pod in snapshot.pods:
            self._namespaces[pod.namespace].append(pod)
            if not pod.planned:
                self._pods[pod.namespace, pod.name] = pod
            workload = pod.workload
            self._workloads[workload.namespace, workload.kind.lower(), workload.name].append(pod)
            for address in pod.addresses:
                if pod.host_network:
                    self._node_addresses.setdefault(address, pod.node)
                else:
                    self._addresses[address].append(pod)
        for node in snapshot.nodes:
            self._node_addresses.update(dict.fromkeys(node.addresses, node.name))
        for service in snapshot.services:
            self._services[service.namespace, service.name] = service
            self._service_addresses.update(dict.fromkeys(service.cluster_addresses, service))

    @property
    def services(self) -> tuple[Service, ...]:
        """Every Service of the snapshot."""
        return self._snapshot.services

    @cached_property
    def dns(self) -> tuple[DnsServer, ...]:
        """The servers that pods ask for names, as far as the snapshot has them."""
        return dns_servers(self._snapshot, Backends(self._snapshot))

    @property
    def names(self) -> Names:
        """The recorded DNS answers."""
        return self._snapshot.names

    def source(self, text: str) -> End:
        """What ``text`` names as the side that opens the connection.

        Raises:
            EndpointError: it names nothing in the snapshot, or a Service, which opens no connections.
        """
        end = self._resolve(text.strip())
        if end.service is not None:
            raise EndpointError(
                f"{text} is a Service, and a Service opens no connections: name the pod or workload that does."
            )
        if end.dns:
            raise EndpointError(f"{text} is a DNS name, which can only be a destination. As source, give an address.")
        return end

    def destination(self, text: str) -> End:
        """What ``text`` names as the side that is connected to.

        Raises:
            EndpointError: it names nothing in the snapshot, or a Service that sends to nothing that can be judged.
        """
        end = self._resolve(text.strip())
        if end.service is None:
            return end
        endpoints = {str(backend.endpoint): backend.endpoint for backend in self.backends(end.service)}
        notes = (
            (*end.notes, *notes_on_name(end.service.external_name, self.names))
            if end.service.external_name
            else end.notes
        )
        return End(end.text, tuple(endpoints.values()), end.service, notes)

    def targets(self, end: End, protocol: AnyProtocol, port: int) -> tuple[Target, ...]:
        """Where a connection to ``port`` of a destination arrives: for a Service, the target port of each endpoint.

        Source: "Services", virtual IP addressing, in the Kubernetes documentation; a headless Service has no port
        of its own, so the port is the pod's.

        Raises:
            EndpointError: the Service doesn't have that port, or none of its pods has the target port; or ICMP is asked
                for, and it is a Service, or an address of the other version of IP.
        """
        service = end.service
        if isinstance(protocol, Icmp):
            _check_family(end, protocol)
            return tuple(Target(endpoint, port) for endpoint in end.endpoints)
        if service is None or service.headless or service.external_name:
            return tuple(Target(endpoint, port) for endpoint in end.endpoints)
        found = backends_of(service, self.backends(service), protocol, port)
        return tuple(Target(endpoint, number) for endpoint, number in found)

    def ports(self, end: End) -> tuple[tuple[Protocol, int], ...]:
        """The ports that a destination declares: a Service's own ones, else the container ports of the pods."""
        if end.service is not None:
            if not end.service.headless:
                return service_ports(end.service)
            found = headless_backends(end.service, self.backends(end.service))
            if found:
                return found
        declared = {(port.protocol, port.number) for pod in end.endpoints if isinstance(pod, Pod) for port in pod.ports}
        return tuple(sorted(declared))

    def backends(self, service: Service) -> tuple[Backend, ...]:
        """The pods and addresses that a Service sends to.

        Raises:
            EndpointError: there are none, or the Service is only another name.
        """
        key = service.namespace, service.name
        if key not in self._backends:
            self._backends[key] = self._find_backends(service)
        return self._backends[key]

    def _find_backends(self, service: Service) -> tuple[Backend, ...]:
        name = written(service)
        if service.external_name:
            try:
                end = self._named(service.external_name)
            except EndpointError as error:
                raise EndpointError(f"{name} is another name for {service.external_name}. {error}") from None
            return tuple(map(Backend, end.endpoints))
        if service.selector:
            selected = [
                Backend(pod)
                for pod in self._namespaces.get(service.namespace, ())
                if service.selector.items() <= pod.labels.items()
            ]
            if not selected:
                labels = ",".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
                raise EndpointError(
                    f"{name} sends to nothing: it selects {labels}, and no pod in namespace {service.namespace} "
                    "has these labels."
                )
            return tuple(selected)
        if not service.endpoints:
            raise EndpointError(
                f"{name} sends to nothing: it has no selector, and no EndpointSlice in the input belongs to it."
            )
        return tuple(Backend(self._at(address), ports) for address, ports in service.endpoints)

    def _resolve(self, text: str) -> End:
        if not text:
            raise EndpointError(f"The endpoint is empty. Write {FORMS}.")
        if text.lower().startswith(SERVICE_PREFIX):
            return self._service(text, text[len(SERVICE_PREFIX) :])
        try:
            address = parse_address(text.removeprefix("[").removesuffix("]"))
        except ValueError:
            pass
        else:
            return self._address(text, address)
        match text.split("/"):
            case [namespace, name] if namespace and name:
                return self._pod(text, namespace, name)
            case [namespace, kind, name] if namespace and kind and name:
                if kind_of(kind) == "Service":
                    return self._service(text, f"{namespace}/{name}")
                return self._workload(text, namespace, kind_of(kind), name)
        if looks_like_name(text) or self.names.of(text):
            return self._cluster_name(text) or self._named(text)
        raise EndpointError(f"{text!r} is no endpoint. Write {FORMS}.{self._elsewhere(text)}")

    def _pod(self, text: str, namespace: str, name: str) -> End:
        pod = self._pods.get((namespace, name))
        if pod is not None:
            return End(text, (pod,))
        same_name = [
            str(pods[0].workload) for key, pods in self._workloads.items() if (key[0], key[2]) == (namespace, name)
        ]
        if same_name:
            raise EndpointError(f"There is no pod {text}. Did you mean {' or '.join(same_name)}?")
        raise self._unknown("pod", text, namespace, str)

    def _workload(self, text: str, namespace: str, kind: str, name: str) -> End:
        pods = self._workloads.get((namespace, kind.lower(), name))
        if pods is None and kind == "Pod" and (namespace, name) in self._pods:
            pods = [self._pods[namespace, name]]
        if pods is None:
            raise self._unknown("workload", text, namespace, lambda pod: str(pod.workload))
        return End(text, tuple(pods))

    def _address(self, text: str, address: int) -> End:
        pods = self._addresses.get(address, [])
        if len(pods) > 1:
            names = ", ".join(sorted(map(str, pods)))
            raise EndpointError(f"{text} is the address of {len(pods)} pods in the input ({names}): name one of them.")
        service = self._service_addresses.get(address)
        if service is not None and not pods:
            note = f"{text} is the cluster address of {written(service)}, and is judged as that Service."
            return End(text, (), service, (note,))
        return End(text, (self._at(address),))

    def _cluster_name(self, text: str) -> End | None:
        """The Service that a name such as ``cart.shop.svc.cluster.local`` is the name of."""
        labels = canonical(text).split(".")
        if len(labels) < 3 or labels[2] != "svc":
            return None
        # Below another domain than the usual one it may be a name outside.
        elsewhere = self.names.of(text) or (labels[3:] and labels[3:] != ["cluster", "local"])
        if elsewhere and (labels[1], labels[0]) not in self._services:
            return None
        return self._service(text, f"{labels[1]}/{labels[0]}")

    def _named(self, text: str) -> End:
        name = canonical(text)
        records = self.names.of(name)
        if not records:
            raise UnknownNameError(name, unknown_name(name, self.names))
        endpoints = dict.fromkeys(self._at(record.address) for record in records)
        return End(text, tuple(endpoints), notes=tuple(notes_on_name(name, self.names)), dns=name, records=records)

    def _at(self, address: int) -> Endpoint:
        pods = self._addresses.get(address)
        return pods[0] if pods else AddressEndpoint(address, self._node_addresses.get(address, ""))

    def _service(self, text: str, path: str) -> End:
        namespace, slash, name = path.partition("/")
        if not (slash and namespace and name) or "/" in name:
            raise EndpointError(f"{text!r} names no Service. Write service:namespace/name.")
        service = self._services.get((namespace, name))
        if service is None:
            names = [f"{ns}/{service}" for ns, service in self._services]
            local = [known for known in names if known.startswith(f"{namespace}/")]
            hint = did_you_mean(path, local or names)
            raise EndpointError(f"There is no Service {path} in the input.{hint}")
        return End(text, (), service)

    def _unknown(self, what: str, text: str, namespace: str, name: Callable[[Pod], str]) -> EndpointError:
        pods = self._namespaces.get(namespace)
        if pods is None:
            hint = did_you_mean(namespace, self._namespaces)
            there = "" if namespace in self._snapshot.namespaces else f" and no namespace {namespace}"
            return EndpointError(f"There is no {what} {text}{there} in the input.{hint}")
        hint = did_you_mean(text, dict.fromkeys(map(name, pods)))
        if not hint:
            others = dict.fromkeys(other for pod in pods for other in (str(pod), str(pod.workload)))
            hint = did_you_mean(text, others)
        if not hint and self._snapshot.completed:
            hint = " Completed pods are left out: they hold no address."
        return EndpointError(f"There is no {what} {text} in the input.{hint}")

    def _elsewhere(self, name: str) -> str:
        """Where a bare name without its namespace exists."""
        return f" Did you mean {found}?" if (found := _first_named(name, self._pods.values())) else ""


def _first_named(name: str, pods: Iterable[Pod]) -> str:
    for pod in pods:
        if pod.name == name:
            return str(pod)
        if pod.workload.name == name:
            return str(pod.workload)
    return ""


def describe(endpoint: Endpoint) -> str:
    """An endpoint for a sentence: a node's address is followed by the node's name."""
    if isinstance(endpoint, AddressEndpoint) and endpoint.node:
        return f"{format_address(endpoint.address)} (node {endpoint.node})"
    return str(endpoint)


def _check_family(end: End, protocol: Icmp) -> None:
    """ICMP goes to addresses of its own version of IP, and a Service's address answers none.

    Source: "Virtual IPs and Service Proxies" in the Kubernetes documentation: only ports are proxied.
    """
    if end.service is not None and not end.service.headless and not end.service.external_name:
        raise EndpointError(f"{written(end.service)} forwards ports and no ICMP. Name its pods or their workload.")
    other = ALL_V6 if protocol is Icmp.ICMP else ALL_V4
    for endpoint in end.endpoints:
        if isinstance(endpoint, AddressEndpoint) and endpoint.address in other:
            right = Icmp.ICMPV6 if protocol is Icmp.ICMP else Icmp.ICMP
            raise EndpointError(f"{endpoint} takes {right} and no {protocol}. Write {str(right).lower()}.")
