"""Every test passes exactly where the slow way says so."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, strategies as st

from ringfence.engine import Engine
from ringfence.model.addresses import AddressSet
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import Snapshot
from ringfence.model.policy import PolicySet
from ringfence.model.ports import NamedPort
from ringfence.testing import planning, running
from ringfence.testing.judging import Bench
from ringfence.testing.problems import BadSuiteError
from ringfence.testing.suite import (
    AddressEnd,
    Case,
    Connections,
    End,
    Expect,
    Group,
    GroupEnd,
    NewPodEnd,
    PodsEnd,
    Side,
    Suite,
    TextEnd,
)
from tests import strategies
from tests.testing.brute import World

groups = st.sampled_from((Group.ANYWHERE, Group.ANY_POD, Group.INTERNET)).map(GroupEnd)
ranges = st.sampled_from(sorted(strategies.CIDRS)).map(lambda cidr: AddressEnd(AddressSet.cidr(cidr), cidr))
new_pods = st.builds(
    NewPodEnd,
    st.sampled_from(strategies.NAMESPACES),
    strategies.label_sets(strategies.POD_LABELS),
    st.none(),
    st.lists(strategies.container_ports, max_size=1).map(tuple),
)
ports = st.one_of(st.none(), st.lists(strategies.port_matches, min_size=1, max_size=2).map(tuple))
numbers = ports.filter(lambda some: not any(isinstance(port, NamedPort) for port in some or ()))


@st.composite
def selections(draw: st.DrawFn, snapshot: Snapshot) -> PodsEnd:
    """A selection of at least one pod: each of its parts holds for a pod that is drawn."""
    pod = draw(st.sampled_from(snapshot.pods))
    namespace = snapshot.namespaces[pod.namespace].labels
    labels = strategies.expressions(strategies.POD_LABELS).filter(lambda expr: expr.matches(pod.labels))
    of_namespace = strategies.expressions(strategies.NAMESPACE_LABELS).filter(lambda expr: expr.matches(namespace))
    return PodsEnd(
        draw(st.sampled_from(((), (pod.namespace,)))),
        draw(st.sampled_from(((), tuple(filter(None, [namespace.get("team")]))))),
        draw(st.one_of(st.just(EVERYTHING), of_namespace)),
        draw(st.one_of(st.just(EVERYTHING), labels)),
    )


@st.composite
def texts(draw: st.DrawFn, snapshot: Snapshot) -> TextEnd:
    pod = draw(st.sampled_from(snapshot.pods))
    return TextEnd(str(draw(st.sampled_from((pod, pod.workload)))))


@st.composite
def connections(draw: st.DrawFn, snapshot: Snapshot, *, teams: bool) -> Connections:
    one: st.SearchStrategy[End] = st.one_of(
        selections(snapshot), selections(snapshot), groups, texts(snapshot), ranges, new_pods
    )
    ends = st.lists(one, min_size=1, max_size=2).map(tuple)
    sides = [draw(st.one_of(st.none(), ends, ends)) for _ in range(2)]
    if teams and draw(st.integers(0, 3)) == 0:
        sides = [(draw(one),), (draw(one),)]
        sides[draw(st.integers(0, 1))] = (GroupEnd(Group.OTHER_TEAMS),)
    return Connections(sides[0], sides[1], draw(st.one_of(ports, numbers, numbers)))


@st.composite
def cases(draw: st.DrawFn, snapshot: Snapshot) -> Case:
    exists = frozenset(draw(st.sets(st.sampled_from(Side)))) if draw(st.booleans()) else frozenset()
    return Case(
        "case",
        draw(st.sampled_from(Expect)),
        draw(connections(snapshot, teams=True)),
        tuple(draw(st.lists(connections(snapshot, teams=False), max_size=2))),
        exists,
    )


@given(st.data(), strategies.snapshots(most_pods=5), strategies.policy_sets())
def test_a_test_passes_where_every_connection_is_as_promised(
    data: st.DataObject, snapshot: Snapshot, policy_set: PolicySet
) -> None:
    case = data.draw(cases(snapshot))
    expected = World(snapshot, policy_set).passes(case)
    suite = Suite("suite", (case,), "team")
    if expected is None:
        with pytest.raises(BadSuiteError):
            planning.plan([suite], snapshot)
        return
    try:
        plan = planning.plan([suite], snapshot)
    except BadSuiteError:
        assume(False)
        raise
    engine = Engine.build(snapshot, policy_set)
    assert Bench(plan, engine).passes(plan.cases[0]) is expected
    (result,) = running.run(plan, engine).results
    assert result.passed is expected
