from __future__ import annotations

import math

import pytest

from weigh.core.errors import InputError

torch = pytest.importorskip("torch")

from weigh.ops.torch.soft_preference import soft_preference_ce  # noqa: E402


@pytest.mark.parametrize(("a", "b", "target"), [(0.3, -1.2, 0.7), (2.0, 2.0, 0.1), (-3.0, 1.0, 1.0)])
def test_it_is_cross_entropy_and_its_slope_is_probability_minus_target(a, b, target):
    logits = torch.tensor([a, b], dtype=torch.float64, requires_grad=True)
    loss = soft_preference_ce(logits, torch.tensor(target, dtype=torch.float64))
    p = 1 / (1 + math.exp(b - a))
    assert loss.item() == pytest.approx(-(target * math.log(p) + (1 - target) * math.log(1 - p)))
    loss.backward()
    assert logits.grad.tolist() == pytest.approx([p - target, target - p])


def test_it_is_least_at_the_target_where_it_is_the_entropy():
    target = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64)
    best = torch.stack([target.log(), (1 - target).log()], dim=-1)
    entropy = -(target * target.log() + (1 - target) * (1 - target).log())
    assert torch.allclose(soft_preference_ce(best, target, reduction="none"), entropy)
    for shift in (-0.5, 0.5):
        moved = best + torch.tensor([shift, 0.0])
        assert (soft_preference_ce(moved, target, reduction="none") > entropy).all()


def test_changing_places_changes_nothing():
    torch.manual_seed(0)
    logits, target = torch.randn(7, 2), torch.rand(7)
    both = [soft_preference_ce(x, t) for x, t in ((logits, target), (logits.flip(-1), 1 - target))]
    assert torch.allclose(both[0], both[1])
    # and only the difference of the logits counts
    assert torch.allclose(soft_preference_ce(logits + 3.0, target), both[0], atol=1e-6)


def test_weights_and_reductions():
    logits, target = torch.zeros(4, 2), torch.tensor([0.0, 1.0, 0.5, 0.25])
    each = soft_preference_ce(logits, target, reduction="none")
    assert each.tolist() == pytest.approx([math.log(2)] * 4)
    assert soft_preference_ce(logits, target, reduction="sum").item() == pytest.approx(4 * math.log(2))
    logits = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    weighted = soft_preference_ce(logits, torch.ones(2), weight=torch.tensor([1.0, 0.0]))
    assert weighted.item() == pytest.approx(soft_preference_ce(logits[:1], torch.ones(1)).item())


def test_an_impossible_option_costs_nothing_where_nobody_should_prefer_it():
    logits = torch.tensor([[0.0, -math.inf], [-math.inf, 0.0]], requires_grad=True)
    loss = soft_preference_ce(logits, torch.tensor([1.0, 0.0]))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert soft_preference_ce(logits, torch.tensor([0.9, 0.0])).item() == math.inf


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="shape"):
        soft_preference_ce(torch.zeros(3, 3), torch.zeros(3))
    with pytest.raises(InputError, match="shares"):
        soft_preference_ce(torch.zeros(1, 2), torch.tensor([1.5]))
    with pytest.raises(InputError, match="shares"):
        soft_preference_ce(torch.zeros(1, 2), torch.tensor([float("nan")]))
    with pytest.raises(InputError, match="weights"):
        soft_preference_ce(torch.zeros(2, 2), torch.zeros(2), weight=torch.zeros(3))
    with pytest.raises(InputError, match="weights are finite"):
        soft_preference_ce(torch.zeros(2, 2), torch.zeros(2), weight=torch.tensor([1.0, -1.0]))
    with pytest.raises(InputError, match="no mean"):
        soft_preference_ce(torch.zeros(2, 2), torch.zeros(2), weight=torch.zeros(2))
    assert soft_preference_ce(torch.zeros(2, 2), torch.zeros(2), weight=torch.zeros(2), reduction="sum").item() == 0
    with pytest.raises(InputError, match="reduction"):
        soft_preference_ce(torch.zeros(1, 2), torch.zeros(1), reduction="max")
