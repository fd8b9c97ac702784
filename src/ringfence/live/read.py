"""A whole cluster: each kind that an answer needs, as far as the user may list it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import msgspec

from ringfence.live.connection import AbsentError, Connection, LiveError, RefusedError, connect
from ringfence.live.discovery import BUILT_IN, Resource, discover
from ringfence.live.listing import Listed, list_all
from ringfence.live.target import Target

_AT_ONCE: Final = 8
"""Requests at a time. API Priority and Fairness shares the server among users; this is a modest one."""

_NAMESPACES: Final = BUILT_IN[0]
_CONFIG_MAP: Final = Resource("", "v1", "ConfigMap", "configmaps")
_ENDPOINTS: Final = Resource("", "v1", "Endpoints", "endpoints")

CONFIG_MAPS: Final = (
    ("kube-system", "coredns"),
    ("kube-system", "node-local-dns"),
    ("istio-system", "istio"),
)
"""The ConfigMaps that say how DNS and the mesh work. No other is read, and no Secret ever."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What may not be listed. ``namespaces`` are those that it is refused in; empty: in the whole cluster.

    For ``Namespace`` itself they are those that were asked for one by one instead.
    """

    what: str
    kind: str
    message: str
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cluster answered. ``unasked`` are API groups whose kinds could not be learnt, each with the reason."""

    context: str
    server: str
    listed: tuple[Listed, ...]
    refused: tuple[Refused, ...] = ()
    unasked: tuple[tuple[str, str], ...] = ()


class _Name(msgspec.Struct):
    name: str = ""
    resourceVersion: str = ""  # noqa: N815 -- as the API spells it


class _Named(msgspec.Struct):
    metadata: _Name = msgspec.field(default_factory=_Name)


_named = msgspec.json.Decoder(_Named)

_Result = tuple[list[Listed], list[Refused]]


def read(
    target: Target, wanted: Callable[[str, str], bool], may_matter: Callable[[str], bool], *, pause: float = 0.2
) -> Reading:
    """Lists every kind that is ``wanted`` (asked with group and kind) of the groups that ``may_matter``.

    A kind that may not be listed in the whole cluster is listed in each namespace: those of the target, else those
    that can be seen, else the context's own. ``pause`` is before the first repetition of a failed request, in seconds.

    Raises:
        InputError: no cluster is configured, it can't be reached, or it doesn't accept the credentials.
    """
    with connect(target, pause=pause) as connection, ThreadPoolExecutor(_AT_ONCE) as pool:
        spaces, names = _namespaces(connection, target)
        found = discover(connection, wanted, may_matter, pool)
        resources = [each for each in found.resources if each is not _NAMESPACES]

        def one(resource: Resource) -> _Result:
            return _everywhere(connection, resource, names, limited=bool(target.namespaces))

        listed, refused = spaces
        maps = pool.map(lambda at: _config_map(connection, *at), CONFIG_MAPS)
        for more, denied in (*pool.map(one, resources), *maps):
            listed += more
            refused += denied
        listed += _endpoints(connection, listed, names, limited=bool(target.namespaces))
        return Reading(connection.name, connection.server, tuple(listed), tuple(refused), found.unasked)


def _namespaces(connection: Connection, target: Target) -> tuple[_Result, Sequence[str]]:
    """The Namespace objects that can be seen, and the names to ask for where not all may be listed at once."""
    try:
        listed = list_all(connection, _NAMESPACES)
    except AbsentError:
        raise LiveError(f"{connection.whom} serves no namespaces: it is no API server of Kubernetes.") from None
    except RefusedError as error:
        names = target.namespaces or (connection.namespace,)
        refused = Refused("Namespace", "Namespace", error.message, tuple(names))
        return ([one_by_one(connection, names)], [refused]), names
    return ([listed], []), target.namespaces or tuple(_named.decode(raw).metadata.name for raw in listed.items)


def one_by_one(connection: Connection, names: Sequence[str]) -> Listed:
    """The Namespace objects of these names, as far as each may be read; for who may not list them all.

    Raises:
        LiveError: the server can't be asked.
    """
    found = tuple(raw for name in names for raw in _one(connection, _NAMESPACES, name))
    version = max((_number(_named.decode(raw).metadata.resourceVersion) for raw in found), default=0)
    return Listed(_NAMESPACES, found, str(version))


def _number(version: str) -> int:
    return int(version) if version.isdecimal() else 0


def _one(connection: Connection, resource: Resource, name: str, namespace: str = "") -> list[msgspec.Raw]:
    try:
        return [msgspec.Raw(connection.get(f"{resource.path(namespace)}/{name}"))]
    except (RefusedError, AbsentError):
        return []


def _everywhere(connection: Connection, resource: Resource, names: Sequence[str], *, limited: bool) -> _Result:
    message = ""
    if not (limited and resource.namespaced):
        try:
            return [list_all(connection, resource)], []
        except AbsentError:
            return [], []
        except RefusedError as error:
            message = error.message
        if not resource.namespaced:
            return [], [Refused(_shown(resource), resource.kind, message)]
    found: list[Listed] = []
    denied: list[str] = []
    for name in names:
        try:
            found.append(list_all(connection, resource, name))
        except AbsentError:
            return [], []
        except RefusedError as error:
            denied.append(name)
            message = message or error.message
    if not denied:
        return found, []
    return found, [Refused(_shown(resource), resource.kind, message, tuple(denied))]


def _config_map(connection: Connection, namespace: str, name: str) -> _Result:
    try:
        raw = msgspec.Raw(connection.get(f"{_CONFIG_MAP.path(namespace)}/{name}"))
    except AbsentError:
        return [], []
    except RefusedError as error:
        return [], [Refused(f"ConfigMap {namespace}/{name}", "ConfigMap", error.message)]
    return [Listed(_CONFIG_MAP, (raw,), "")], []


def _endpoints(
    connection: Connection, listed: Sequence[Listed], names: Sequence[str], *, limited: bool
) -> list[Listed]:
    """The older form of endpoints, where the cluster or the user's rights have no EndpointSlices."""
    if any(each.resource.kind == "EndpointSlice" for each in listed):
        return []
    return _everywhere(connection, _ENDPOINTS, names, limited=limited)[0]


def _shown(resource: Resource) -> str:
    return f"{resource.kind} of {resource.group}" if resource.group else resource.kind
