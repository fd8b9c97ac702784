"""What ``--from``, ``--to`` and ``--port`` mean: texts on the command line become filters."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.explain.endpoints import Endpoints
from ringfence.explain.names import looks_like_name
from ringfence.explain.query import parse_port, parse_port_and_protocol, parse_protocol
from ringfence.explain.suggest import did_you_mean
from ringfence.model.addresses import AddressSet, parse_cidr
from ringfence.model.errors import QueryError
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.ports import Icmp
from ringfence.reach.filters import EndFilter, PortFilter

_WILD = frozenset("*?[")


def end_filter(texts: Iterable[str], snapshot: Snapshot, endpoints: Endpoints, *, service: bool) -> EndFilter | None:
    """The filter that keeps what any of ``texts`` names; ``None`` without texts.

    A text is an endpoint, a glob such as ``web/*``, a namespace, or a CIDR. ``service`` admits Services.

    Raises:
        QueryError: a glob or namespace matches nothing; or addresses outside the cluster are mixed with pods.
        EndpointError: an endpoint is not in the snapshot.
    """
    pods: set[str] = set()
    addresses = AddressSet()
    globs: list[str] = []
    texts = tuple(texts)
    for text in texts:
        if _is_glob(text, snapshot):
            globs.append(_checked(text if _WILD & set(text) else f"{text}/*", text, snapshot))
        elif "/" in text and (cidr := _cidr(text)) is not None:
            addresses |= cidr
        else:
            end = endpoints.destination(text) if service else endpoints.source(text)
            for endpoint in end.endpoints:
                if isinstance(endpoint, Pod):
                    pods.add(str(endpoint))
                else:
                    addresses |= AddressSet.point(endpoint.address)
    if not texts:
        return None
    if addresses and (pods or globs):
        raise QueryError("Addresses outside the cluster and pods can't be asked for at the same end: ask twice.")
    return EndFilter(frozenset(pods), tuple(globs), addresses)


def _is_glob(text: str, snapshot: Snapshot) -> bool:
    if text.startswith("["):  # an IPv6 address in brackets
        return False
    return bool(_WILD & set(text)) or text in snapshot.namespaces or ("/" not in text and _is_bare(text))


def _is_bare(text: str) -> bool:
    """True for what may be a namespace: no Service, no address, and no DNS name, since a namespace has no dot."""
    return ":" not in text and not text.replace(".", "").isdigit() and not looks_like_name(text)


def _checked(glob: str, text: str, snapshot: Snapshot) -> str:
    found = EndFilter(globs=(glob,))
    if not any(found.pod(pod) for pod in snapshot.pods):
        hint = "" if _WILD & set(text) else did_you_mean(text, snapshot.namespaces)
        raise QueryError(f"No pod matches {text!r}.{hint}")
    return glob


def _cidr(text: str) -> AddressSet | None:
    try:
        return AddressSet((parse_cidr(text)[0],))
    except ValueError:
        return None


def namespaces(names: Iterable[str], snapshot: Snapshot) -> frozenset[str]:
    """The namespaces asked for.

    Raises:
        QueryError: one is not in the input.
    """
    for name in names:
        if name not in snapshot.namespaces:
            raise QueryError(f"There is no namespace {name} in the input.{did_you_mean(name, snapshot.namespaces)}")
    return frozenset(names)


def port_filter(text: str) -> PortFilter:
    """``443`` for any protocol, ``53/UDP``, or ``icmp/8``.

    Raises:
        QueryError: it is no port, or no protocol.
    """
    port, slash, protocol = text.partition("/")
    if port.strip().upper() in Icmp.__members__:
        family, number = parse_port_and_protocol(text)
        return PortFilter(number, family)
    return PortFilter(parse_port(port), parse_protocol(protocol) if slash else None)
