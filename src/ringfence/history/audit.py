"""Changes of policies from an audit log of the API server: the one source that names the user.

Source: "Auditing" in the Kubernetes documentation, and ``audit.k8s.io/v1`` in its API reference. At the level Metadata
an event says that something was changed, and not to what; only RequestResponse says it whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from ringfence.history.revision import Revision, body_of, read_time
from ringfence.model.origin import ObjectRef
from ringfence.sources.policy_kinds import is_policy

_CHANGES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_DONE: Final = "ResponseComplete"


class _User(msgspec.Struct):
    username: str = ""


class _Ref(msgspec.Struct):
    resource: str = ""
    namespace: str = ""
    name: str = ""
    apiGroup: str = ""  # noqa: N815 -- here and below as the API spells it
    apiVersion: str = ""  # noqa: N815
    subresource: str = ""


class _Status(msgspec.Struct):
    code: int = 0


class _Event(msgspec.Struct):
    kind: str = ""
    stage: str = ""
    verb: str = ""
    user: _User = msgspec.field(default_factory=_User)
    impersonatedUser: _User | None = None  # noqa: N815
    userAgent: str = ""  # noqa: N815
    objectRef: _Ref | None = None  # noqa: N815
    responseStatus: _Status | None = None  # noqa: N815
    stageTimestamp: str = ""  # noqa: N815
    requestReceivedTimestamp: str = ""  # noqa: N815
    responseObject: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815


_event = msgspec.json.Decoder(_Event)
_plain = msgspec.json.Decoder()


@dataclass(slots=True)
class Audit:
    """What reading a log comes to.

    ``unreadable`` are line numbers. ``without_body`` counts changes of unknown content, ``failed`` refused ones.
    """

    revisions: list[Revision] = field(default_factory=list)
    lines: int = 0
    unreadable: list[int] = field(default_factory=list)
    without_body: int = 0
    failed: int = 0


def read_audit(lines: Iterable[bytes]) -> Audit:
    """The changes of policies and of namespaces in an audit log, a JSON event a line."""
    audit = Audit()
    for number, line in enumerate(lines, 1):
        audit.lines = number
        if not line.strip():
            continue
        try:
            event = _event.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            audit.unreadable.append(number)
            continue
        audit.revisions += _revisions(event, audit)
    return audit


def _revisions(event: _Event, audit: Audit) -> Iterator[Revision]:
    ref, time = event.objectRef, read_time(event.stageTimestamp or event.requestReceivedTimestamp)
    if event.kind != "Event" or event.stage != _DONE or event.verb not in _CHANGES or ref is None or ref.subresource:
        return
    if time is None or not may_be_policy(ref.apiGroup, ref.resource):
        return
    if event.responseStatus is None or not 200 <= event.responseStatus.code < 300:
        audit.failed += 1
        return
    value = _plain.decode(event.responseObject)
    body: dict[str, Any] | None = value if isinstance(value, dict) else None
    if event.verb == "deletecollection":
        items = body.get("items") if body is not None else None
        if not isinstance(items, list):
            audit.without_body += 1
        for each in items if isinstance(items, list) else ():
            if isinstance(each, dict):
                kind = str(body.get("kind", "")).removesuffix("List") if body is not None else ""
                yield _revision(event, ref, time, kind, each, gone=True)
        return
    if event.verb == "delete":
        yield _revision(event, ref, time, "", body, gone=True)
    elif body is None or "metadata" not in body:
        audit.without_body += 1
    else:
        yield _revision(event, ref, time, str(body.get("kind", "")), body, gone=False)


def _revision(
    event: _Event, ref: _Ref, time: dt.datetime, kind: str, body: dict[str, Any] | None, *, gone: bool
) -> Revision:
    metadata = body.get("metadata") if body is not None else None
    known = metadata if isinstance(metadata, dict) else {}
    version = f"{ref.apiGroup}/{ref.apiVersion}" if ref.apiGroup else ref.apiVersion
    kind = kind if kind and kind != "Status" else kind_of(ref.apiGroup, ref.resource)
    user = event.impersonatedUser or event.user
    return Revision(
        ObjectRef(kind, ref.name or str(known.get("name", "")), ref.namespace, version),
        time,
        None if gone or body is None else body_of({"apiVersion": version, "kind": kind, **body}),
        who=user.username,
        tool=event.userAgent.partition(" ")[0],
        version="" if gone else str(known.get("resourceVersion", "")),
        uid=str(known.get("uid", "")),
        source="audit",
    )


def may_be_policy(group: str, resource: str) -> bool:
    """True for what history keeps: policies, what belongs to them, and namespaces, whose labels select."""
    return (group, resource) == ("", "namespaces") or is_policy(group, kind_of(group, resource))


_KINDS: Final = {
    "namespaces": "Namespace",
    "networkpolicies": "NetworkPolicy",
    "clusternetworkpolicies": "ClusterNetworkPolicy",
    "adminnetworkpolicies": "AdminNetworkPolicy",
    "baselineadminnetworkpolicies": "BaselineAdminNetworkPolicy",
    "ciliumnetworkpolicies": "CiliumNetworkPolicy",
    "ciliumclusterwidenetworkpolicies": "CiliumClusterwideNetworkPolicy",
    "ciliumcidrgroups": "CiliumCIDRGroup",
    "globalnetworkpolicies": "GlobalNetworkPolicy",
    "stagednetworkpolicies": "StagedNetworkPolicy",
    "stagedglobalnetworkpolicies": "StagedGlobalNetworkPolicy",
    "stagedkubernetesnetworkpolicies": "StagedKubernetesNetworkPolicy",
    "networksets": "NetworkSet",
    "globalnetworksets": "GlobalNetworkSet",
    "tiers": "Tier",
    "authorizationpolicies": "AuthorizationPolicy",
    "peerauthentications": "PeerAuthentication",
    "sidecars": "Sidecar",
    "serviceentries": "ServiceEntry",
    "egressfirewalls": "EgressFirewall",
    "fqdnnetworkpolicies": "FQDNNetworkPolicy",
}


def kind_of(group: str, resource: str) -> str:  # noqa: ARG001 -- no two groups call different kinds alike
    """The kind that a resource is of: an event of a deletion names the resource only. Empty where it isn't known."""
    return _KINDS.get(resource, "")
