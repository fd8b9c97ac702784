"""Who wrote a line that names no node itself: the node, or the pod of an agent, of which each node has one.

Two nodes see one connection. Records of both can only be told from two connections where it is known which of them
each comes from. The container runtime's paths have the agent's pod: ``pods/NAMESPACE_POD_UID/CONTAINER/0.log`` and
``containers/POD_NAMESPACE_CONTAINER-ID.log`` (kubernetes.io, "Logging Architecture", and the kubelet's
``pkg/kubelet/kuberuntime/legacy.go``). Dumps of clusters have a directory for each node, ``nodes/NAME/``.
"""

from __future__ import annotations

import re
from itertools import pairwise

_POD_DIRECTORY = re.compile(r"([a-z0-9][-a-z0-9]*)_([a-z0-9][-.a-z0-9]*)_[0-9a-f]{8}[-0-9a-f]{24,28}")
_CONTAINER_FILE = re.compile(r"([a-z0-9][-.a-z0-9]*)_([a-z0-9][-a-z0-9]*)_[-.a-z0-9]+-[0-9a-f]{64}\.log.*")
_NODES = "nodes"


def writer_of(path: str) -> str:
    """A node's name, or ``namespace/pod`` of the agent that wrote a file; empty where the path tells neither."""
    parts = path.replace("\\", "/").split("/")
    for above, name in pairwise(parts[:-1]):
        if above == _NODES and name:
            return name
    for part in reversed(parts):
        if pod := _POD_DIRECTORY.fullmatch(part):
            return f"{pod[1]}/{pod[2]}"
        if pod := _CONTAINER_FILE.fullmatch(part):
            return f"{pod[2]}/{pod[1]}"
    return ""
