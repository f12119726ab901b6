from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.best_worst_method import geometric_weights, inconsistency, log_posterior
from weigh.ops.log_ratios import ilr
from weigh.ops.simplex import closure

BEST = np.array([[1.0, 3, 7], [2.0, 1, 9]])
WORST = np.array([[7.0, 2, 1], [4.0, 9, 1]])


def test_who_is_consistent_gets_the_weights_they_have_in_mind():
    w = np.array([0.6, 0.3, 0.1])
    best, worst = w.max() / w, w / w.min()
    np.testing.assert_allclose(geometric_weights(best, worst), w)
    assert inconsistency(best, worst) == pytest.approx(0, abs=1e-12)
    assert inconsistency([1, 1], [1, 1]) == 0
    np.testing.assert_allclose(inconsistency(BEST, WORST), [1 / 42, 1 / 72])


def test_density_is_the_models_and_its_gradient_is_its_slope():
    density, read, start = log_posterior(BEST, WORST, prior=(2.0, 0.1))
    x = start + 0.3 * rng(0, "x").standard_normal((3, len(start)))
    value, gradient = density(x)
    common, gamma, own = read(x)
    expected = []
    for c in range(3):
        each = stats.gamma(2.0, scale=10).logpdf(gamma[c]) + np.log(gamma[c]) + np.log(common[c]).sum()
        for k in range(2):
            w = own[c, k]
            each += stats.dirichlet(gamma[c] * common[c]).logpdf(w / w.sum()) + np.log(w).sum()
            each += stats.multinomial(BEST[k].sum(), closure(1 / w)).logpmf(BEST[k])
            each += stats.multinomial(WORST[k].sum(), w / w.sum()).logpmf(WORST[k])
        expected.append(each)
    # up to a constant
    np.testing.assert_allclose(value - value[0], np.array(expected) - expected[0], atol=1e-8)
    step = 1e-6 * np.eye(len(start))
    slope = np.array([(density(x + one)[0] - density(x - one)[0]) / 2e-6 for one in step]).T
    np.testing.assert_allclose(gradient, slope, atol=1e-6)


def test_it_begins_at_the_geometric_weights():
    _, read, start = log_posterior(BEST, WORST)
    common, _, own = read(start[None])
    np.testing.assert_allclose(own[0], geometric_weights(BEST, WORST))
    np.testing.assert_allclose(ilr(common[0]), ilr(geometric_weights(BEST, WORST)).mean(axis=0))


@pytest.mark.parametrize(
    ("best", "worst"),
    [
        ([[0.5, 2]], [[2, 1]]),
        ([[1, 2]], [[2, 1, 3]]),
        (np.ones((0, 2)), np.ones((0, 2))),
        ([[1]], [[1]]),
        ([[1, np.nan]], [[2, 1]]),
    ],
)
def test_what_is_no_comparison_is_refused(best, worst):
    for call in (geometric_weights, inconsistency, log_posterior):
        with pytest.raises(InputError):
            call(best, worst)
    with pytest.raises(InputError, match="prior"):
        log_posterior(BEST, WORST, prior=(0.0, 1.0))
