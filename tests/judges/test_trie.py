from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from weigh.judges.trie import Scored, ancestors, count_nodes, pack, shared_length, trunk_length

tokens = st.lists(st.integers(0, 3), min_size=2, max_size=12).map(tuple)
sequences = st.lists(tokens.flatmap(lambda t: st.builds(Scored, st.just(t), st.integers(1, len(t) - 1))), max_size=12)


@given(tokens, tokens)
def test_shared_length_counts_equal_beginnings(a, b):
    n = shared_length(a, b)
    assert a[:n] == b[:n]
    assert n == min(len(a), len(b)) or a[n] != b[n]


@given(sequences, st.integers(1, 40), st.booleans())
def test_every_node_sees_its_own_sequence_and_nothing_else(given_sequences, row_tokens, on_trunk):
    trunk = trunk_length(given_sequences) if on_trunk else 0
    rows = pack(given_sequences, row_tokens, trunk=trunk)
    seen = []
    for row in rows:
        sees = ancestors(row)
        assert all(parent < node for node, parent in enumerate(row.parents))
        for number, nodes in row.scored:
            seen.append(number)
            text, start = given_sequences[number]
            assert len(nodes) == len(text) - start
            for target, node in enumerate(nodes, start):
                path = [i for i in range(len(row.tokens)) if sees[node, i]]
                assert text[:trunk] + tuple(row.tokens[i] for i in path) == text[:target]
                assert [row.depths[i] for i in path] == list(range(trunk, target))
    assert sorted(seen) == list(range(len(given_sequences)))


@given(sequences)
def test_one_row_holds_each_prefix_once(given_sequences):
    rows = pack(given_sequences, 10**9)
    prefixes = {s.tokens[:n] for s in given_sequences for n in range(1, len(s.tokens))}
    assert sum(len(row.tokens) for row in rows) == len(prefixes)


@given(sequences)
def test_the_trunk_is_shared_by_all_and_predicts_nothing_scored(given_sequences):
    trunk = trunk_length(given_sequences)
    assert len({s.tokens[:trunk] for s in given_sequences}) <= 1
    assert all(trunk < s.start for s in given_sequences)


@given(sequences, st.integers(1, 40))
def test_no_other_cut_into_rows_costs_less(given_sequences, row_tokens):
    given_sequences = given_sequences[:6]

    def cost(rows):
        return sum(len(row.tokens) * (1 + len(row.tokens) / row_tokens) for row in rows)

    def ways(members):
        """Every way to cut the ordered sequences into rows."""
        for n in range(1, len(members) + 1):
            for rest in ways(members[n:]) if members[n:] else [[]]:
                yield [members[:n], *rest]

    order = sorted(range(len(given_sequences)), key=lambda i: given_sequences[i].tokens)
    allowed = []
    for way in ways(order) if order else [[]]:
        rows = [row for part in way for row in pack([given_sequences[i] for i in part], 10**9)]
        if len(rows) == len(way) and all(
            len(row.tokens) <= row_tokens or len(part) == 1 for row, part in zip(rows, way, strict=True)
        ):
            allowed.append(cost(rows))
    assert cost(pack(given_sequences, row_tokens)) <= min(allowed) + 1e-9


@given(sequences, st.randoms(use_true_random=False))
def test_the_order_of_asking_does_not_change_the_rows(given_sequences, random):
    mixed = list(given_sequences)
    random.shuffle(mixed)
    plain = [(row.tokens, row.parents, row.depths) for row in pack(given_sequences, 20)]
    assert [(row.tokens, row.parents, row.depths) for row in pack(mixed, 20)] == plain


def test_count_nodes_counts_shared_beginnings_once():
    assert count_nodes([(1, 2, 3), (1, 2, 4), (5,)]) == 5
    assert count_nodes([]) == 0
