"""Which kinds a cluster serves, of those that an answer needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from ringfence.live.connection import AbsentError, Connection, LiveError, RefusedError

T = TypeVar("T")

CALICO: Final = ("projectcalico.org", "crd.projectcalico.org")
"""Calico's API server, and the CRDs that it keeps its objects in: the same objects twice."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind that can be listed. ``plural`` is its name in paths."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As in ``apiVersion``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "") -> str:
        """The path of its list; of all namespaces without one."""
        base = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{base}/namespaces/{namespace}/{self.plural}" if namespace else f"{base}/{self.plural}"


BUILT_IN: Final = (
    Resource("", "v1", "Namespace", "namespaces", namespaced=False),
    Resource("", "v1", "Node", "nodes", namespaced=False),
    Resource("", "v1", "Pod", "pods"),
    Resource("", "v1", "Service", "services"),
    Resource("", "v1", "ServiceAccount", "serviceaccounts"),
    Resource("", "v1", "ReplicationController", "replicationcontrollers"),
    Resource("apps", "v1", "Deployment", "deployments"),
    Resource("apps", "v1", "ReplicaSet", "replicasets"),
    Resource("apps", "v1", "StatefulSet", "statefulsets"),
    Resource("apps", "v1", "DaemonSet", "daemonsets"),
    Resource("batch", "v1", "Job", "jobs"),
    Resource("batch", "v1", "CronJob", "cronjobs"),
    Resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    Resource("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
    Resource("networking.k8s.io", "v1", "Ingress", "ingresses"),
    Resource(
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        namespaced=False,
    ),
    Resource(
        "admissionregistration.k8s.io",
        "v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        namespaced=False,
    ),
    Resource("apiregistration.k8s.io", "v1", "APIService", "apiservices", namespaced=False),
)
"""What every cluster of today serves, and needs no discovery."""

_BUILT_IN_GROUPS: Final = frozenset(each.group for each in BUILT_IN)


class _Version(msgspec.Struct):
    version: str


class _Group(msgspec.Struct):
    name: str
    versions: list[_Version] = []
    preferredVersion: _Version | None = None  # noqa: N815 -- as the API spells it


class _Groups(msgspec.Struct):
    groups: list[_Group] = []


class _Served(msgspec.Struct):
    name: str
    kind: str
    namespaced: bool = True
    verbs: list[str] = []


class _Resources(msgspec.Struct):
    resources: list[_Served] = []


_groups = msgspec.json.Decoder(_Groups)
_resources = msgspec.json.Decoder(_Resources)


@dataclass(frozen=True, slots=True)
class Discovered:
    """``resources`` to list. ``unasked`` are groups whose kinds could not be learnt, each with the reason.

    ``refused`` tells that the groups themselves could not be learnt, so of no other group it is known what it has.
    """

    resources: tuple[Resource, ...]
    unasked: tuple[tuple[str, str], ...] = ()
    refused: bool = False

    def learnt(self, group: str) -> bool:
        """True where all kinds of a group that are served are among the resources."""
        return group in _BUILT_IN_GROUPS or not (self.refused or any(group == each for each, _ in self.unasked))


def discover(
    connection: Connection, wanted: Callable[[str, str], bool], may_matter: Callable[[str], bool], pool: Executor
) -> Discovered:
    """The built-in kinds, and of the groups that ``may_matter`` those kinds that are ``wanted``.

    ``wanted`` is asked with a group and a kind. A kind that a group serves in several versions is listed in the
    preferred one.

    Raises:
        LiveError: the server can't be reached, or what it answers isn't what an API server answers.
    """
    try:
        groups = _decoded(connection, "/apis", _groups).groups
    except RefusedError as error:
        return Discovered(BUILT_IN, (("every policy API but NetworkPolicy", error.message),), refused=True)
    except AbsentError:
        raise LiveError(f"{connection.whom} serves no /apis: it is no API server of Kubernetes.") from None
    asked = [each for each in groups if each.name not in _BUILT_IN_GROUPS and may_matter(each.name)]
    pairs = [(group, version) for group in asked for version in _versions(group)]
    found: dict[tuple[str, str], Resource] = {}
    unasked: dict[str, str] = {}

    def one(pair: tuple[_Group, str]) -> list[Resource] | str:
        group, version = pair
        try:
            served = _decoded(connection, f"/apis/{group.name}/{version}", _resources).resources
        except AbsentError:
            return []
        except RefusedError as error:
            return error.message
        except LiveError as error:  # an aggregated API whose server is down costs only its own kinds
            return str(error)
        return [
            Resource(group.name, version, each.kind, each.name, each.namespaced)
            for each in served
            if "/" not in each.name and "list" in each.verbs and wanted(group.name, each.kind)
        ]

    for (group, _), result in zip(pairs, pool.map(one, pairs), strict=True):
        if isinstance(result, str):
            unasked.setdefault(group.name, result)
            continue
        for each in result:
            found.setdefault((each.group, each.kind), each)
    twice = {(CALICO[1], kind) for group, kind in found if group == CALICO[0]}
    extra = [each for key, each in found.items() if key not in twice]
    return Discovered((*BUILT_IN, *_sorted(extra)), tuple(unasked.items()))


def _sorted(resources: Sequence[Resource]) -> list[Resource]:
    return sorted(resources, key=lambda each: (each.group, each.kind))


def _versions(group: _Group) -> list[str]:
    """The versions of a group, the preferred one first."""
    preferred = [group.preferredVersion.version] if group.preferredVersion is not None else []
    return list(dict.fromkeys((*preferred, *(each.version for each in group.versions))))


def _decoded(connection: Connection, path: str, decoder: msgspec.json.Decoder[T]) -> T:
    content = connection.get(path)
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise LiveError(f"{connection.whom} answered {path} with something that is no API of Kubernetes.") from None
