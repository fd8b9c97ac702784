"""All policies of a snapshot, read and put into the stages in which they are judged.

Order (design, table of section 2): *admin*, ordered → *networkpolicy*, additive → *baseline*, ordered → allow.

AdminNetworkPolicy and ClusterNetworkPolicy of the Admin tier share one stage, by priority, then name, then kind: they
are two versions of one API, and upstream says nothing of a cluster with both. A Pass of either skips the rest of both.
BaselineAdminNetworkPolicy, which has no priority, comes after the ClusterNetworkPolicies of the Baseline tier.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby

from ringfence.dialects.calico import DEFAULT_TIER, NETWORK_POLICY_ORDER, default_tier_in_use
from ringfence.dialects.calico.staged import not_enforced
from ringfence.dialects.detect import AUTO, CNIS, cni_of
from ringfence.dialects.memory import Memory, Read
from ringfence.dialects.names import resolved
from ringfence.dialects.network_policy import CNIS_WITHOUT_POD_CIDR
from ringfence.dialects.reading import (
    ADMIN,
    BASELINE,
    FIREWALL_LAYER,
    MESH_LAYER,
    NETWORK_LAYER,
    NETWORK_POLICY,
    Reading,
    ReadPolicy,
    StageKey,
    split_api_version,
)
from ringfence.dialects.registry import (
    DIALECTS,
    FORMER,
    NOT_ENFORCING,
    NOT_EVALUATED,
    looks_like_network_policy,
    nearest_kind,
)
from ringfence.dialects.schema import check_schema
from ringfence.dialects.tiered import UNKNOWN_PRIORITY
from ringfence.model.codes import (
    CNI_ASSUMED,
    EQUAL_PRIORITY,
    KIND_NOT_EVALUATED,
    MIXED_ADMIN_APIS,
    POLICY_LEFT_OUT,
    UNKNOWN_POLICY_KIND,
    UNSUPPORTED_VERSION,
)
from ringfence.model.errors import QueryError
from ringfence.model.finding import Finding
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.policy import AddressPeer, Layer, Policy, PolicySet, Stage, StageKind

_LAYERS = (NETWORK_LAYER, FIREWALL_LAYER, MESH_LAYER)


def read_policies(
    snapshot: Snapshot, *, cni: str = AUTO, only: Sequence[RawObject] | None = None, memory: Memory | None = None
) -> tuple[PolicySet, tuple[Finding, ...]]:
    """Read every policy of a snapshot; the findings tell what is wrong with them, and what was left out.

    ``only`` asks for these objects instead; what they refer to is still looked up in the snapshot. With ``memory``
    only what changed since the snapshot before is read; it is the same otherwise.

    Raises:
        QueryError: ``cni`` is none of :data:`CNIS`.
    """
    if cni not in CNIS:
        raise QueryError(f"{cni!r} is no CNI that is known; known are {', '.join(CNIS)}.")
    reading = Reading(cni_of(snapshot) if cni == AUTO else cni, snapshot)
    policies: dict[StageKey, list[Policy]] = defaultdict(list)
    unread: dict[tuple[str, str], list[RawObject]] = defaultdict(list)
    raws = snapshot.policies if only is None else only
    with _collector_paused():
        reads = memory.reads(raws, reading, _read_one) if memory else [_read_one(raw, reading) for raw in raws]
        for raw, one in zip(raws, reads, strict=True):
            for read in one.policies:
                policies[read.stage].append(read.policy)
            if one.unread is not None:
                unread[one.unread].append(raw)
    if cni == AUTO and only is None:
        reading.findings.extend(_assumed(policies, reading.cni))
    if snapshot.mesh.registry_only and only is None:
        from ringfence.dialects.istio.egress import mesh_wide

        for read in mesh_wide(reading):
            policies[read.stage].append(read.policy)
    if snapshot.names:
        reading.findings.extend(resolved(policies, snapshot.names, tell=only is None))
    _join_default_tier(policies, reading, memory)
    reading.findings.extend(_not_evaluated(unread))
    if only is None:
        reading.findings.extend(not_enforced(snapshot.policies))
    for stage, members in policies.items():
        if stage.kind is StageKind.ORDERED:
            members.sort(key=lambda policy: (*policy.order, policy.ref.kind))
    for stage in (ADMIN, BASELINE):
        reading.findings.extend(_equal_priorities(policies.get(stage, []), stage))
    reading.findings.extend(_mixed_apis(policies.get(ADMIN, [])))
    return PolicySet(tuple(_layers(policies))), tuple(reading.findings)


def _join_default_tier(policies: dict[StageKey, list[Policy]], reading: Reading, memory: Memory | None) -> None:
    """Beside policies of Calico in their tier, NetworkPolicies are judged by order with them.

    Alone in it, they come to the same in a stage of their own: none of their rules denies, and the tier's end does.
    """
    alone = policies.get(NETWORK_POLICY)
    if alone and default_tier_in_use(reading):
        del policies[NETWORK_POLICY]
        policies[DEFAULT_TIER].extend(memory.joined(alone, _joined) if memory else map(_joined, alone))


def _joined(policy: Policy) -> Policy:
    return replace(policy, order=(NETWORK_POLICY_ORDER, policy.ref.name))


def _assumed(policies: Mapping[StageKey, list[Policy]], cni: str) -> Iterator[Finding]:
    """Says once that ranges are read otherwise than the API's text has it, where a policy has one."""
    if cni not in CNIS_WITHOUT_POD_CIDR:
        return
    for policy in policies.get(NETWORK_POLICY, ()):
        for rule in (*policy.egress, *policy.ingress):
            for peer in rule.peers or ():
                if isinstance(peer, AddressPeer) and not peer.nodes and policy.ref.kind == "NetworkPolicy":
                    yield Finding(
                        CNI_ASSUMED,
                        f"The input speaks of {cni.capitalize()}: ranges of NetworkPolicies match no pod and no node.",
                        peer.origin,
                        policy.ref,
                        hint="--cni generic reads them as the API's text has it.",
                    )
                    return


def _layers(policies: Mapping[StageKey, list[Policy]]) -> Iterator[Layer]:
    """The layers that have a policy, the network layer always; the stages of each by rank."""
    for layer in _LAYERS:
        keys = sorted(
            (key for key in policies if key.layer == layer and policies[key]), key=lambda key: (key.rank, key.name)
        )
        if keys or layer == NETWORK_LAYER:
            yield Layer(layer, tuple(Stage(key.name, key.kind, tuple(policies[key]), key.default) for key in keys))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Nothing made here is cyclic, and looking for cycles among it would double the time for many policies."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _read_one(raw: RawObject, reading: Reading) -> Read:
    """One object with all that is wrong with it."""
    told = len(reading.findings)
    group, _ = split_api_version(raw.ref.api_version)
    unread = (group, raw.ref.kind) if (group, raw.ref.kind) in NOT_EVALUATED else None
    policies = tuple(_read(raw, reading) or ())
    reading.findings.extend(check_schema(raw, group, reading.findings[told:]))
    return Read(policies, tuple(reading.findings[told:]), unread)


def _read(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
    group, version = split_api_version(raw.ref.api_version)
    key = (group, raw.ref.kind)
    dialect = DIALECTS.get(FORMER.get(key, key))
    if dialect is None:
        if key not in NOT_EVALUATED and key not in NOT_ENFORCING and looks_like_network_policy(*key):
            what = f"{raw.ref.api_version} {raw.ref.kind} is not a known kind of policy, and {raw.ref} is left out."
            origin = raw.origin("kind")
            reading.findings.append(Finding(UNKNOWN_POLICY_KIND, what, origin, raw.ref, hint=nearest_kind(raw.ref)))
        return None
    if key in FORMER or version not in (dialect.version, *dialect.also):
        owner = FORMER.get(key, key)[0]
        what = f"{raw.ref} is of {raw.ref.api_version}, which is not evaluated; answers leave it out."
        hint = f"Write apiVersion: {owner}/{dialect.version}."
        reading.findings.append(Finding(UNSUPPORTED_VERSION, what, raw.origin("apiVersion"), raw.ref, hint=hint))
        return None
    read = dialect.read(raw, reading)
    if read is None:
        what = f"{raw.ref} can't be evaluated: answers leave it out."
        why = "Its other findings say which field makes it unclear what the policy applies to."
        reading.findings.append(Finding(POLICY_LEFT_OUT, what, raw.origin(), raw.ref, why))
    return read


def _not_evaluated(unread: dict[tuple[str, str], list[RawObject]]) -> Iterable[Finding]:
    for (group, kind), objects in unread.items():
        first = objects[0]
        count = f"{len(objects)} objects" if len(objects) > 1 else "1 object"
        what = f"{kind} of {group} is not evaluated: answers leave {count} of it out."
        why = "A connection that is said to be allowed may be cut by one of them, or the reverse."
        yield Finding(KIND_NOT_EVALUATED, what, first.origin("kind"), first.ref, why)


def _equal_priorities(policies: list[Policy], stage: StageKey) -> Iterable[Finding]:
    for priority, group in groupby(policies, key=lambda policy: policy.order[0]):
        same = list(group)
        if len(same) < 2 or priority >= UNKNOWN_PRIORITY:
            continue
        for policy in same[1:]:
            yield Finding(
                EQUAL_PRIORITY,
                f"{policy.ref} has the priority {priority:g} in the {stage.name} tier, as {same[0].ref} has.",
                policy.origin,
                policy.ref,
                "Which of them is judged first is undefined; here it is by name.",
            )


def _mixed_apis(policies: list[Policy]) -> Iterable[Finding]:
    first = {policy.ref.kind: policy for policy in reversed(policies)}
    if len(first) > 1:
        policy = first["AdminNetworkPolicy"]
        yield Finding(
            MIXED_ADMIN_APIS,
            "AdminNetworkPolicy and ClusterNetworkPolicy of the Admin tier are both present.",
            policy.origin,
            policy.ref,
            "Their common order is undefined; here they are judged together by priority, then name.",
        )
