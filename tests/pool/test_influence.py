from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.stats import rng
from weigh.core.tables import write_table
from weigh.core.values import Values
from weigh.ops.opinion_dynamics import draw_meetings, make_ties, pairwise, synchronous
from weigh.pool._waves import read_waves
from weigh.pool.influence import influence

VALUES = ("care", "fairness", "thrift")
CLUB = nx.Graph(nx.karate_club_graph().edges())  # without its weights


def ties_of(graph):
    edges = np.array(graph.edges())
    return make_ties(edges[:, 0], edges[:, 1], n=len(graph))


def waves(*states, names=("2024", "2025", "2026"), items=VALUES) -> Ratings:
    """Ratings of states of shape (n_people, n_items)."""
    k, n = states[0].shape
    return Ratings(
        who=[str(i) for _ in states for i in range(k) for _ in range(n)],
        item=list(items[:n]) * (k * len(states)),
        criterion=[name for name, _ in zip(names, states, strict=False) for _ in range(k * n)],
        value=np.concatenate([state.ravel() for state in states]),
    )


def planted(seed: int = 0, noise: float = 0.0, epsilon=(0.35,) * 3, mu=(0.4,) * 3):
    x = rng(seed, "x").random((34, 3))
    ties = ties_of(CLUB)
    after = np.stack([synchronous(x[:, j], ties, epsilon[j], mu[j]) for j in range(3)], axis=1)
    return x, np.clip(after + noise * rng(seed, "noise").standard_normal(x.shape), 0, 1)


def test_what_was_planted_is_found_for_each_value():
    found = influence(waves(*planted(epsilon=(0.2, 0.4, 0.6), mu=(0.3, 0.5, 0.7))), CLUB)
    for name, e, m in zip(VALUES, (0.2, 0.4, 0.6), (0.3, 0.5, 0.7), strict=True):
        row = found.notes["by_value"][name]
        assert row["epsilon"] == pytest.approx(e, abs=0.03)
        assert row["mu"] == pytest.approx(m, abs=0.03)
        assert row["mse"] < 0.05 * row["mse_no_change"]
        assert row["open"] == []


def test_the_next_wave_is_the_last_one_moved_on():
    x, after = planted(noise=0.005)
    found = influence(waves(x, after), CLUB, per="all", search="evolution")
    row = found.notes["by_value"]["care"]
    assert row == {**found.notes["by_value"]["thrift"], **{k: v for k, v in row.items() if k.startswith("mse")}}
    order = [int(who) for who in found.who]
    moved = synchronous(after[:, 0], ties_of(CLUB), row["epsilon"], row["mu"])
    np.testing.assert_allclose(found.mean[:, 0], moved[order], atol=1e-12)
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()


def test_more_waves_are_fitted_together():
    x, after = planted()
    third = np.stack([synchronous(after[:, j], ties_of(CLUB), 0.35, 0.4) for j in range(3)], axis=1)
    # the waves are in order of their numbers, not of their rows
    found = influence(waves(third, x, after, names=("10", "2", "9")), CLUB, per="all")
    assert found.notes["waves"] == ["2", "9", "10"]
    assert found.notes["by_value"]["care"]["epsilon"] == pytest.approx(0.35, abs=0.02)
    assert found.notes["by_value"]["care"]["mse"] < 1e-5


def test_pairs_who_meet_by_chance():
    x = rng(3, "x").random((34, 1))
    meetings = draw_meetings(ties_of(CLUB), 1, rng=rng(7, "meetings"))
    after = pairwise(x[:, 0], meetings, 0.5, 0.3)[:, None]
    found = influence(waves(x, after), CLUB, dynamics="pairwise", seed=7)
    row = found.notes["by_value"]["care"]
    assert row["mu"] == pytest.approx(0.3, abs=0.02)
    assert row["mse"] < 0.05 * row["mse_no_change"]


def test_what_data_cannot_tell_is_said():
    x = 0.4 + 0.1 * rng(4, "x").random((34, 1))
    after = synchronous(x[:, 0], ties_of(CLUB), 1.0, 0.5)[:, None]
    found = influence(waves(x, after), CLUB)
    assert found.notes["by_value"]["care"]["open"] == ["epsilon"]
    assert found.notes["told"][0].startswith("The data do not tell epsilon of 'care'")
    still = influence(waves(planted()[0], planted()[0]), CLUB)
    assert "no better than no change" in still.notes["told"][-1]


def test_ties_may_come_as_a_file_with_weights_and_egos(tmp_path: Path):
    x, after = planted()
    edges = np.array(CLUB.edges())
    file = tmp_path / "ties.csv"
    write_table(file, {"left": edges[:, 0].tolist(), "right": edges[:, 1].tolist(), "weight": [1.0] * len(edges)})
    by_file, by_graph = influence(waves(x, after), file), influence(waves(x, after), nx.Graph(CLUB.edges()))
    np.testing.assert_allclose(by_file.mean, by_graph.mean)
    assert by_file.notes["ties"] == 78
    (tmp_path / "bare.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="column 'left' is missing"):
        influence(waves(x, after), tmp_path / "bare.csv")


def test_ties_to_outsiders_and_people_without_ties_are_counted():
    x, after = planted()
    graph = nx.Graph([("0", "1"), ("1", "stranger"), ("2", "3")])
    found = influence(waves(x, after), graph)
    assert found.notes["ties"] == 2
    assert found.notes["ties_outside"] == 1
    assert found.notes["people_without_ties"] == 30
    # whoever has no friends stays
    np.testing.assert_array_equal(found.mean[found.who.index("9")], after[9])


def test_people_who_miss_a_wave_are_left_aside_there():
    x, after = planted()
    rows = waves(x, after)
    left = (rows.who == "5") & (rows.criterion == "2025")
    came = (rows.who == "6") & (rows.criterion == "2024")
    found = influence(rows.select(~(left | came)), CLUB, per="all")
    assert "5" not in found.who
    assert "6" in found.who
    assert found.notes["not_foretold"] == 1
    assert found.notes["by_value"]["care"]["epsilon"] == pytest.approx(0.35, abs=0.05)


def test_a_value_that_nobody_has_in_the_last_wave_is_named():
    rows = waves(*planted(), planted(1)[0])
    gone = (rows.criterion == "2026") & (rows.item == "thrift")
    with pytest.raises(InputError, match=r"nobody's 'thrift' is known in the last wave, '2026'"):
        influence(rows.select(~gone), CLUB, per="all")


def ego_networks(seed: int, n_egos: int = 12, size: int = 7):
    """Networks that follow bounded confidence and a bend that it does not know."""
    graph = nx.disjoint_union_all(
        [nx.connected_watts_strogatz_graph(size, 4, 0.3, seed=seed * 100 + ego) for ego in range(n_egos)]
    )
    x = rng(seed, "ego").random((len(graph), 1))
    moved = synchronous(x[:, 0], ties_of(graph), 0.4, 0.5)
    bent = moved + 0.06 * np.sin(2 * np.pi * x[:, 0])
    return x, np.clip(bent + 0.01 * rng(seed, "noise").standard_normal(len(graph)), 0, 1)[:, None], graph


def test_the_second_stage_learns_what_the_model_leaves():
    x, after, graph = ego_networks(2)
    found = influence(waves(x, after), graph, second_stage="svr")
    mse = found.notes["second_stage"]["held_out_mse"]
    assert found.notes["second_stage"]["ego_networks"] == 12
    assert mse["svr"] < 0.5 * mse["bounded confidence"] < mse["no change"]
    assert set(mse) == {
        "no change", "bounded confidence", "svr", "linear", "ridge", "random forest", "boosting",
    }  # fmt: skip


def test_the_second_stage_needs_networks_it_has_not_seen():
    with pytest.raises(InputError, match="1 ego networks"):
        influence(waves(*planted()), CLUB, second_stage="svr")
    named = CLUB.copy()
    nx.set_node_attributes(named, {node: node % 4 for node in named}, "ego")
    assert len(set(read_waves(waves(*planted()), named).ego.tolist())) == 4
    assert len(set(read_waves(waves(*planted()), CLUB).ego.tolist())) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (waves(planted()[0]), "one wave"),
        (waves(planted()[0] * 5, planted()[1]), "scores from 0 to 1"),
        (waves(planted()[0][:1], planted()[1][:1]), "one person"),
        (waves(np.full((34, 1), 0.5), np.full((34, 1), 0.5)), "no two friends differ"),
    ],
)
def test_waves_that_cannot_be_used_are_named(given, words):
    with pytest.raises(InputError, match=words):
        influence(given, CLUB)


def test_wrong_options_and_ties_are_refused(tmp_path: Path):
    for wrong in (
        {"dynamics": "random"},
        {"per": "person"},
        {"search": "grid"},
        {"second_stage": "tree"},
        {"steps": ()},
    ):
        with pytest.raises(InputError):
            influence(waves(*planted()), CLUB, **wrong)
    with pytest.raises(InputError, match="networkx graph"):
        influence(waves(*planted()), [("0", "1")])
    with pytest.raises(InputError, match="no two friends differ"):
        influence(waves(*planted()), nx.Graph())
    write_table(tmp_path / "twice.csv", {"left": ["0", "0"], "right": ["1", "2"], "ego": ["a", "b"]})
    with pytest.raises(InputError, match="two ego networks"):
        influence(waves(*planted()), tmp_path / "twice.csv")


def test_it_comes_back_from_json():
    found = influence(waves(*planted()), CLUB)
    assert Values.from_json(json.dumps(found.to_json())) == found
    assert [one["kind"] for one in found.notes["figures"]] == ["points", "lines"]
