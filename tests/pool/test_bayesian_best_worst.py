from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import gammaln

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.stats import rng
from weigh.core.tables import read_table
from weigh.pool.bayesian_best_worst import BEST, WORST, bayesian_best_worst

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "compositional-mcdm" / "bayesian_bwm_example.csv"


def said(best, worst, **more) -> Ratings:
    best, worst = np.atleast_2d(best).astype(float), np.atleast_2d(worst).astype(float)
    k, n = best.shape
    columns = {
        "who": [f"p{i}" for i in range(k) for _ in range(2 * n)],
        "criterion": ([BEST] * n + [WORST] * n) * k,
        "item": [f"c{j}" for j in range(n)] * (2 * k),
        "value": np.stack([best, worst], axis=1).ravel(),
    }
    return Ratings(**{**columns, **more})


def by_quadrature(best, worst, shape=0.01, rate=0.01):
    """Posterior mean of w* for two criteria, by integration over w*, γ and each person's weight."""
    common = (np.arange(150) + 0.5) / 150
    log_gamma = np.linspace(np.log(1e-3), np.log(4e3), 140)
    grid = (np.arange(1200) + 0.5) / 1200  # of a person's own weight
    gamma = np.exp(log_gamma)[:, None]
    total = np.tile(shape * log_gamma - rate * gamma[:, 0], (150, 1))
    for a_b, a_w in zip(best, worst, strict=True):
        # the ratio of what is said for the first and for the second criterion, in closed form
        said_first = (a_w[0] - a_b[0]) * np.log(grid) + (a_w[1] - a_b[1]) * np.log(1 - grid)
        said_first -= (a_b[0] + a_b[1]) * np.log(1 / grid + 1 / (1 - grid))
        for i, w in enumerate(common):
            alpha, beta = gamma * w, gamma * (1 - w)
            prior = (alpha - 1) * np.log(grid) + (beta - 1) * np.log(1 - grid)
            prior += gammaln(gamma) - gammaln(alpha) - gammaln(beta)
            total[i] += np.log(np.exp(prior + said_first).sum(axis=1))
    mass = np.exp(total - total.max())
    return float((mass.sum(axis=1) * common).sum() / mass.sum())


@pytest.mark.parametrize(
    ("best", "worst"),
    [([[1, 5], [1, 3], [1, 6]], [[5, 1], [3, 1], [6, 1]]), ([[1, 4], [7, 1]], [[4, 1], [1, 6]])],
)
def test_it_agrees_with_quadrature(best, worst):
    # a prior that is not improper in all but name, so that a grid can hold it
    found = bayesian_best_worst(said(best, worst), concentration=(2.0, 0.2))
    expected = by_quadrature(np.array(best, float), np.array(worst, float), 2.0, 0.2)
    assert found.mean[0] == pytest.approx(expected, abs=0.015)
    assert found.notes["converged"]


@pytest.mark.skipif(not DATA.is_file(), reason="the example of six people and eight criteria is not on this machine")
def test_the_published_example():
    table = read_table(DATA)
    items = [name for name in table if name not in ("kind", "dm")]
    rows = np.array([table[name] for name in items]).T
    found = bayesian_best_worst(
        Ratings(
            who=[f"dm {dm:g}" for dm in table["dm"] for _ in items],
            criterion=[kind for kind in table["kind"] for _ in items],
            item=items * len(rows),
            value=rows.ravel(),
        ),
        seed=1,
    )
    by = dict(zip(found.items, found.mean, strict=True))
    # the order of the geometric means but for two near-ties, .53 against .48 and .228 against .210
    order = sorted(by, key=lambda name: -by[name])
    assert set(order[:2]) == {"Price", "Cost of delivery"}
    assert order[2:6] == ["Lead time", "Quality", "Production fac.", "Sus. per"]
    geometric = found.notes["geometric_mean"]
    assert geometric["Price"] == pytest.approx(0.2282, abs=5e-5)
    # nearer to equal than the geometric mean, as 1 to 9 read as counts is modest evidence
    assert by["Price"] < geometric["Price"]
    assert by["Compliance"] > geometric["Compliance"]
    assert found.notes["converged"]
    assert found.notes["r_hat"] < 1.01
    assert found.notes["p_above"]["Price"]["Compliance"] > 0.999
    inconsistent = [one["inconsistency"] for one in found.notes["each_person"].values()]
    np.testing.assert_allclose(inconsistent, np.array([16, 11, 16, 15, 15, 16]) / 72)


def test_intervals_cover_planted_weights():
    truth = np.array([0.5, 0.3, 0.2])
    hits = 0
    for seed in range(4):
        chance = rng(seed, "people")
        own = chance.dirichlet(60 * truth, size=8)
        best = np.stack([chance.multinomial(40, 1 / w / (1 / w).sum()) for w in own]) + 1
        worst = np.stack([chance.multinomial(40, w) for w in own]) + 1
        found = bayesian_best_worst(said(best, worst), n_warmup=150, n_draws=150, seed=seed)
        hits += ((found.low <= truth) & (truth <= found.high)).sum()
    assert hits >= 9


def test_agreement_narrows_the_interval():
    alike = bayesian_best_worst(said([[1, 3, 9]] * 5, [[9, 3, 1]] * 5), n_warmup=200, n_draws=200)
    turned = [[1, 3, 9], [9, 3, 1], [3, 1, 9], [1, 9, 3], [9, 1, 3]]
    unlike = bayesian_best_worst(
        said(turned, [[9, 3, 1], [1, 3, 9], [3, 9, 1], [9, 1, 3], [1, 9, 3]]), n_warmup=200, n_draws=200
    )
    assert (alike.high - alike.low)[0] < (unlike.high - unlike.low)[0]
    assert alike.notes["agreement"]["mean"] > unlike.notes["agreement"]["mean"]


def test_one_person_who_counts_all_alike_gets_equal_weights():
    found = bayesian_best_worst(said([[1, 1, 1]], [[1, 1, 1]]), n_draws=500, concentration=(2.0, 0.2))
    np.testing.assert_allclose(found.mean, 1 / 3, atol=0.05)


def test_too_few_steps_are_told_of(monkeypatch):
    monkeypatch.setattr("weigh.pool.bayesian_best_worst.RHAT", 0.9)
    found = bayesian_best_worst(said([[1, 4]], [[4, 1]]), n_warmup=100, n_draws=20)
    assert not found.notes["converged"]
    assert "had not mixed" in found.notes["told"][0]


GOOD = ([[1, 4], [1, 3]], [[4, 1], [3, 1]])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (said(*GOOD, criterion=["importance"] * 8), "'importance'; expected 'best_to_others'"),
        (said(*GOOD).select([0, 1, 2, 4, 5, 6, 7]), "'p0' has no row 'others_to_worst' for 'c1'"),
        (said([[0.5, 4]], [[4, 1]]), "below 1"),
        (said([[1]], [[1]]), "one item"),
        (said(*GOOD, weight=[1] * 4 + [2] * 4), "differ in weight"),
    ],
)
def test_what_is_no_comparison_is_named(given, words):
    with pytest.raises(InputError, match=words):
        bayesian_best_worst(given)


def test_two_answers_to_one_question_are_refused_and_the_same_twice_is_one():
    once = said(*GOOD)
    doubled = once.select([0, *range(8)])
    value = np.r_[9.0, once.value]
    with pytest.raises(InputError, match="two numbers"):
        bayesian_best_worst(Ratings(who=doubled.who, item=doubled.item, criterion=doubled.criterion, value=value))
