"""What an input says beyond its pods and policies of who needs whom: texts that name Services, and their users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from ringfence.model.addresses import format_address
from ringfence.model.finding import Finding
from ringfence.model.mesh_settings import MeshSettings
from ringfence.model.objects import Service, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.references import ServiceUse, TextReference
from ringfence.sources.items import Item
from ringfence.sources.kinds import ApiObject
from ringfence.sources.mesh import KEY, is_mesh_config, read_mesh
from ringfence.sources.text_kinds import RecordedSnapshot
from ringfence.sources.texts import Collector, ConfigMapText, quietly
from ringfence.sources.uses import is_namespaced, is_user, uses_of

RECORDED: Final = ("Snapshot", "ringfence.dev/v1")
"""Kind and version of what an archive of ``ringfence snapshot`` says of itself."""


class References:
    """Keeps the objects that may tell dependencies until the pods and Services are known.

    They play no part in connectivity: one that can't be read is no finding, and one that tells nothing is counted as
    skipped, as before.
    """

    def __init__(self) -> None:
        self._config_maps: dict[tuple[str, str], ConfigMapText] = {}
        self._uses: dict[tuple[str, str, str], tuple[ServiceUse, ...]] = {}
        self._recorded: list[TextReference] = []
        self._archives = 0

    def take(self, item: Item) -> None:
        """Look at an object of a kind that is otherwise skipped."""
        if item.kind == "ConfigMap" and item.api_version == "v1":
            key = _name(item)
            if item.deleted:
                self._config_maps.pop(key, None)
            else:
                self._config_maps[key] = ConfigMapText(item, ObjectRef("ConfigMap", key[1], key[0], "v1"))
        elif is_user(item.api_version, item.kind):
            namespace, name = _name(item)
            namespace = namespace if is_namespaced(item.kind) else ""
            self._uses[item.kind, namespace, name] = () if item.deleted else tuple(uses_of(item, namespace, name))
        elif (item.kind, item.api_version) == RECORDED:
            self._take_records(item)

    def _take_records(self, item: Item) -> None:
        """The records that stand in an archive for the texts that it leaves out."""
        struct = quietly(item, RecordedSnapshot)
        if struct is None:
            return
        self._archives += 1
        source = item.source
        for number, record in enumerate(struct.references or ()):
            given, stands = record.workload, record.object
            self._recorded.append(
                TextReference(
                    WorkloadRef(given.namespace, given.kind, given.name),
                    record.key,
                    record.text,
                    ObjectRef(stands.kind, stands.name, stands.namespace, stands.apiVersion),
                    source,
                    ("references", number, "text"),
                )
            )

    def texts(
        self, services: Iterable[Service], owners: Iterable[tuple[WorkloadRef, Item, ObjectRef]]
    ) -> tuple[TextReference, ...]:
        """The texts of these pods and workloads that name one of the Services, each once."""
        services = tuple(services)
        known = service_variables(services)
        collector = Collector(
            frozenset(service.name for service in services),
            self._config_maps,
            frozenset(format_address(point) for service in services for point in service.cluster_addresses),
            lambda namespace: known.get(namespace, {}),
        )
        for workload, item, ref in owners:
            collector.collect(workload, item, ref)
        return tuple(dict.fromkeys((*collector.found, *self._recorded)))

    def uses(self) -> tuple[ServiceUse, ...]:
        """Every use of a Service."""
        return tuple(use for uses in self._uses.values() for use in uses)

    def mesh(self, findings: list[Finding]) -> MeshSettings:
        """The configuration of an Istio mesh, where a ConfigMap gives it."""
        named = [each for (_, name), each in self._config_maps.items() if is_mesh_config(name)]
        texts = ((each, each.data.get(KEY)) for each in named)
        return read_mesh(((each.ref, text, each.source()) for each, text in texts if isinstance(text, str)), findings)

    def used(self) -> Counter[str]:
        """How many objects of each kind told something, and so weren't skipped."""
        found = Counter(kind for (kind, _, _), uses in self._uses.items() if uses)
        found["ConfigMap"] = sum(config_map.used for config_map in self._config_maps.values())
        found[RECORDED[0]] = self._archives
        return found


def service_variables(services: Iterable[Service]) -> dict[str, dict[str, str]]:
    """``API_SERVICE_HOST`` and ``API_SERVICE_PORT`` by namespace, for Services with an address of the cluster.

    The host is given as the Service's name, which stands for the address. Source: "Environment variables" under
    "Discovering services" in the Kubernetes documentation.
    """
    found: dict[str, dict[str, str]] = {}
    for service in services:
        if not service.headless and service.ports:
            name = service.name.upper().replace("-", "_")
            own = {f"{name}_SERVICE_HOST": service.name, f"{name}_SERVICE_PORT": str(service.ports[0].port)}
            found.setdefault(service.namespace, {}).update(own)
    return found


def _name(item: Item) -> tuple[str, str]:
    struct = quietly(item, ApiObject)
    metadata = struct.metadata if struct is not None else None
    if metadata is None:
        return "default", ""
    return metadata.namespace or "default", metadata.name or ""
