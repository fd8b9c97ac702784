"""A suite of policy tests for a generated cluster, as teams write them; not all of them hold."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringfence.model.objects import Snapshot
    from ringfence.testing.suite import Suite

PORTS = (80, 443, 5432, 8080, 9090)


def suite_of(snapshot: Snapshot, pairs: int) -> Suite:
    """Two tests for each pair of ends, one that it is allowed and one that it is denied.

    Half of the pairs are workloads; the others are a whole namespace, any pod or the Internet at one end.
    """
    from ringfence.model.objects import RawObject
    from ringfence.model.origin import ObjectRef, Position
    from ringfence.testing import reading

    class NoLines:
        file = "generated"

        def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:  # noqa: ARG002 - a SourceMap's
            return Position(self.file)

    rng = random.Random(f"suite {len(snapshot.pods)}")
    workloads = sorted({str(pod.workload) for pod in snapshot.pods if not pod.host_network})
    namespaces = sorted({pod.namespace for pod in snapshot.pods})
    tests = []
    for number in range(pairs):
        source, destination = rng.sample(workloads, 2)
        ends: dict[str, Any] = {"from": source, "to": destination}
        match number % 8:
            case 1:
                ends["from"] = {"namespace": rng.choice(namespaces)}
            case 3:
                ends["to"] = {"namespace": rng.choice(namespaces)}
            case 5:
                ends["from"] = rng.choice(("any-pod", "internet"))
            case 7:
                ends["to"] = rng.choice(("dns", "internet"))
        if ends["to"] != "dns":
            ends["ports"] = rng.choice(PORTS)
        tests += [{"name": f"{number} {expect}", **ends, "expect": expect} for expect in ("allowed", "denied")]
    body = {
        "apiVersion": "ringfence.dev/v1",
        "kind": "PolicyTest",
        "metadata": {"name": "generated"},
        "tests": tests,
    }
    ref = ObjectRef("PolicyTest", "generated", "", "ringfence.dev/v1")
    (suite,) = reading.read([RawObject(ref, body, NoLines())])
    return suite
