"""Which CNI enforces the policies of a cluster, as far as its objects tell.

Where CNIs differ, the reading follows the one that is there: by the kinds of policy in the input, else by the agents
among its pods.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.reading import split_api_version
from ringfence.model.objects import Snapshot

AUTO = "auto"
GENERIC, CILIUM, CALICO = "generic", "cilium", "calico"
CNIS = (AUTO, GENERIC, CILIUM, CALICO)
"""``generic`` follows the API's text and upstream's tests; ``auto`` looks at the input."""

_GROUPS = {"cilium.io": CILIUM, "projectcalico.org": CALICO, "crd.projectcalico.org": CALICO}
_AGENTS = {"cilium": CILIUM, "calico-node": CALICO}
_AGENT_LABEL = "k8s-app"


def cni_of(snapshot: Snapshot) -> str:
    """The CNI that a cluster's objects speak of; ``generic`` where none does, or two do."""
    found = set(_of_policies(snapshot)) or set(_of_agents(snapshot))
    return found.pop() if len(found) == 1 else GENERIC


def _of_policies(snapshot: Snapshot) -> Iterator[str]:
    for raw in snapshot.policies:
        cni = _GROUPS.get(split_api_version(raw.ref.api_version)[0])
        if cni is not None:
            yield cni


def _of_agents(snapshot: Snapshot) -> Iterator[str]:
    for pod in snapshot.pods:
        if pod.host_network and pod.labels.get(_AGENT_LABEL) in _AGENTS:
            yield _AGENTS[pod.labels[_AGENT_LABEL]]
