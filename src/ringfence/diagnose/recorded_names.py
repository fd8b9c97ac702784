"""Workloads that call a host outside whose addresses are on record: which of them their policies allow."""

from __future__ import annotations

from ringfence.diagnose.remedies import Remedies
from ringfence.diagnose.report import Remark, Topic
from ringfence.engine import Engine
from ringfence.explain.words import object_name
from ringfence.model.addresses import format_address
from ringfence.model.finding import Severity
from ringfence.model.names import NameRecord, Names, seen
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint
from ringfence.survey import OutsideUse


def recorded_use(engine: Engine, use: OutsideUse, pods: list[Pod], names: Names, remedies: Remedies) -> Remark | None:
    """The remark where some recorded address is denied to some pod; None where all are allowed, or may be.

    ``engine`` is that of what is possible.
    """
    records = {record.address: record for record in names.of(use.host)}
    pod, denied = max(((pod, _denied(engine, pod, use.port, records)) for pod in pods), key=lambda each: len(each[1]))
    if not denied:
        return None
    allowed = len(records) - len(denied)
    what = f"{use.workload} calls {use.host} on TCP {use.port}, and policies allow {pod} "
    what += f"{f'only {allowed}' if allowed else 'none'} of its {len(records)} recorded addresses"
    what += f" ({seen(records.values(), names.read)}): not {format_address(min(denied))}."
    policies = [engine.program.compiled[each].policy for each in engine.policies_of(Direction.EGRESS, engine.atom(pod))]
    policy = next(policy for policy in policies if Direction.EGRESS in policy.isolates)
    ask = remedies.ringfence("why", str(pod), f"{use.host}:{use.port}", "--resolve", names.source)
    return Remark(
        Topic.BY_ADDRESS if allowed else Topic.OUTSIDE_CUT,
        Severity.WARNING,
        what,
        use.evidence.origin,
        policy.ref,
        f"{object_name(policy.ref)} guards it. Allow the name where the plugin has rules by name, else its addresses.",
        (ask,),
        namespaces=frozenset({use.workload.namespace, pod.namespace}),
    )


def _denied(engine: Engine, pod: Pod, port: int, records: dict[int, NameRecord]) -> list[int]:
    return [address for address in records if not engine.allowed(pod, AddressEndpoint(address)).has(Protocol.TCP, port)]
