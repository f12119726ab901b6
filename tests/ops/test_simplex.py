from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.log_ratios import alr, alr_inverse, clr, clr_inverse, ilr, ilr_basis, ilr_inverse
from weigh.ops.simplex import (
    aitchison_distance,
    closure,
    perturb,
    power,
    replace_zeros,
    share_errors,
    total_variance,
    variation_matrix,
)

few = settings(max_examples=40, deadline=None)
parts = st.integers(2, 6).flatmap(
    lambda n: st.lists(st.lists(st.floats(1e-4, 1e4), min_size=n, max_size=n), min_size=3, max_size=3)
)


@given(parts)
@few
def test_it_is_a_vector_space(rows):
    x, y, z = map(np.array, rows)
    same = np.testing.assert_allclose
    same(perturb(x, y), perturb(y, x), atol=1e-12)
    same(perturb(perturb(x, y), z), perturb(x, perturb(y, z)), atol=1e-12)
    same(perturb(x, np.ones_like(x)), closure(x), atol=1e-12)
    same(power(perturb(x, y), 0.7), perturb(power(x, 0.7), power(y, 0.7)), atol=1e-12)
    same(perturb(x, power(x, -1)), np.full(len(x), 1 / len(x)), atol=1e-12)
    same(power(x, 0), np.full(len(x), 1 / len(x)), atol=1e-12)


@given(parts)
@few
def test_coordinates_go_there_and_back(rows):
    x, y, _ = map(np.array, rows)
    assert abs(clr(x).sum()) <= 1e-9
    np.testing.assert_allclose(clr_inverse(clr(x)), closure(x), atol=1e-12)
    np.testing.assert_allclose(ilr_inverse(ilr(x)), closure(x), atol=1e-12)
    for reference in (0, -1):
        np.testing.assert_allclose(
            alr_inverse(alr(x, reference=reference), reference=reference), closure(x), atol=1e-12
        )
    np.testing.assert_allclose(ilr(perturb(x, y)), ilr(x) + ilr(y), atol=1e-8)


@given(parts)
@few
def test_ilr_is_isometric_and_distance_is_what_its_formulas_say(rows):
    x, y, z = map(np.array, rows)
    d, n = float(aitchison_distance(x, y)), len(x)
    assert d == pytest.approx(np.linalg.norm(ilr(x) - ilr(y)), abs=1e-9)
    ratios = [np.log(a[:, None] / a[None, :]) for a in (x, y)]
    assert d == pytest.approx(np.sqrt(((ratios[0] - ratios[1]) ** 2).sum() / (2 * n)), abs=1e-9)
    assert aitchison_distance(perturb(x, z), perturb(y, z)) == pytest.approx(d, abs=1e-8)
    assert aitchison_distance(power(x, 3), power(y, 3)) == pytest.approx(3 * d, abs=1e-8)
    assert aitchison_distance(10 * x, y) == pytest.approx(d, abs=1e-9)


@given(parts)
@few
def test_subcompositions_are_coherent(rows):
    x, y, _ = map(np.array, rows)
    np.testing.assert_allclose(closure(closure(x)[:2]), closure(x[:2]), atol=1e-12)
    # distances shrink when parts are left out, and ratios stay
    assert aitchison_distance(x[:2], y[:2]) <= aitchison_distance(x, y) + 1e-9
    whole = variation_matrix([x, y])
    np.testing.assert_allclose(variation_matrix([closure(x)[:2], closure(y)[:2]]), whole[:2, :2], atol=1e-8)


@pytest.mark.parametrize("n", [2, 3, 7])
def test_basis_is_orthonormal_and_sums_to_nothing(n):
    basis = ilr_basis(n)
    np.testing.assert_allclose(basis.T @ basis, np.eye(n - 1), atol=1e-12)
    np.testing.assert_allclose(basis.sum(axis=0), 0, atol=1e-12)
    assert not basis.flags.writeable


def test_total_variance_is_the_mean_squared_distance_and_half_the_mean_variation():
    x = closure(np.exp(rng(0, "shares").standard_normal((9, 4))))
    a = np.array([1, 2, 1, 1, 3, 1, 1, 1, 0.5])
    centre = clr_inverse(a @ clr(x) / a.sum())
    assert total_variance(x, a) == pytest.approx(a @ aitchison_distance(x, centre) ** 2 / a.sum())
    spread = np.array([[np.var(np.log(x[:, i] / x[:, j])) for j in range(4)] for i in range(4)])
    np.testing.assert_allclose(variation_matrix(x), spread, atol=1e-12)
    np.testing.assert_allclose(variation_matrix(x, a), variation_matrix(7 * x, 3 * a), atol=1e-12)


def test_variation_sees_a_constant_ratio_where_correlation_of_shares_is_spurious():
    # the first two stand in one ratio and the third is independent of both: raw shares of one and three correlate
    raw = np.exp(rng(1, "shares").standard_normal((400, 3)))
    raw[:, 1] = 2 * raw[:, 0]
    found = variation_matrix(raw)
    assert found[0, 1] == pytest.approx(0, abs=1e-12)
    assert found[0, 2] > 1
    assert np.corrcoef(closure(raw).T)[0, 2] < -0.9


def test_zeros_are_replaced_so_that_other_ratios_stay():
    x = np.array([[0.0, 0.2, 0.3, 0.5], [0.1, 0.2, 0.3, 0.4]])
    found = replace_zeros(x, 0.01)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found[0, 0] == pytest.approx(0.0065)
    np.testing.assert_allclose(closure(found[0, 1:]), closure(x[0, 1:]))
    np.testing.assert_allclose(found[1], x[1])
    with pytest.raises(InputError, match="detection_limit"):
        replace_zeros(x, 0.0)
    with pytest.raises(InputError, match="whole of a row"):
        replace_zeros([0.0, 0.0, 1.0], 0.9)


def test_errors_of_shares_are_those_of_the_log_ratios_to_first_order():
    z, root = np.array([0.4, -0.1, -0.3]), 0.02 * rng(2, "root").standard_normal((3, 3))
    root -= root.mean(axis=0)
    drawn = clr_inverse(z + rng(3, "draws").standard_normal((200_000, 3)) @ root.T)
    low, high, cov = share_errors(z, root @ root.T, 1.959964)
    np.testing.assert_allclose(cov, np.cov(drawn.T), atol=3e-7)
    np.testing.assert_allclose([low, high], np.quantile(drawn, [0.025, 0.975], axis=0), atol=4e-4)
    wide = share_errors(z, 100 * np.eye(3), 1.96)
    assert (wide[0] > 0).all()
    assert (wide[1] < 1).all()


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([1.0, 0.0], "detection_limit"),
        ([1.0, -1.0], "above 0"),
        ([1.0, float("nan")], "not finite"),
        ([1.0], "2 or more"),
        (3.0, "expected"),
    ],
)
def test_what_has_no_logarithm_is_named(x, words):
    with pytest.raises(InputError, match=words):
        clr(x)


def test_closure_refuses_what_has_no_shares_and_takes_any_size():
    with pytest.raises(InputError, match="negative"):
        closure([1.0, -0.5])
    with pytest.raises(InputError, match="nothing but 0"):
        closure([[1.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(closure([1e308, 1e308, 1e308]), 1 / 3)
    np.testing.assert_allclose(closure([5e-324, 5e-324]), 0.5)


def test_references_and_exponents_are_checked():
    with pytest.raises(InputError, match="reference"):
        alr([1.0, 2.0], reference=2)
    with pytest.raises(InputError, match="exponent"):
        power([1.0, 2.0], float("inf"))
    with pytest.raises(InputError, match="two or more"):
        ilr_basis(1)
