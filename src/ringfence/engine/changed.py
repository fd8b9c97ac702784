"""What differs between a snapshot and a later one, for an engine that takes over the rest."""

from __future__ import annotations

from ringfence.engine.core import Engine
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import PolicySet

_MOST_CHANGED = 500
"""With more pods than that, an engine made anew takes no longer than a changed one."""


def changed_pods(before: Snapshot, after: Snapshot) -> tuple[list[Pod], list[Pod]] | None:
    """The pods that are gone, and those that came; a changed one is both. None where more than pods differ."""
    if (before.namespaces, before.nodes, before.services, before.accounts, before.mesh, before.names) != (
        after.namespaces,
        after.nodes,
        after.services,
        after.accounts,
        after.mesh,
        after.names,
    ):
        return None
    old, new = ({(pod.namespace, pod.name): pod for pod in each.pods} for each in (before, after))
    gone = [pod for key, pod in old.items() if new.get(key) is not pod and new.get(key) != pod]
    came = [pod for key, pod in new.items() if old.get(key) is not pod and old.get(key) != pod]
    return (gone, came) if len(gone) + len(came) <= _MOST_CHANGED else None


def carried(engine: Engine, before: Snapshot, after: Snapshot, policy_set: PolicySet) -> Engine | None:
    """The engine over ``before``, with the pods of ``after`` and these policies; None where it is better made anew."""
    pods = None if engine.worn else changed_pods(before, after)
    changed = engine.with_policy_set(policy_set) if pods is not None else None
    return changed.with_pods(*pods) if pods is not None and changed is not None and any(pods) else changed
