"""Who calls whom: what the manifests show, what the plan adds, and what a platform does by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from ringfence.model.addresses import format_address, parse_address
from ringfence.model.errors import QueryError
from ringfence.model.objects import Pod, Service, ServicePort, Snapshot, WorkloadRef
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint
from ringfence.simulate.connection import Purpose
from ringfence.simulate.plan import Plan, Wish
from ringfence.survey import Survey
from ringfence.survey.backends import Backends
from ringfence.survey.dependency import Dependency, DependencyKind

_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")
_SCRAPES_AN_HOUR = 6.0
_PROBES_AN_HOUR = 4.0
_API_CALLS_AN_HOUR = 3.0
_SCANS_AN_HOUR = 6.0


@dataclass(frozen=True, slots=True)
class Call:
    """One workload's dependency. ``source`` is None for the nodes' own calls (probes).

    The other end is, as given: ``host``, an outside ``address``, or the pods of ``workloads``, each with the port that
    a call arrives at, of which ``service`` picks those that it selects. ``port`` is the one that is dialled. ``rate``
    is per hour, ``hours`` those of the day in which it happens.
    """

    source: WorkloadRef | None
    purpose: Purpose
    protocol: Protocol
    port: int
    rate: float
    workloads: tuple[tuple[WorkloadRef, int], ...] = ()
    service: Service | None = None
    service_port: ServicePort | None = None
    host: str = ""
    address: str = ""
    hours: tuple[int, ...] = ()
    intended: bool = True


def wire(snapshot: Snapshot, known: Survey, plan: Plan) -> tuple[Call, ...]:
    """Every dependency of the cluster, in an order that the plan's seed decides.

    Raises:
        QueryError: a wish names a workload or Service that the input doesn't have.
    """
    rng = Random(f"{plan.seed}:wiring")  # noqa: S311 - traffic to be repeated, not secrets
    backends = Backends(snapshot)
    calls = [*_known(known, plan), *_outside(known, plan)]
    calls += [_wished(wish, snapshot, backends, plan) for wish in plan.wishes]
    calls += _random(snapshot, known, backends, plan, rng)
    if plan.platform:
        calls += [*_probes(snapshot), *_api_calls(snapshot, known)]
    calls += _scans(snapshot, plan, rng)
    return tuple(calls)


def _known(known: Survey, plan: Plan) -> Iterator[Call]:
    for dependency in known.dependencies:
        scrape = dependency.kind is DependencyKind.SCRAPE
        if scrape and not plan.platform:
            continue
        for source in _workloads(dependency.sources):
            for route in dependency.routes:
                targets = _targets(dependency, route.port)
                if targets:
                    yield Call(
                        source,
                        Purpose.SCRAPE if scrape else _purpose(source),
                        route.protocol,
                        route.port,
                        _SCRAPES_AN_HOUR if scrape else plan.rate,
                        targets,
                        dependency.service,
                        _service_port(dependency.service, route.protocol, route.port),
                    )


def _targets(dependency: Dependency, port: int) -> tuple[tuple[WorkloadRef, int], ...]:
    found: dict[WorkloadRef, int] = {}
    for route in dependency.routes:
        if route.port == port:
            for target in route.targets:
                if isinstance(target.endpoint, Pod):
                    found.setdefault(target.endpoint.workload, target.port)
    return tuple(found.items())


def _outside(known: Survey, plan: Plan) -> Iterator[Call]:
    for use in known.outside:
        for source in _workloads(use.pods):
            yield Call(source, Purpose.EXTERNAL, Protocol.TCP, use.port, plan.rate, host=use.host)


def _wished(wish: Wish, snapshot: Snapshot, backends: Backends, plan: Plan) -> Call:
    source = next((ref for ref in snapshot.workloads() if str(ref) == wish.source), None)
    if source is None:
        raise QueryError(f"There is no workload {wish.source} in the input.")
    rate = plan.rate if wish.rate is None else wish.rate
    protocol = Protocol[wish.protocol]
    if not wish.destination.startswith("service:"):
        try:
            address, host = format_address(parse_address(wish.destination)), ""
        except ValueError:
            address, host = "", wish.destination
        return Call(
            source, Purpose.EXTERNAL, protocol, wish.port, rate,
            host=host, address=address, hours=wish.hours, intended=wish.intended,
        )  # fmt: skip
    namespace, _, name = wish.destination.removeprefix("service:").partition("/")
    service = backends.service(namespace, name)
    if service is None:
        raise QueryError(f"There is no Service {namespace}/{name} in the input.")
    return _to_service(source, service, protocol, wish.port, rate, backends, hours=wish.hours, intended=wish.intended)


def _to_service(
    source: WorkloadRef,
    service: Service,
    protocol: Protocol,
    port: int,
    rate: float,
    backends: Backends,
    *,
    hours: tuple[int, ...] = (),
    intended: bool = True,
) -> Call:
    targets: dict[WorkloadRef, int] = {}
    for endpoint, number in backends.targets(service, protocol, port):
        if isinstance(endpoint, Pod):
            targets.setdefault(endpoint.workload, number)
    entry = _service_port(service, protocol, port)
    return Call(
        source, _purpose(source), protocol, port, rate, tuple(targets.items()), service, entry,
        hours=hours, intended=intended,
    )  # fmt: skip


def _random(snapshot: Snapshot, known: Survey, backends: Backends, plan: Plan, rng: Random) -> Iterator[Call]:
    """Dependencies that only traffic shows."""
    dns = {(one.service.namespace, one.service.name) for one in known.dns if one.service is not None}
    choices = [
        (service, port)
        for service in snapshot.services
        for port in service.ports
        if service.selector and (service.namespace, service.name) not in dns and backends.behind(service, port)
    ]
    sources = [ref for ref in _application(snapshot) if ref.kind != "Job"]
    for _ in range(round(plan.random_calls * len(sources)) if choices else 0):
        source, (service, port) = rng.choice(sources), rng.choice(choices)
        call = _to_service(source, service, port.protocol, port.port, plan.rate, backends)
        if source not in dict(call.workloads):
            yield call
    if plan.random_names:
        hosts = [name.host for name in plan.names] or [f"api-{number}.partner.example" for number in range(1, 13)]
        for _ in range(round(plan.random_names * len(sources))):
            yield Call(rng.choice(sources), Purpose.EXTERNAL, Protocol.TCP, 443, plan.rate, host=rng.choice(hosts))


def _probes(snapshot: Snapshot) -> Iterator[Call]:
    """The kubelet asks each workload's first TCP port."""
    for ref, pod in _first_pods(snapshot):
        port = next((one.number for one in pod.ports if one.protocol is Protocol.TCP), None)
        if port is not None and not pod.host_network and ref.kind not in ("CronJob", "Job"):
            yield Call(None, Purpose.PROBE, Protocol.TCP, port, _PROBES_AN_HOUR, ((ref, port),))


def _api_calls(snapshot: Snapshot, known: Survey) -> Iterator[Call]:
    """Workloads with a service account of their own talk to the API server; so do DNS and the collectors of metrics."""
    system = {pod.workload for server in known.dns for pod in server.pods}
    system |= {pod.workload for pod in (*known.scrapers, *known.ingress_controllers)}
    servers = {pod.workload for pod in known.api_servers}
    for ref, pod in _first_pods(snapshot):
        own = pod.service_account != "default" and ref.namespace in _SYSTEM
        if (own or ref in system) and ref not in servers and not pod.host_network:
            yield Call(ref, Purpose.API_SERVER, Protocol.TCP, 443, _API_CALLS_AN_HOUR)


def _scans(snapshot: Snapshot, plan: Plan, rng: Random) -> Iterator[Call]:
    """A workload that looks around: ports of pods that it has no business with."""
    sources = [ref for ref in _application(snapshot) if ref.kind not in ("CronJob", "Job")]
    targets = [(ref, pod.ports[0].number) for ref, pod in _first_pods(snapshot) if pod.ports and not pod.host_network]
    if not sources or not targets:
        return
    for source in rng.sample(sources, min(plan.scanners, len(sources))):
        for ref, port in rng.sample(targets, min(8, len(targets))):
            if ref != source:
                port = rng.choice((port, 22, 3306, 6379, 8080))
                yield Call(source, Purpose.SCAN, Protocol.TCP, port, _SCANS_AN_HOUR / 8, ((ref, port),), intended=False)


def _application(snapshot: Snapshot) -> list[WorkloadRef]:
    """Workloads of users, whose pods have addresses of their own."""
    return [ref for ref, pod in _first_pods(snapshot) if ref.namespace not in _SYSTEM and not pod.host_network]


def _first_pods(snapshot: Snapshot) -> Iterable[tuple[WorkloadRef, Pod]]:
    found: dict[WorkloadRef, Pod] = {}
    for pod in snapshot.pods:
        found.setdefault(pod.workload, pod)
    return found.items()


def _workloads(ends: Iterable[Pod | AddressEndpoint]) -> tuple[WorkloadRef, ...]:
    return tuple(dict.fromkeys(end.workload for end in ends if isinstance(end, Pod)))


def _purpose(source: WorkloadRef) -> Purpose:
    return Purpose.CRON if source.kind in ("CronJob", "Job") else Purpose.APPLICATION


def _service_port(service: Service | None, protocol: Protocol, port: int) -> ServicePort | None:
    if service is None:
        return None
    return next((one for one in service.ports if (one.protocol, one.port) == (protocol, port)), None)
