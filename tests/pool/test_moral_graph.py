"""The moral graph: the published edges, what a vote may and may not do, and what is not ranked."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.figure import Figure
from weigh.core.votes import VOTES, Votes
from weigh.pool.moral_graph import Bridge, bridges, moral_graph, tally
from weigh.pool.moral_graph.edges import Counts, likelihood_interval

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "moral-graph" / "results"
HERE = pytest.mark.skipif(not DATA.is_dir(), reason="the published graph is not here")
STEP = st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")).filter(lambda step: step[0] != step[1])
CAST = st.lists(st.tuples(st.integers(0, 6), STEP, st.sampled_from(VOTES)), min_size=1, max_size=40)


def made(rows, **rest):
    who, steps, votes = zip(*rows, strict=True)
    return Votes(
        who=[f"p{one}" for one in who], from_=[a for a, _ in steps], to=[b for _, b in steps], vote=votes, **rest
    )


def steps(*pairs, n=3, vote="upgrade"):
    """n people who all cast the same vote on each step."""
    return [(who, pair, vote) for pair in pairs for who in range(n)]


def shares(values):
    return dict(zip(values.items, values.mean.tolist(), strict=True))


@pytest.fixture(scope="module")
def published():
    with (DATA / "edges_all-participants.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@HERE
def test_published_edges_come_out(published):
    found = tally(Votes.from_file(DATA / "edges_all-participants.csv"))
    counts = found.counts()
    place = {value: at for at, value in enumerate(found.values)}
    step = {ends: at for at, ends in enumerate(zip(found.source.tolist(), found.target.tolist(), strict=True))}
    assert len(published) == 69
    for row in published:
        at = step[place[row["sourceValueId"]], place[row["wiserValueId"]]]
        for name, column in (
            ("wiser", "markedWiser"), ("not_wiser", "markedNotWiser"), ("less_wise", "markedLessWise"),
            ("unsure", "markedUnsure"), ("impressions", "impressions"),
        ):  # fmt: skip
            assert getattr(counts, name)[at] == float(row[column])
        assert counts.likelihood()[at] == pytest.approx(float(row["wiserLikelihood"]), abs=1e-9)
        assert counts.entropy(with_impressions=True)[at] == pytest.approx(float(row["entropy"]), abs=1e-9)


@HERE
def test_published_ranks_come_out_and_ours_are_the_same_but_for_the_leak(published):
    files = {"votes": DATA / "edges_all-participants.csv", "cards": DATA / "values_all-participants.csv"}
    theirs = moral_graph(**files, mode="published", draws=0)
    top = sorted(shares(theirs).items(), key=lambda pair: -pair[1])[:3]
    assert [name for name, _ in top] == [
        "Information Empowerment", "Truth Seeking", "Respecting Autonomy in Politicised Contexts"
    ]  # fmt: skip
    np.testing.assert_allclose([share for _, share in top], [0.03924, 0.03586, 0.02900], atol=1e-5)
    assert theirs.notes["mass"] == pytest.approx(0.41867, abs=1e-5)
    assert theirs.notes["steps_that_count"] == 69
    assert [one["values"] for one in theirs.notes["components"]] == [46, 10, 2, 2]
    # with the same steps, and no leak, all shares are the same multiple
    ours = moral_graph(**files, max_entropy=1.42, draws=0)
    assert ours.notes["steps_that_count"] == 69
    np.testing.assert_allclose(ours.mean, theirs.mean / theirs.mean.sum(), atol=1e-10)
    # one step's impressions are not all votes, so that the two thresholds part there
    assert moral_graph(**files, draws=0).notes["steps_that_count"] == 68


@HERE
def test_published_bridges_lead_along_published_edges(published):
    edges = {(row["sourceValueId"], row["wiserValueId"]) for row in published}
    with (DATA / "bridging.csv").open(encoding="utf-8", newline="") as file:
        triples = {(row["a_id"], row["b_id"], row["c_id"]) for row in csv.DictReader(file)}
    assert len(triples) == 6
    assert all((a, c) in edges and (b, c) in edges and a != b for a, b, c in triples)


@given(st.lists(st.floats(0, 50), min_size=4, max_size=4))
@settings(max_examples=25, deadline=None)
def test_the_published_entropy_is_one_and_half_of_ours_where_impressions_are_votes(four):
    wiser, not_wiser, unsure, less_wise = (np.array([n]) for n in four)
    counts = Counts(wiser, not_wiser, unsure, less_wise, wiser + not_wiser + unsure + less_wise)
    if counts.impressions[0] > 1e-6:
        assert counts.entropy(with_impressions=True)[0] == pytest.approx(1 + counts.entropy()[0] / 2, abs=1e-9)
    assert 0 <= counts.entropy()[0] <= 2 + 1e-12


@given(CAST)
@settings(max_examples=25, deadline=None)
def test_counts_mirror_and_upgrades_alone_make_likelihoods_opposite(rows):
    found = tally(made(rows))
    counts = found.counts()
    np.testing.assert_array_equal(counts.less_wise, counts.wiser[found.back])
    np.testing.assert_array_equal(counts.impressions, counts.impressions[found.back])
    np.testing.assert_array_equal(found.source[found.back], found.target)
    low, high = likelihood_interval(counts, np.random.default_rng(0))
    assert (low <= counts.likelihood()).all()
    assert (counts.likelihood() <= high).all()
    alone = tally(made([(who, step, "upgrade") for who, step, _ in rows]))
    likelihood = alone.counts().likelihood()
    np.testing.assert_allclose(likelihood, -likelihood[alone.back])


@given(CAST)
@settings(max_examples=15, deadline=None)
def test_voting_twice_changes_nothing_and_the_last_vote_counts(rows):
    once = made(rows)
    again = made(rows + rows)
    first, second = tally(once), tally(again)
    np.testing.assert_array_equal(first.counts().wiser, second.counts().wiser)
    assert second.replaced == first.replaced + len(rows)
    who, step, _ = rows[0]
    mine = [row for row in rows if row[:2] == (who, step)]
    assert tally(made([*mine, (who, step, "not_sure")])).counts().wiser.sum() == 0
    assert tally(made([*mine, (who, step, "upgrade")])).counts().wiser.sum() == 1


@given(CAST)
@settings(max_examples=15, deadline=None)
def test_shares_sum_to_one_in_all_and_in_each_component(rows):
    try:
        values = moral_graph(made(rows), min_wiser=1, draws=20)
    except InputError:
        reject()
    assert values.mean.sum() == pytest.approx(1)
    within = {}
    for row in values.notes["ranks"].values():
        within[row["component"]] = within.get(row["component"], 0) + row["share_within"]
    assert all(total == pytest.approx(1) for total in within.values())
    if len({who for who, _, _ in rows}) > 1:
        assert (values.low <= values.mean).all()
        assert (values.mean <= values.high).all()
        first = {}
        for row in values.notes["ranks"].values():
            first[row["component"]] = first.get(row["component"], 0) + row["first_in_draws"]
        assert all(total == pytest.approx(1) for total in first.values())


def test_disconnected_graphs_are_ranked_by_component():
    values = moral_graph(made(steps(("a", "b"), ("b", "c"), ("x", "y"))))
    assert [one["wisest"] for one in values.notes["components"]] == [["c"], ["y"]]
    row = values.notes["ranks"]["y"]
    assert (row["component"], row["place"], row["first_in_draws"]) == (2, 1, 1.0)
    assert row["share_within"] == pytest.approx(1.85 / 2.85)
    assert any("2 components" in sentence for sentence in values.notes["told"])
    # what happens elsewhere does not change a share within
    alone = moral_graph(made(steps(("x", "y"))))
    assert alone.notes["ranks"]["y"]["share_within"] == pytest.approx(values.notes["ranks"]["y"]["share_within"])


def test_steps_that_do_not_count_leave_their_values_unranked():
    rows = steps(("a", "b")) + steps(("c", "d"), n=1) + steps(("e", "f"), vote="not_sure")
    values = moral_graph(made(rows))
    assert set(values.items) == {"a", "b"}
    assert sorted(values.notes["without_an_edge"]) == ["c", "d", "e", "f"]


def test_a_step_and_as_many_upgrades_back_do_not_count():
    values = moral_graph(made(steps(("a", "b"), ("c", "b")) + [(9 + n, ("b", "c"), "upgrade") for n in range(3)]))
    assert set(values.items) == {"a", "b"}


def test_a_circle_is_told():
    values = moral_graph(made(steps(("a", "b"), ("b", "c"), ("c", "a"))))
    assert [sorted(one) for one in values.notes["cycles"]] == [["a", "b", "c"]]
    np.testing.assert_allclose(values.mean, 1 / 3)
    assert any("circle" in sentence for sentence in values.notes["told"])


def test_equal_weights_forget_how_likely_a_step_is():
    rows = [*steps(("a", "b"), ("a", "c")), (5, ("a", "c"), "no_upgrade"), (6, ("a", "c"), "no_upgrade")]
    by_likelihood, equal = moral_graph(made(rows)), moral_graph(made(rows), weights="equal")
    assert shares(by_likelihood)["b"] > shares(by_likelihood)["c"]
    assert shares(equal)["b"] == pytest.approx(shares(equal)["c"])


def test_contexts_are_told_apart_and_empty_ones_are_named():
    rows = steps(("a", "b")) + steps(("b", "c"), n=2) + steps(("a", "c"), n=1)
    context = ["at work|at sea"] * 3 + ["at home"] * 2 + ["nowhere"]
    votes = made(rows, context=context)
    values = moral_graph(votes)
    told = values.notes["contexts"]
    assert told["at work"]["wisest"] == told["at sea"]["wisest"] == ["b"]
    assert told["at home"]["wisest"] == ["c"]
    assert told["nowhere"] == {"votes": 1.0, "steps_that_count": 0, "components": 0, "wisest": []}
    assert set(moral_graph(votes, context=["at home"]).items) == {"b", "c"}
    with pytest.raises(InputError, match="those there are: at work, at sea, at home, nowhere"):
        moral_graph(votes, context=["on Mars"])
    assert moral_graph(made(rows)).notes["contexts"] == {}


def test_one_person_can_be_ranked_by_and_has_no_interval():
    one = made(steps(("a", "b"), n=1))
    with pytest.raises(InputError, match="0 have 2 upgrades or more"):
        moral_graph(one)
    values = moral_graph(one, min_wiser=1)
    assert values.low is None
    assert values.notes["ranks"]["b"]["first_in_draws"] is None


def test_votes_without_names_are_each_by_somebody_else():
    named = made(steps(("a", "b"), ("b", "c"), n=4))
    bare = Votes(from_=["a", "b"], to=["b", "c"], vote=["upgrade"] * 2, weight=[4, 4])
    assert shares(moral_graph(named)) == pytest.approx(shares(moral_graph(bare)))
    assert moral_graph(bare).notes["people"] is None
    assert (moral_graph(bare).high - moral_graph(bare).low).min() >= 0


def test_draws_are_of_people_not_of_votes():
    # one of two people who cast the same two votes leaves with both of them
    together = made([(who, step, "upgrade") for who in (0, 1) for step in (("a", "b"), ("b", "c"))])
    found = tally(together)
    drawn = found.counts(found.drawn(400, np.random.default_rng(0)))
    assert set(drawn.wiser.sum(axis=1).tolist()) == {4.0}
    up = drawn.wiser[:, drawn.wiser.any(axis=0)]
    np.testing.assert_array_equal(up[:, 0], up[:, 1])
    values = moral_graph(together, draws=400)
    assert values.notes["people"] == 2


def test_bridges_join_groups_who_began_elsewhere():
    who, start, group = ["Ada", "Bo", "Cy"], ["order", "care", "order"], ["left", "right", "right"]
    votes = Votes(who=who, from_=start, to=["wisdom"] * 3, vote=["upgrade"] * 3, group=group)
    found = bridges(votes)
    assert found == [Bridge("left", "right", "order", "care", "wisdom", 1, 1)]
    approved = Ratings(who=["Ada", "Bo", "Bo"], item=["order", "care", "care"], value=[1, 1, 0])
    assert bridges(votes, approved) == []
    # which Bo did not mean: a row of weight 0 says nothing
    meant = Ratings(who=approved.who, item=approved.item, value=approved.value, weight=[1, 1, 0])
    assert bridges(votes, meant) == found
    assert bridges(Votes(who=who, from_=start, to=["wisdom"] * 3, vote=["not_sure"] * 3, group=group)) == []
    assert moral_graph(votes, min_wiser=1).notes["bridges"][0]["to"] == "wisdom"
    with pytest.raises(InputError, match="one group"):
        bridges(
            Votes(who=["Ada", "Ada"], from_=["a", "b"], to=["c"] * 2, vote=["upgrade"] * 2, group=["left", "right"])
        )


def test_figures_and_notes_can_be_written_and_drawn():
    values = moral_graph(made(steps(("a", "b"), ("x", "y"))), draws=10)
    kinds = [Figure.from_json(one).kind for one in values.notes["figures"]]
    assert kinds == ["graph", "intervals", "intervals"]
    assert json.loads(json.dumps(values.to_json()))["method"] == "pool/moral_graph"


@pytest.mark.parametrize(
    "bad",
    [
        {"mode": "wrong"}, {"weights": "none"}, {"min_wiser": 0}, {"min_likelihood": 0}, {"max_entropy": -1},
        {"damping": 1.0}, {"draws": 1}, {"draws": -1},
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused(bad):
    with pytest.raises(InputError):
        moral_graph(made(steps(("a", "b"))), **bad)


def test_votes_of_weight_zero_are_no_votes():
    with pytest.raises(InputError, match="weight 0"):
        moral_graph(made(steps(("a", "b")), weight=0.0))
    with pytest.raises(InputError, match="no step counts"):
        moral_graph(made(steps(("a", "b"), vote="no_upgrade")))
