"""How findings name pods: by workload, with how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sized

from ringfence.model.objects import Pod


def workloads(pods: Iterable[Pod]) -> tuple[str, ...]:
    """Each workload of the pods once, ``shop/Deployment/web, 3 pods``; a bare pod by its own name."""
    counted = Counter(_name(pod) for pod in pods)
    return tuple(name if number == 1 else f"{name}, {number} pods" for name, number in counted.items())


def some(names: Iterable[str], limit: int = 3) -> str:
    """The names in a sentence: ``a, b, c and 4 more``."""
    every = list(dict.fromkeys(names))
    shown = every[:limit]
    if more := len(every) - len(shown):
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def some_pods(pods: Iterable[Pod], limit: int = 3) -> str:
    """The workloads of the pods in a sentence."""
    return some((_name(pod) for pod in pods), limit)


def distinct(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """Each pod once, in the order first met."""
    return tuple({id(pod): pod for pod in pods}.values())


def number_of_pods(pods: Sized) -> str:
    """``1 pod``, ``4 pods``."""
    return f"{len(pods)} pod{'' if len(pods) == 1 else 's'}"


def _name(pod: Pod) -> str:
    return f"{pod.namespace}/{pod.name}" if pod.workload.kind == "Pod" and not pod.planned else str(pod.workload)
