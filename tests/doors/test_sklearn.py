from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

from weigh.core.stats import rng
from weigh.doors.sklearn import ValuedRowsClassifier


@pytest.mark.filterwarnings("ignore")  # of the checks' own
def test_it_is_an_estimator():
    check_estimator(ValuedRowsClassifier())


def noisy(seed, share=0.25, n=200):
    draw = rng(seed, "noisy rows")
    X = draw.standard_normal((n, 3))
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    wrong = draw.random(n) < share
    return X, np.where(wrong, 1 - y, y), y, wrong


def test_the_rows_left_out_are_mostly_the_wrong_ones():
    caught = []
    for seed in range(5):
        X, y, _, wrong = noisy(seed)
        caught.append(wrong[~ValuedRowsClassifier(drop=0.2).fit(X, y).kept_].mean())
    assert np.mean(caught) > 0.7


def test_a_learner_that_fits_noise_gains():
    gains = []
    for seed in range(5):
        X, y, _, _ = noisy(seed)
        new, _, truth, _ = noisy(seed + 100, n=2000)
        tree = DecisionTreeClassifier(random_state=0)
        plain = (tree.fit(X, y).predict(new) == truth).mean()
        valued = (ValuedRowsClassifier(tree, drop=0.25).fit(X, y).predict(new) == truth).mean()
        gains.append(valued - plain)
    assert min(gains) > 0
    assert np.mean(gains) > 0.05


def test_it_stands_in_a_pipeline_and_drops_nothing_if_told():
    X, y, _, _ = noisy(1)
    assert cross_val_score(make_pipeline(StandardScaler(), ValuedRowsClassifier()), X, y).mean() > 0.6
    whole = ValuedRowsClassifier(drop=0.0).fit(X, y)
    assert whole.kept_.all()
    np.testing.assert_array_equal(whole.predict(X), LogisticRegression().fit(X, y).predict(X))


def test_no_class_is_lost_and_bad_options_are_named():
    X, y, _, _ = noisy(2)
    y[:] = 0
    y[:2] = 1
    assert set(y[ValuedRowsClassifier(drop=0.9).fit(X, y).kept_]) == {0, 1}
    with pytest.raises(ValueError, match="drop is 1"):
        ValuedRowsClassifier(drop=1.0).fit(X, y)
