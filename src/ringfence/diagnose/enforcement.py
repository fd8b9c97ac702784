"""Whether the cluster enforces policy at all, and on every node, as far as the input shows its network plugin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.diagnose.report import Remark, Topic
from ringfence.engine import Engine
from ringfence.model.finding import Severity
from ringfence.model.objects import Node, Pod
from ringfence.survey.roles import enforcing_agents, routing_agents

_SHOWN = 3


def enforcement(engine: Engine, pods: Iterable[Pod], nodes: Iterable[Node]) -> Iterator[Remark]:
    """A remark where the only plugin seen enforces nothing, and one where nodes lack the agent that enforces.

    An input that shows no agent says nothing of the cluster: managed ones hide theirs. Source: "Network Plugins" and
    "Network Policies, Prerequisites" in the Kubernetes documentation.
    """
    pods = list(pods)
    policies = len({policy.ref for policy in engine.policy_set.policies()})
    agents = enforcing_agents(pods)
    if not agents:
        routing = routing_agents(pods)
        if routing and policies:
            what = (
                f"{routing[0].workload} connects pods and enforces no policy, and the input shows no agent that does: "
            )
            what += (
                f"nothing of what the {policies:,} policies say holds." if policies > 1 else "the policy doesn't hold."
            )
            change = "Add a plugin that enforces policy, such as Calico beside Flannel (Canal), or Cilium in its place."
            yield Remark(Topic.NOT_ENFORCED, Severity.WARNING, what, routing[0].origin, change=change)
        return
    covered = {pod.node for pod in agents if pod.node}
    guarded = {pod.node for pod in pods if not pod.host_network}
    bare = [node.name for node in nodes if node.name not in covered and node.name in guarded]
    if covered and bare:
        names = ", ".join(bare[:_SHOWN]) + (f" and {len(bare) - _SHOWN} more" if len(bare) > _SHOWN else "")
        verb = "runs" if len(bare) == 1 else "run"
        what = f"{names} {verb} no pod of {agents[0].workload}: policies don't hold for the pods there."
        change = "See why the agent isn't there (taints, node selectors, a failing pod), and move the pods until it is."
        yield Remark(Topic.NOT_ENFORCED, Severity.WARNING, what, agents[0].origin, change=change)
