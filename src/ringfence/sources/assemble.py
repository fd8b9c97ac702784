"""Items into a snapshot: the last word of each object, what belongs to what, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ringfence.model.codes import (
    BAD_OBJECT,
    DUPLICATE_OBJECT,
    NAMESPACE_NOT_GIVEN,
    NO_ADDRESS,
    OBJECTS_SKIPPED,
    PODS_LEFT_OUT,
)
from ringfence.model.finding import Finding
from ringfence.model.labels import Labels
from ringfence.model.objects import (
    IGNORE_ANNOTATION,
    NAMESPACE_NAME_LABEL,
    IgnoreNote,
    Namespace,
    Node,
    Pod,
    RawObject,
    Service,
    Snapshot,
    WorkloadRef,
)
from ringfence.model.origin import ObjectRef, Origin
from ringfence.sources.decode import decode, plain_body
from ringfence.sources.items import Item, watch_error
from ringfence.sources.kinds import (
    CLUSTER_KINDS,
    ApiObject,
    EndpointSliceObject,
    EndpointsObject,
    NodeObject,
    ObjectMeta,
    OwnerReference,
    PodObject,
    PodSpec,
    ServiceObject,
    group_of,
    struct_of,
)
from ringfence.sources.pods import COMPLETED, given_pod, labels_of, planned_pod, read_address
from ringfence.sources.policy_kinds import OWN_GROUP, is_cluster_scoped, is_policy
from ringfence.sources.printable import printable
from ringfence.sources.references import RECORDED, References
from ringfence.sources.services import Endpoints, legacy_endpoints, read_service, slice_endpoints
from ringfence.sources.twins import Twins
from ringfence.sources.workloads import Owners, Workload, is_workload, owner_of, template_of

_Key = tuple[str, str, str, str]
_NODE_ADDRESSES = ("InternalIP", "ExternalIP")

_REVISIONS = ("pod-template-hash", "controller-revision-hash")
"""Labels that controllers put on pods that they made from one template."""

_Owner = tuple[WorkloadRef, Item, ObjectRef]
"""A workload, and the object that its pods are made from."""


@dataclass(slots=True)
class _Entry:
    """One object that is kept: as a struct, or as the plain body of a policy."""

    item: Item
    namespace: str
    name: str
    struct: ApiObject | None
    body: dict[str, Any] | None = None


class Assembler:
    """Takes items one by one, the later of two equal objects winning, and makes the snapshot at the end."""

    def __init__(self, findings: list[Finding], twins: Twins | None = None) -> None:
        self.findings = findings
        self._twins = twins
        self.objects = 0
        self._entries: dict[_Key, _Entry] = {}
        self._by_kind: dict[str, list[_Entry]] = {}
        self._skipped: Counter[str] = Counter()
        self._references = References()

    def take(self, item: Item) -> None:
        """Take one object; one that can't be read becomes a finding."""
        group, kind = group_of(item.api_version), item.kind
        if kind == "Status" and item.api_version == "v1":
            self.findings.append(watch_error(plain_body(item, self.findings), item.place()))
            return
        self.objects += 1
        struct_type = struct_of(item.api_version, kind)
        if struct_type is not None:
            struct = decode(item, struct_type, self.findings)
            if struct is not None:
                self._keep(item, "", kind, struct.metadata, struct, None)
        elif is_policy(group, kind):
            body = plain_body(item, self.findings)
            metadata = decode(item, ApiObject, self.findings) if body is not None else None
            if metadata is not None:
                self._keep(item, _same_group(group), kind, metadata.metadata, None, body)
        else:
            self._references.take(item)
            if not item.deleted and (group != OWN_GROUP or kind == RECORDED[0]):
                self._skipped[kind] += 1

    def drop(self, kind: str, name: str, namespace: str) -> bool:
        """Forget an object that was taken; False where there is none."""
        found = [key for key in self._entries if key[1:] == (kind, namespace, name)]
        for key in found:
            del self._entries[key]
        return bool(found)

    def _keep(
        self,
        item: Item,
        group: str,
        kind: str,
        metadata: ObjectMeta | None,
        struct: ApiObject | None,
        body: dict[str, Any] | None,
    ) -> None:
        name = printable((metadata.name or metadata.generateName or "") if metadata is not None else "")
        if not name:
            place = Origin(item.source.locate(("metadata",)), "metadata.name")
            self.findings.append(Finding(BAD_OBJECT, f"A {kind} has no metadata.name; it is left out.", place))
            return
        cluster = is_cluster_scoped(group, kind) if struct is None else kind in CLUSTER_KINDS
        namespace = "" if cluster else printable((metadata.namespace if metadata is not None else "") or "default")
        key = group, kind, namespace, name
        if item.deleted:
            self._entries.pop(key, None)
            return
        earlier = self._entries.get(key)
        if earlier is not None:
            if not item.update:
                ref = ObjectRef(kind, name, namespace, item.api_version)
                before, here = earlier.item.place(), item.place()
                what = f"{ref} is given twice, first at {before}; what is used stands at {here}."
                beside = before.position.file == here.position.file and before != here
                twin = beside and body is not None and body == earlier.body
                evidence = ("both say the same, and stand in one file",) if twin else ()
                self.findings.append(Finding(DUPLICATE_OBJECT, what, here, subject=ref, evidence=evidence))
            del self._entries[key]  # the later one also takes the later place
        self._entries[key] = _Entry(item, namespace, name, struct, body)

    def snapshot(self) -> Snapshot:
        """The snapshot of all that was taken, with the findings of the whole reading."""
        self._by_kind = self._sorted_by_kind()
        nodes = {entry.name: self._node(entry) for entry in self._of("Node")}
        pods, completed, owners = self._pods(nodes)
        services = tuple(self._services())
        policies = tuple(self._policies())
        namespaces = self._namespaces(pods, services, policies)
        references = self._references.texts(services, owners)
        mesh = self._references.mesh(self.findings)
        self._skipped -= self._references.used()
        self._notes(pods, completed)
        return Snapshot(
            namespaces=namespaces,
            pods=pods,
            services=services,
            nodes=tuple(nodes.values()),
            policies=policies,
            references=references,
            uses=self._references.uses(),
            ignores=tuple(self._ignores()),
            findings=tuple(self.findings),
            skipped=dict(sorted(self._skipped.items())),
            completed=completed,
            accounts=self._accounts(),
            mesh=mesh,
        )

    def _sorted_by_kind(self) -> dict[str, list[_Entry]]:
        found: dict[str, list[_Entry]] = {}
        for (_, kind, _, _), entry in self._entries.items():
            if entry.struct is not None:
                found.setdefault(kind, []).append(entry)
        return found

    def _of(self, kind: str) -> list[_Entry]:
        return self._by_kind.get(kind, [])

    def _node(self, entry: _Entry) -> Node:
        struct = entry.struct
        given = struct.status.addresses if isinstance(struct, NodeObject) and struct.status is not None else None
        points: list[int] = []
        for wanted in _NODE_ADDRESSES:
            for number, address in enumerate(given or ()):
                if address.type == wanted and address.address:
                    path = ("status", "addresses", number, "address")
                    point = read_address(entry.item, address.address, path, self.findings)
                    if point is not None and point not in points:
                        points.append(point)
        labels = labels_of(struct.metadata if struct is not None else None)
        return Node(entry.name, labels, tuple(points), entry.item.place())

    def _pods(self, nodes: dict[str, Node]) -> tuple[tuple[Pod, ...], int, list[_Owner]]:
        """The pods, how many were left out, and for each kind of pod the object that it is made from."""
        workloads = {}
        for (_, kind, _, _), entry in self._entries.items():
            if is_workload(kind) and entry.struct is not None:
                ref = WorkloadRef(entry.namespace, kind, entry.name)
                workloads[ref] = Workload(ref, entry.item, entry.struct)
        owners = Owners(workloads)
        found: list[Pod] = []
        made: dict[object, _Owner] = {}
        seen: set[tuple[object, ...]] = set()
        living: set[WorkloadRef] = set()
        ended: set[WorkloadRef] = set()
        completed = 0

        def node_addresses(name: str) -> tuple[int, ...]:
            return nodes[name].addresses if name in nodes else ()

        for entry in self._of("Pod"):
            struct = entry.struct
            if not isinstance(struct, PodObject):
                continue
            metadata, status = struct.metadata, struct.status
            labels, owner = labels_of(metadata), owner_of(metadata)
            if owner is not None and not owner.kind:
                self._ownerless(entry.item, metadata, owner)
            workload = owners.of_pod(entry.namespace, entry.name, owner, labels)
            if status is not None and status.phase in COMPLETED:
                completed += 1
                ended.add(workload)
                continue
            spec = struct.spec or PodSpec()
            pod = self._twins.pod(entry.namespace, entry.name, struct, workload) if self._twins is not None else None
            if pod is None:
                said = len(self.findings)
                at = entry.item, entry.namespace, entry.name
                pod = given_pod(*at, workload, labels, spec, status, node_addresses, self.findings)
                if self._twins is not None and len(self.findings) == said:
                    self._twins.keep(struct, pod)
            found.append(pod)
            workload = pod.workload
            key = id(workload), *map(labels.get, _REVISIONS)  # one object a workload, but for pods without an owner
            if key in seen:
                continue
            seen.add(key)
            living.add(workload)
            present = workloads.get(workload)
            if present is None:
                revision = workload, *key[1:]
                if revision not in made:
                    given = ObjectRef("Pod", entry.name, entry.namespace, entry.item.api_version)
                    made[revision] = workload, entry.item, given
            elif workload not in made:
                made[workload] = _owner(workload, present)
        for each, top in owners.unstarted(living, ended):
            template, path = template_of(each)
            if template is None or template.spec is None:
                broken = ObjectRef(each.ref.kind, each.ref.name, each.ref.namespace, each.item.api_version)
                what = f"{broken} has no pod template; it is left out."
                self.findings.append(Finding(BAD_OBJECT, what, each.item.place(), subject=broken))
                continue
            made[top] = _owner(top, each)
            found.append(
                planned_pod(each.item, each.ref.namespace, top, template.metadata, template.spec, path, self.findings)
            )
        return tuple(found), completed, list(made.values())

    def _ownerless(self, item: Item, metadata: ObjectMeta | None, owner: OwnerReference) -> None:
        if metadata is not None:
            number = (metadata.ownerReferences or []).index(owner)
            path = ("metadata", "ownerReferences", number)
            place = Origin(item.source.locate(path), f"metadata.ownerReferences[{number}].kind")
            what = f"An owner reference of pod {metadata.name} has no kind; it is read as a Pod."
            self.findings.append(Finding(BAD_OBJECT, what, place))

    def _services(self) -> list[Service]:
        slices: dict[tuple[str, str], Endpoints] = {}
        for entry in self._of("EndpointSlice"):
            if isinstance(entry.struct, EndpointSliceObject):
                name, endpoints = slice_endpoints(entry.item, entry.struct, self.findings)
                key = entry.namespace, name
                slices[key] = slices.get(key, ()) + endpoints
        for entry in self._of("Endpoints"):
            if isinstance(entry.struct, EndpointsObject) and (entry.namespace, entry.name) not in slices:
                endpoints = legacy_endpoints(entry.item, entry.struct, self.findings)
                slices[entry.namespace, entry.name] = endpoints
        return [
            self._service(entry, entry.struct, slices.get((entry.namespace, entry.name), ()))
            for entry in self._of("Service")
            if isinstance(entry.struct, ServiceObject)
        ]

    def _service(self, entry: _Entry, struct: ServiceObject, endpoints: Endpoints) -> Service:
        if self._twins is None:
            return read_service(entry.item, entry.namespace, entry.name, struct, endpoints, self.findings)
        service = self._twins.service(entry.namespace, entry.name, struct, endpoints)
        if service is None:
            said = len(self.findings)
            service = read_service(entry.item, entry.namespace, entry.name, struct, endpoints, self.findings)
            if len(self.findings) == said:
                self._twins.keep_service(struct, endpoints, service)
        return service

    def _policies(self) -> list[RawObject]:
        return [
            RawObject(
                ObjectRef(kind, entry.name, entry.namespace, entry.item.api_version), entry.body, entry.item.source
            )
            for (_, kind, _, _), entry in self._entries.items()
            if entry.body is not None
        ]

    def _accounts(self) -> dict[tuple[str, str], Labels]:
        """The labels of the service accounts that have any."""
        labelled = ((entry, labels_of(entry.struct.metadata)) for entry in self._of("ServiceAccount") if entry.struct)
        return {(entry.namespace, entry.name): labels for entry, labels in labelled if labels}

    def _ignores(self) -> Iterator[IgnoreNote]:
        for (_, kind, _, _), entry in self._entries.items():
            metadata = entry.struct.metadata if entry.struct is not None else None
            text = metadata.annotations.ignore if metadata is not None and metadata.annotations is not None else None
            if text and isinstance(text, str):
                ref = ObjectRef(kind, entry.name, entry.namespace, entry.item.api_version)
                path = ("metadata", "annotations", IGNORE_ANNOTATION)
                yield IgnoreNote(ref, text, Origin(entry.item.source.locate(path), "metadata.annotations"))

    def _namespaces(
        self, pods: tuple[Pod, ...], services: tuple[Service, ...], policies: tuple[RawObject, ...]
    ) -> dict[str, Namespace]:
        namespaces = {}
        for entry in self._of("Namespace"):
            labels = labels_of(entry.struct.metadata if entry.struct is not None else None)
            labels[NAMESPACE_NAME_LABEL] = entry.name  # the API server sets it on every namespace
            namespaces[entry.name] = Namespace(entry.name, labels, origin=entry.item.place())
        referred = {pod.namespace for pod in pods} | {service.namespace for service in services}
        referred |= {policy.ref.namespace for policy in policies if policy.ref.namespace}
        missing = sorted(referred - namespaces.keys())
        for name in missing:
            namespaces[name] = Namespace(name, {NAMESPACE_NAME_LABEL: name}, given=False)
        if missing:
            what = f"Not in the input, and taken to have no labels of their own: {_namespaces_text(missing)}."
            why = "A namespaceSelector that asks for other labels can't match them."
            self.findings.append(Finding(NAMESPACE_NOT_GIVEN, what, why=why))
        return namespaces

    def _notes(self, pods: tuple[Pod, ...], completed: int) -> None:
        if completed:
            what = f"{_count(completed, 'completed pod')} left out: completed pods hold no address."
            self.findings.append(Finding(PODS_LEFT_OUT, what))
        bare = sum(1 for pod in pods if not pod.addresses)
        if bare:
            what = f"{_count(bare, 'pod')} of {len(pods)} {'has' if bare == 1 else 'have'} no address in the input."
            why = "An ipBlock can't match a pod whose address is not known."
            self.findings.append(Finding(NO_ADDRESS, what, why=why))
        if self._skipped:
            kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self._skipped.items()))
            what = f"Skipped, because they play no part in connectivity: {kinds}."
            self.findings.append(Finding(OBJECTS_SKIPPED, what))


def _owner(workload: WorkloadRef, present: Workload) -> _Owner:
    ref = present.ref
    return workload, present.item, ObjectRef(ref.kind, ref.name, ref.namespace, present.item.api_version)


def _same_group(group: str) -> str:
    """NetworkPolicy of the old group ``extensions`` is the same object as that of ``networking.k8s.io``."""
    return "networking.k8s.io" if group == "extensions" else group


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _namespaces_text(names: list[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{_count(len(names), 'namespace')} {shown}" + (f" and {len(names) - 20} more" if len(names) > 20 else "")
