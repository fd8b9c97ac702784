"""Many pairs that one policy of a tier denies: rules before the one that denies, in few edits instead of one a pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ringfence.explain.causes import object_name as named
from ringfence.fix import tiers
from ringfence.fix.calico_shapes import is_calico
from ringfence.fix.candidate import Case, Step, StepKind, ports_text
from ringfence.fix.shapes import Body, Port, path_of, peer_list, tiered_peers, tiered_ports
from ringfence.fix.world import World
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.policy import Direction
from ringfence.model.verdict import Endpoint

_MOST_PEERS = 25
"""ClusterNetworkPolicy takes so many peers a rule; AdminNetworkPolicy takes more (network-policy-api)."""

_WIDE = (
    "The rules hold for every pod that {} selects, each of which may then use what any of them needs, as far as "
    "other policies allow it."
)
_OWNER = "{} is cluster-scoped: only who may change it can apply this, and no NetworkPolicy can in its place."


def passes(world: World, cases: Sequence[Case]) -> Iterator[Step]:
    """A step for each policy and direction that denies several of the cases: Pass, or Allow, what they all need."""
    groups: dict[tuple[ObjectRef, Direction], list[Case]] = defaultdict(list)
    for case in cases:
        for trace in case.verdict.deciding[:1]:
            if is_calico(trace.policy.ref):
                continue  # each has an exact rule of its own
            groups[trace.policy.ref, case.direction].append(case)
    for (ref, direction), members in groups.items():
        path = min((path_of(case.verdict.deciding[0].rule.origin) for case in members), key=_index)
        if len(members) > 1 and world.raw(ref) is not None and path:
            action = tiers.actions(members[0], members[0].verdict.deciding[0])[0]
            rules = list(_rules(world, ref, direction, action, members))
            edits = tuple(
                Edit(EditOp.ADD, (*path[:-1], _index(path) + number), rule) for number, rule in enumerate(rules)
            )
            ports = sorted({port for case in members for port in case.ports})
            what = f"{direction} on {ports_text(ports)}"
            does = f"Leave {what} to NetworkPolicy" if action == "Pass" else f"Allow {what}"
            title = f"{does} where it is needed, by rules before the one that denies in {named(ref)}"
            patch = Patch(title, ref, edits, origin=members[0].verdict.deciding[0].rule.origin)
            notes = (_WIDE.format(named(ref)), _OWNER.format(named(ref)))
            yield Step(StepKind.TIER_PASS, direction, (patch,), notes)


def _index(path: Path) -> int:
    last = path[-1] if path else 0
    return last if isinstance(last, int) else 0


def _rules(world: World, ref: ObjectRef, direction: Direction, action: str, cases: Sequence[Case]) -> Iterator[Body]:
    """A rule for each set of ports and at most so many peers."""
    ports: dict[str, set[Port]] = defaultdict(set)
    ends: dict[str, Endpoint] = {}
    for case in cases:
        for end in case.peers:
            ends[str(end)] = end
            ports[str(end)].update(case.ports)
    by_ports: dict[tuple[Port, ...], list[Endpoint]] = defaultdict(list)
    for name, end in ends.items():
        by_ports[tuple(sorted(ports[name]))].append(end)
    number = 0
    for entries in sorted(by_ports):
        peers = tiered_peers(by_ports[entries], direction, world) or []
        for start in range(0, len(peers), _MOST_PEERS):
            number += 1
            field, written = tiered_ports(ref, entries)
            some = peers[start : start + _MOST_PEERS]
            yield {"name": f"needed-{number}", "action": action, peer_list(direction): some, field: written}
