from __future__ import annotations

import numpy as np
import pytest

from weigh.core.evidence import Answers
from weigh.measure._position import CONTENT, FORMAT, UNKNOWN, position_finding, rotations, statuses, verdict_of

ORDERS = rotations(4)


def asked(choose, n=60, orders=ORDERS):
    rows = [(f"q{i}", order, choose(i, order)) for i in range(n) for order in orders]
    question, order, choice = zip(*rows, strict=True)
    return Answers(question=question, order=list(order), choice=choice)


def test_every_option_stands_once_in_every_place():
    assert ORDERS[0] == (0, 1, 2, 3)
    for place in range(4):
        assert sorted(order[place] for order in ORDERS) == [0, 1, 2, 3]


def test_content_survives_and_position_does_not():
    content = position_finding(asked(lambda i, order: i % 4))
    assert (content.value, content.passed, content.sentence) == (1.0, True, CONTENT)
    first = position_finding(asked(lambda i, order: order[0]))
    assert (first.value, first.passed, first.sentence) == (0.0, False, FORMAT)
    assert first.evidence["by_place"] == {"1": 1.0}


def test_random_answers_do_not_pass():
    draw = np.random.default_rng(0)
    found = position_finding(asked(lambda i, order: int(draw.integers(4))))
    assert 0.2 < found.value < 0.3
    assert found.passed is False


@pytest.mark.parametrize("orders", [[()], [(0, 1, 2, 3)]])
def test_one_order_is_not_verified(orders):
    found = position_finding(asked(lambda i, order: 0, orders=orders))
    assert (found.value, found.passed, found.sentence) == (None, None, UNKNOWN)


def test_answers_without_a_choice_do_not_count():
    answers = asked(lambda i, order: -1 if order == ORDERS[1] else 2)
    assert position_finding(answers).value == 1.0
    assert statuses(answers) == {"ok": 240}


def test_verdict_follows_the_first_failure():
    passed, failed = (position_finding(asked(c)) for c in (lambda i, order: 1, lambda i, order: order[0]))
    unmade = position_finding(asked(lambda i, order: 0, orders=[()]))
    assert verdict_of([passed])["level"] == "differences"
    assert verdict_of([passed, unmade])["level"] == "unverified"
    assert verdict_of([passed, unmade, failed]) == {"level": "unmeasurable", "sentence": FORMAT, "also": []}
