"""What a template is asked for, what it is given, and what it gives back."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.explain.query import parse_port, parse_protocol
from ringfence.generate.manifest import Manifest
from ringfence.generate.targets import Target
from ringfence.model.addresses import parse_address
from ringfence.model.errors import QueryError
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.survey import Survey


class Dialect(enum.Enum):
    """The policy API that a template is written in."""

    NETWORK_POLICY = "networkpolicy"
    CLUSTER_NETWORK_POLICY = "clusternetworkpolicy"
    CILIUM = "cilium"
    CALICO = "calico"


@dataclass(frozen=True, slots=True)
class Shared:
    """A port of another namespace, as in ``monitoring:9090`` or ``logs:5140/UDP``."""

    namespace: str
    protocol: Protocol
    port: int

    @classmethod
    def parse(cls, text: str) -> Shared:
        """``NAMESPACE:PORT``, or ``NAMESPACE:PORT/UDP``.

        Raises:
            QueryError: the text is neither.
        """
        namespace, colon, rest = text.partition(":")
        if not colon or not namespace:
            raise QueryError(f"{text}: write NAMESPACE:PORT, or NAMESPACE:PORT/UDP.")
        port, slash, protocol = rest.partition("/")
        return cls(namespace, parse_protocol(protocol) if slash else Protocol.TCP, parse_port(port))


@dataclass(frozen=True, slots=True)
class Request:
    """The options of ``ringfence generate``.

    ``namespaces`` are the namespaces that are meant, each in the input. ``tenant`` is how they were named, if by a
    namespace label, as ``key, value``.
    """

    namespaces: tuple[str, ...] = ()
    tenant: tuple[str, str] | None = None
    resolver: int | None = None
    dialect: Dialect = Dialect.NETWORK_POLICY
    shared: tuple[Shared, ...] = ()
    callers: tuple[Shared, ...] = ()
    owner_label: str = "team"


def request_of(
    snapshot: Snapshot,
    *,
    namespace: str = "",
    tenant: str = "",
    resolver: str = "",
    dialect: str | Dialect = Dialect.NETWORK_POLICY,
    shared: Sequence[str] = (),
    callers: Sequence[str] = (),
    owner_label: str = "team",
) -> Request:
    """The request that these texts mean in a cluster; an empty text is an option that isn't given.

    Raises:
        QueryError: one is not well formed, or no namespace has the tenant's label.
    """
    if namespace and tenant:
        raise QueryError("A namespace and a tenant both name namespaces: give one of them.")
    try:
        address = parse_address(resolver) if resolver else None
    except ValueError as error:
        raise QueryError(f"--resolver: {error}.") from None
    try:
        chosen = Dialect(dialect)
    except ValueError:
        raise QueryError(f"{dialect!r} is no dialect. Known: {', '.join(each.value for each in Dialect)}.") from None
    key, equals, value = tenant.partition("=")
    if tenant and not (key and equals and value):
        raise QueryError(f"--tenant {tenant}: write KEY=VALUE, a label of namespaces.")
    label = (key, value) if tenant else None
    labelled = tuple(sorted(name for name, ns in snapshot.namespaces.items() if key and ns.labels.get(key) == value))
    if tenant and not labelled:
        raise QueryError(f"No namespace of the input has the label {tenant}.")
    return Request(
        (namespace,) if namespace else labelled,
        label,
        address,
        chosen,
        tuple(Shared.parse(text) for text in shared),
        tuple(Shared.parse(text) for text in callers),
        owner_label,
    )


@dataclass(frozen=True, slots=True)
class Given:
    """The cluster that a template is made for."""

    snapshot: Snapshot
    survey: Survey
    engine: Engine

    def pods(self, namespace: str) -> Iterator[Pod]:
        """The pods of a namespace that pod policy can select."""
        return (pod for pod in self.snapshot.pods if pod.namespace == namespace and not pod.host_network)

    def unisolated(self, namespace: str, direction: Direction) -> tuple[Pod, ...]:
        """The pods of a namespace that no NetworkPolicy isolates for the direction."""
        return tuple(pod for pod in self.pods(namespace) if not self.engine.isolated(direction, self.engine.atom(pod)))

    def isolated(self, namespace: str, direction: Direction) -> tuple[Pod, ...]:
        """The pods of a namespace that some NetworkPolicy isolates for the direction."""
        return tuple(pod for pod in self.pods(namespace) if self.engine.isolated(direction, self.engine.atom(pod)))

    def free_name(self, kind: str, wanted: str, namespace: str = "") -> str:
        """``wanted``, or ``wanted-2`` and so on where the input already has such an object: nothing is replaced."""
        taken = {
            raw.ref.name for raw in self.snapshot.policies if (raw.ref.kind, raw.ref.namespace) == (kind, namespace)
        }
        number = 1
        name = wanted
        while name in taken:
            number += 1
            name = f"{wanted}-{number}"
        return name

    def free_priority(self, tier: str, wanted: int) -> int:
        """``wanted``, or the next priority that no policy of the tier has; ``tier`` is ``admin`` or ``baseline``."""
        taken = {
            policy.order[0]
            for layer in self.engine.policy_set.layers
            for stage in layer.stages
            if stage.name == tier
            for policy in stage.policies
        }
        return next(number for number in range(wanted, wanted + len(taken) + 1) if number not in taken)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a template made, before it is checked.

    ``notes`` are sentences for the user. The rest tells what the check holds the draft to: ``keeps_dns`` are the
    namespaces whose pods must reach every DNS server that they reached before; ``closes_only`` refuses a draft that
    opens a connection; ``outside`` are the namespaces that must not reach addresses outside the cluster; ``resolvers``
    are the only DNS servers that the pods of the first namespace may reach.
    """

    manifests: tuple[Manifest, ...]
    notes: tuple[str, ...] = ()
    keeps_dns: tuple[str, ...] = ()
    closes_only: bool = False
    outside: tuple[str, ...] = ()
    resolvers: tuple[Target, ...] = ()


def one_namespace(request: Request, template: str) -> str:
    """The only namespace of a request.

    Raises:
        QueryError: there is none, or there are several.
    """
    if len(request.namespaces) != 1:
        raise QueryError(f"{template} is for one namespace: give it with -n NAMESPACE.")
    return request.namespaces[0]


def network_policy(name: str, namespace: str, spec: Mapping[str, object]) -> dict[str, object]:
    """The body of a NetworkPolicy."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": dict(spec),
    }


def cluster_network_policy(name: str, spec: Mapping[str, object]) -> dict[str, object]:
    """The body of a ClusterNetworkPolicy."""
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": name},
        "spec": dict(spec),
    }
