"""More rules than a network plugin can take.

## What it does

Counts what a network plugin has to store for each pod, where the input shows which plugin it is (by its DaemonSet in
`kube-system`):

- Amazon VPC CNI (`aws-node`): 24 combinations of protocol and port for one address range, over all policies. Source:
  [Amazon EKS user guide](https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html), considerations.
- Cilium (`cilium`): 16,384 combinations of identity, protocol and port for one pod. Source:
  [eBPF maps](https://docs.cilium.io/en/stable/network/ebpf/maps/); the option is `bpf-policy-map-max`.
- GKE Dataplane V2 (`anetd`): as Cilium, whose agent it runs.

An identity is a set of labels in a namespace, or an address range.

With `--resolve` it also counts the recorded addresses of the names in a FQDNNetworkPolicy: GKE takes 50 of a policy,
and 100 of a name. Source: [FQDN network policies](https://cloud.google.com/kubernetes-engine/docs/how-to/fqdn-network-policies).

## Why it matters

What is past the limit is not enforced, and the API server accepts it all the same: connections that the policies allow
are dropped, with nothing to be seen but an error in the agent's log.

## Example

Twenty-five ports for one peer, in a cluster with the DaemonSet `kube-system/aws-node`.

## Use instead

A range (`port` with `endPort`), or fewer ports.

## Fix safety

There is no automatic fix.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.limits import CILIUM_ENTRIES, VPC_CNI_PORTS, Plugin, cilium_entries, plugin_of, vpc_cni_ports
from ringfence.lint.name_limits import too_many_addresses
from ringfence.lint.naming import some_pods
from ringfence.model.codes import CNI_LIMIT
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, Peer, Policy


def check(context: LintContext) -> Iterator[Finding]:
    """Names with too many addresses; groups of pods whose policies together are too many entries."""
    yield from too_many_addresses(context)
    plugin = plugin_of(context)
    if plugin is None:
        return
    known: dict[Peer, int] = {}
    for policies, pods in _groups(context):
        if plugin is Plugin.VPC_CNI:
            limit, noun = VPC_CNI_PORTS, "combinations of port and protocol for one peer"
            number = max(
                vpc_cni_ports(context, [rule for policy in policies for rule in policy.rules(direction)])
                for direction in Direction
            )
        else:
            limit, noun = CILIUM_ENTRIES, "combinations of identity, port and protocol"
            rules = [rule for policy in policies for rule in (*policy.ingress, *policy.egress)]
            number = cilium_entries(context, rules, known)
        if number > limit:
            yield Finding(
                CNI_LIMIT,
                f"The policies of {some_pods(pods)} are {number:,} {noun}; {plugin.value} takes {limit:,}.",
                policies[0].origin,
                policies[0].ref,
                "What is past the limit is not enforced.",
                "Write ranges of ports, or wider selectors.",
                tuple(str(policy.ref) for policy in policies),
            )


def _groups(context: LintContext) -> Iterator[tuple[tuple[Policy, ...], list[Pod]]]:
    """The pods by the policies that select them."""
    by_pod: dict[int, list[Policy]] = {}
    pods: dict[int, Pod] = {}
    for _, policy in context.policies:
        for pod in context.selected(policy.subject):
            by_pod.setdefault(id(pod), []).append(policy)
            pods[id(pod)] = pod
    groups: dict[tuple[int, ...], list[Pod]] = {}
    chosen: dict[tuple[int, ...], tuple[Policy, ...]] = {}
    for key, policies in by_pod.items():
        group = tuple(map(id, policies))
        groups.setdefault(group, []).append(pods[key])
        chosen[group] = tuple(policies)
    for group, members in groups.items():
        yield chosen[group], members
