"""The graph algorithms against brute force, on random acyclic graphs."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.domain.engine import graph as g

Dag = dict[str, list[str]]


@st.composite
def dags(draw: st.DrawFn, largest: int = 8) -> Dag:
    count = draw(st.integers(1, largest))
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    edges = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    names = draw(st.permutations([f"n{number}" for number in range(count)]))
    graph: Dag = {name: [] for name in sorted(names)}
    for a, b in sorted(edges):
        graph[names[a]].append(names[b])
    return graph


def ways(graph: Dag, node: str) -> Iterator[list[str]]:
    if not graph[node]:
        yield [node]
    for successor in graph[node]:
        for way in ways(graph, successor):
            yield [node, *way]


@given(dags())
def test_edges_point_forward_in_the_order(graph: Dag) -> None:
    order, left = g.topological_order(graph)
    assert not left
    assert sorted(order) == sorted(graph)
    assert all(order.index(a) < order.index(b) for a in graph for b in graph[a])
    assert not g.cycles(graph)


@settings(max_examples=200)
@given(dags(7))
def test_a_post_dominator_is_the_first_node_on_every_way_to_the_end(graph: Dag) -> None:
    order, _ = g.topological_order(graph)
    found = g.immediate_post_dominators(graph, order)
    for node in graph:
        all_ways = list(ways(graph, node))
        common = set.intersection(*(set(way[1:]) for way in all_ways))
        assert found[node] == next((each for each in all_ways[0][1:] if each in common), None)


@given(dags())
def test_the_reduction_keeps_what_can_be_reached_with_the_fewest_edges(graph: Dag) -> None:
    order, _ = g.topological_order(graph)
    reduced = g.transitive_reduction(graph, order)
    for node in graph:
        assert g.reachable(reduced, [node]) == g.reachable(graph, [node])
        for successor in reduced[node]:
            without = {**reduced, node: tuple(each for each in reduced[node] if each != successor)}
            assert successor not in g.reachable(without, [node])


@given(dags())
def test_every_node_is_in_one_chain_and_chains_cannot_be_longer(graph: Dag) -> None:
    order, _ = g.topological_order(graph)
    chains = g.chains(graph, order)
    assert sorted(node for chain in chains for node in chain) == sorted(graph)
    before = g.predecessors(graph)
    for chain in chains:
        assert all(graph[a] == [b] and before[b] == [a] for a, b in pairwise(chain))
        ahead = graph[chain[-1]]
        assert len(ahead) != 1 or len(before[ahead[0]]) != 1


@given(dags(), st.data())
def test_a_cycle_is_found_with_its_members(graph: Dag, data: st.DataObject) -> None:
    order, _ = g.topological_order(graph)
    node = data.draw(st.sampled_from(order))
    target = data.draw(st.sampled_from(sorted(g.reachable(graph, [node]))))
    graph[target].append(node)
    (cycle,) = g.cycles(graph)
    assert all(b in graph[a] for a, b in zip(cycle, [*cycle[1:], cycle[0]], strict=True))


def test_separate_cycles_are_both_found_and_what_follows_is_left_out() -> None:
    graph = {"a": ["b"], "b": ["a", "x"], "c": ["d"], "d": ["c"], "x": ["y"], "y": [], "r": ["a"]}
    assert sorted(sorted(cycle) for cycle in g.cycles(graph)) == [["a", "b"], ["c", "d"]]


def test_a_diamond_is_series_parallel_and_an_n_is_not() -> None:
    assert g.is_series_parallel({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []})
    assert g.is_series_parallel({"a": [], "b": ["c"], "c": []})
    assert not g.is_series_parallel({"a": ["c", "d"], "b": ["d"], "c": [], "d": []})
