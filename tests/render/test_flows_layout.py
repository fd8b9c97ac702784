"""Places of a service map: properties that hold for every graph."""

from __future__ import annotations

from hypothesis import given, strategies as st

from ringfence.render.flows_layout import layers

graphs = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count), st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=30)
    )
)


@given(graphs)
def test_every_end_has_one_place(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, links = graph
    assert sorted(number for layer in layers(count, links) for number in layer) == list(range(count))


@given(graphs)
def test_without_cycles_callers_stand_left_of_what_they_call(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, links = graph
    downward = [(min(link), max(link)) for link in links if link[0] != link[1]]  # no cycle is left
    level = {number: place for place, layer in enumerate(layers(count, downward)) for number in layer}
    assert all(level[source] < level[destination] for source, destination in downward)


def test_a_cycle_is_cut_once() -> None:
    assert layers(3, [(0, 1), (1, 2), (2, 0)]) == [[0], [1], [2]]
