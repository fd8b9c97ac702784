"""A request, read in a cluster: which pods it is for, and what each of its lines means there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ringfence.egress.problems import BadRequestError
from ringfence.egress.request import EgressRequest, Entry, NameTarget, RangeTarget, ServiceTarget, Wild
from ringfence.explain.suggest import did_you_mean
from ringfence.generate.dns import DnsAccess, dns_access
from ringfence.generate.request import Given
from ringfence.generate.targets import PortNumber, Target
from ringfence.model.addresses import AddressSet
from ringfence.model.codes import BAD_FIELD
from ringfence.model.finding import Finding
from ringfence.model.name_patterns import NameSyntax, name_matches
from ringfence.model.names import NameRecord, Names
from ringfence.model.objects import Pod, Service
from ringfence.model.ports import PortRange, PortSet, Protocol

_APP_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
_TIER_LABELS = ("tier", "app.kubernetes.io/component")


@dataclass(frozen=True, slots=True)
class Grant:
    """One destination of a request, on its ports.

    It is a ``name``, ``ranges`` of addresses, or ``pods``, whose ports are those of ``pods``. ``records`` are the
    recorded addresses of a name. ``service`` is the Service that pods or addresses stand for.
    """

    text: str
    ports: tuple[PortRange, ...]
    entry: Entry
    name: NameTarget | None = None
    ranges: AddressSet | None = None
    pods: Target | None = None
    records: tuple[NameRecord, ...] = ()
    service: ServiceTarget | None = None

    @property
    def port_set(self) -> PortSet:
        """The ports, as a set."""
        return PortSet.of(span for port in self.ports for span in PortSet.range(port.protocol, port.lo, port.hi))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written for one request, in whichever dialect. ``labels`` select its ``pods``.

    ``number`` counts the requests that are written together, from 0.
    """

    request: EgressRequest
    labels: Mapping[str, str]
    pods: tuple[Pod, ...]
    grants: tuple[Grant, ...]
    dns: DnsAccess
    notes: tuple[str, ...] = ()
    names: Names = field(default_factory=Names)
    number: int = 0

    @property
    def named(self) -> tuple[Grant, ...]:
        """The grants by name."""
        return tuple(grant for grant in self.grants if grant.name is not None)


def plan(given: Given, requests: Sequence[EgressRequest]) -> tuple[Plan, ...]:
    """A plan for each request.

    Raises:
        BadRequestError: a request speaks of pods or Services that the cluster doesn't have.
    """
    sink: list[Finding] = []
    access = dns_access(given)
    plans = tuple(
        replace(_Planning(given, request, access, sink).plan(), number=number)
        for number, request in enumerate(requests)
    )
    if sink:
        raise BadRequestError(sink)
    return plans


@dataclass(slots=True)
class _Planning:
    given: Given
    request: EgressRequest
    access: DnsAccess
    sink: list[Finding]
    notes: list[str] = field(default_factory=list)

    def plan(self) -> Plan:
        labels = self._labels()
        pods = tuple(
            pod for pod in self.given.pods(self.request.namespace) if labels.items() <= pod.labels.items()
        )  # fmt: skip
        if not pods:
            self.notes.append(self._nobody(labels))
        grants = tuple(grant for entry in self.request.entries for grant in self._grants(entry))
        names = self.given.snapshot.names
        return Plan(self.request, labels, pods, grants, self.access, (*self.access.notes, *self.notes), names)

    def _report(self, what: str, entry: Entry | None = None, hint: str = "") -> None:
        origin = (entry or self.request).origin
        self.sink.append(Finding(BAD_FIELD, what, origin, hint=hint))

    # ---- pods ----------------------------------------------------------------------------------------------------

    def _labels(self) -> Mapping[str, str]:
        request = self.request
        if not request.app:
            return request.labels
        pods = list(self.given.pods(request.namespace))
        labels = {self._key(pods, _APP_LABELS, "app", request.app): request.app}
        if request.tier:
            chosen = [pod for pod in pods if labels.items() <= pod.labels.items()]
            labels[self._key(chosen, _TIER_LABELS, "tier", request.tier)] = request.tier
        return labels

    def _key(self, pods: Sequence[Pod], keys: tuple[str, ...], what: str, value: str) -> str:
        """The label under which pods have the value; where the input has no such namespace, the usual one."""
        for key in keys:
            if any(pod.labels.get(key) == value for pod in pods):
                return key
        if pods:
            known = sorted({pod.labels[key] for pod in pods for key in keys if key in pod.labels})
            hint = did_you_mean(value, known).strip() or "Name the pods by their labels, with selector."
            text = f"No pod of {self.request.namespace} has {what} {value} among its labels ({', '.join(keys)})."
            self._report(text, hint=hint)
        return "app" if what == "app" else "tier"

    def _nobody(self, labels: Mapping[str, str]) -> str:
        shown = ",".join(f"{key}={value}" for key, value in labels.items())
        where = f"pods of {self.request.namespace} with {shown}"
        return f"{self.request.name}: the input has no {where}, so nothing was verified of this request."

    # ---- destinations --------------------------------------------------------------------------------------------

    def _grants(self, entry: Entry) -> Iterable[Grant]:
        for target in entry.destinations:
            match target:
                case NameTarget():
                    yield Grant(str(target), entry.ports, entry, name=target, records=self._records(target))
                case RangeTarget(text, addresses):
                    self._inside(text, addresses, entry)
                    yield Grant(text, entry.ports, entry, ranges=addresses)
                case ServiceTarget():
                    yield from self._service(target, entry)

    def _records(self, target: NameTarget) -> tuple[NameRecord, ...]:
        names = self.given.snapshot.names
        return tuple(record for record in names.records if matches(target, record.name))

    def _inside(self, text: str, addresses: AddressSet, entry: Entry) -> None:
        """Addresses of the cluster's own: a Service's is never seen by policy, a pod's doesn't stay."""
        for service in self.given.snapshot.services:
            own = [address for address in service.cluster_addresses if address in addresses]
            if own and addresses.size == 1:
                name = f"{service.namespace}/{service.name}"
                what = f"{text} is the address of Service {name}, which is translated before policy is judged."
                self._report(what, entry, f"Write to: service:{name}.")
        inside = [pod for pod in self.given.snapshot.pods if any(address in addresses for address in pod.addresses)]
        if inside:
            self.notes.append(
                f"{text} takes in {len(inside)} pods of the cluster, such as {inside[0]}. Their addresses don't stay, "
                "and not every policy API means pods by a range: ask for their Service."
            )

    def _service(self, target: ServiceTarget, entry: Entry) -> Iterable[Grant]:
        services = {(each.namespace, each.name): each for each in self.given.snapshot.services}
        service = services.get((target.namespace, target.name))
        if service is None:
            known = [f"{namespace}/{name}" for namespace, name in services]
            hint = did_you_mean(f"{target.namespace}/{target.name}", known).strip()
            self._report(f"The input has no Service {target.namespace}/{target.name}.", entry, hint)
            return
        if service.external_name:
            hint = f"Ask for the name itself: {service.external_name}."
            self._report(f"{target} is another word for {service.external_name}.", entry, hint)
            return
        wanted = [port for port in service.ports if not entry.ports or _among(port.protocol, port.port, entry.ports)]
        if not wanted:
            has = ", ".join(f"{port.protocol} {port.port}" for port in service.ports) or "none"
            self._report(f"{target} has none of these ports. It has {has}.", entry)
            return
        yield from self._backends(service, target, entry, [port.name for port in wanted])

    def _backends(self, service: Service, target: ServiceTarget, entry: Entry, ports: Sequence[str]) -> Iterable[Grant]:
        wanted = [port for port in service.ports if port.name in ports]
        if service.selector:
            selector = service.selector
            pods = [pod for pod in self.given.pods(service.namespace) if selector.items() <= pod.labels.items()]
            numbers = {
                (port.protocol, number)
                for port in wanted
                for number in ([port.target] if isinstance(port.target, int) else [port.target_on(pod) for pod in pods])
                if isinstance(number, int)
            }
            if not numbers:
                self._report(f"The input shows no pod behind {target}, so its ports there are not known.", entry)
                return
            ordered = tuple(sorted(numbers))
            yield Grant(
                str(target), _ranges(ordered), entry,
                pods=Target(service.namespace, selector, ports=ordered), service=target,
            )  # fmt: skip
            return
        addresses: dict[tuple[PortNumber, ...], list[int]] = {}
        for address, by_name in service.endpoints:
            own = tuple(sorted((port.protocol, by_name[port.name]) for port in wanted if port.name in by_name))
            if own:
                addresses.setdefault(own, []).append(address)
        if not addresses:
            self._report(f"{target} has no selector, and the input has no endpoints of it.", entry)
        for own, some in addresses.items():
            ranges = AddressSet.of((address, address) for address in some)
            yield Grant(str(target), _ranges(own), entry, ranges=ranges, service=target)


def matches(target: NameTarget, name: str) -> bool:
    """True where a request's name or shape takes in a name."""
    if target.wild is Wild.NONE:
        return name == target.base
    syntax = NameSyntax.ONE_LABEL if target.wild is Wild.ONE_LABEL else NameSyntax.PREFIX
    return name_matches(syntax, f"*.{target.base}", name)


def _among(protocol: Protocol, port: int, ranges: Iterable[PortRange]) -> bool:
    return any(each.protocol is protocol and each.lo <= port <= each.hi for each in ranges)


def _ranges(numbers: Iterable[PortNumber]) -> tuple[PortRange, ...]:
    return tuple(PortRange(protocol, number, number) for protocol, number in numbers)
