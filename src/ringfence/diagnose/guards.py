"""Guards that guard less than their authors thought: a direction left open, and neighbours on the node's network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ringfence.diagnose.remedies import Remedies
from ringfence.diagnose.report import Remark, Topic
from ringfence.engine import Engine
from ringfence.engine.porttable import NONE
from ringfence.explain.words import object_name
from ringfence.model.codes import EMPTY_EGRESS_IGNORED, HOST_NETWORK_BYPASS
from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.model.policy import Direction, Policy

_SYSTEM = frozenset({"kube-system"})
"""What shares the network of the nodes there belongs to the nodes."""
_SHOWN = 3


def left_open(engine: Engine, findings: Iterable[Finding], remedies: Remedies) -> Iterator[Remark]:
    """A remark for each policy with an empty list of egress and no policyTypes, whose pods nothing else isolates.

    Source: NetworkPolicySpec in the API reference: without policyTypes, egress counts only if a rule is there.
    """
    asked = [finding for finding in findings if finding.code is EMPTY_EGRESS_IGNORED]
    by_ref = {policy.ref: policy for policy in engine.policy_set.policies()} if asked else {}
    for finding in asked:
        policy = by_ref.get(finding.subject) if finding.subject is not None else None
        pods = _open_pods(engine, policy) if policy is not None else []
        if policy is None or not pods:
            continue
        names = list(dict.fromkeys(str(pod.workload) for pod in pods))
        what = f"{object_name(policy.ref)} leaves egress of {_some(names)} open: spec.egress is empty and policyTypes "
        what += "is left out, and an empty list counts as none."
        edit = Edit(EditOp.ADD, ("spec", "policyTypes"), ["Ingress", "Egress"])
        patch = Patch(f"Isolate egress in {policy.ref}", policy.ref, (edit,))

        def isolated(after: Engine, pods: Sequence[Pod] = pods) -> bool:
            return all(after.isolated(Direction.EGRESS, after.atom(pod)) for pod in pods)

        yield Remark(
            Topic.LEFT_OPEN,
            Severity.WARNING,
            what,
            finding.origin,
            policy.ref,
            "Say that egress is isolated.",
            remedies.patch(patch, isolated),
            EMPTY_EGRESS_IGNORED,
        )


def _open_pods(engine: Engine, policy: Policy) -> list[Pod]:
    """A pod of each kind that the policy selects and that nothing isolates for egress."""
    numbers = engine.program.subjects(policy, engine.universe)
    return [engine.universe.atoms[n].pods[0] for n in numbers if not engine.isolated(Direction.EGRESS, n)]


def past_guards(engine: Engine, pods: Iterable[Pod], remedies: Remedies) -> Iterator[Remark]:
    """A remark for each workload of the host network that reaches pods of its node which let nobody there in.

    DaemonSets and the system's own pods are agents of the node. Source: "NetworkPolicy and hostNetwork pods" in the
    Kubernetes documentation: a node always reaches the pods that it runs.
    """
    pods = list(pods)
    hosts = [pod for pod in pods if _is_guest(pod)]
    if not hosts:
        return
    local: dict[str, list[Pod]] = {}
    for pod in pods:
        if pod.node and not pod.host_network:
            local.setdefault(pod.node, []).append(pod)
    by_workload: dict[WorkloadRef, list[Pod]] = {}
    for pod in hosts:
        by_workload.setdefault(pod.workload, []).append(pod)
    for group in by_workload.values():
        reached, guard = _reached(engine, group, local)
        if guard is not None:
            yield _past(remedies, group, reached, guard, engine)


def _is_guest(pod: Pod) -> bool:
    return pod.host_network and bool(pod.node) and pod.namespace not in _SYSTEM and pod.workload.kind != "DaemonSet"


def _reached(engine: Engine, hosts: list[Pod], local: dict[str, list[Pod]]) -> tuple[list[Pod], Policy | None]:
    """The guarded pods beside them that admit nothing of their node by policy, and a policy that guards."""
    found: list[Pod] = []
    guard: Policy | None = None
    for host in hosts:
        source = engine.atom(host)
        for pod in local.get(host.node, ()):
            atom = engine.atom(pod)
            numbers = engine.policies_of(Direction.INGRESS, atom)
            if numbers and engine.row(Direction.INGRESS, atom).ports(source) == NONE:
                found.append(pod)
                guard = guard or engine.program.compiled[numbers[0]].policy
    return found, guard


def _past(remedies: Remedies, hosts: list[Pod], reached: list[Pod], guard: Policy, engine: Engine) -> Remark:
    workload = hosts[0].workload
    nodes = list(dict.fromkeys(host.node for host in hosts))
    names = list(dict.fromkeys(map(str, reached)))
    what = f"{workload} is on the host network of {_some(nodes)} and reaches {_some(names)} there, past "
    what += f"{object_name(guard.ref)}: a node always reaches the pods that it runs, whatever policies say."

    def closed(after: Engine) -> bool:
        return not any(engine.allowed(host, pod) == after.allowed(host, pod) for host in hosts for pod in reached[:1])

    change = "Take it off the host network: then policies hold for it."
    if workload.kind == "Pod":
        change += " A pod without a template must be made again, without hostNetwork."
    return Remark(
        Topic.PAST_GUARD,
        Severity.WARNING,
        what,
        hosts[0].origin,
        guard.ref,
        change,
        remedies.off_the_host_network(hosts, closed),
        HOST_NETWORK_BYPASS,
        (ObjectRef(workload.kind, workload.name, workload.namespace),),
        frozenset({workload.namespace, *(pod.namespace for pod in reached)}),
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
