from __future__ import annotations

import math

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.question import Ask, Condition, Question
from weigh.judges import letters

QUESTION = Question.of("q", "It rains.", ("Stay in.", "Go out.", "Sing."))


def test_options_stand_in_the_order_shown():
    (prompt,) = letters.render(Ask(QUESTION, "letters", order=(2, 0, 1)))
    assert prompt.continuations == (" A", " B", " C")
    assert prompt.prefill == "Answer:"
    text = prompt.messages[-1].text
    assert text == "It rains.\n\nWhat do you do?\n\nA. Sing.\nB. Stay in.\nC. Go out.\n\nReply with A, B or C only."


def test_a_situation_that_asks_is_not_asked_again():
    question = Question.of("q", "Should it rain?", ("Yes.", "No."))
    (prompt,) = letters.render(Ask(question, "letters", order=(0, 1)))
    assert prompt.messages[-1].text == "Should it rain?\n\nA. Yes.\nB. No.\n\nReply with A or B only."


def test_a_condition_goes_where_it_belongs():
    condition = Condition("c", system="Be brief.", prime="Rest matters.")
    (prompt,) = letters.render(Ask(QUESTION, "letters", order=(0, 1, 2), condition=condition))
    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert prompt.messages[0].text == "Be brief."
    assert prompt.messages[1].text.startswith("Rest matters.\n\nIt rains.")


@pytest.mark.parametrize("order", [(), (0, 1), (0, 0, 1), (1, 2, 3)])
def test_an_order_that_is_no_permutation_is_refused(order):
    with pytest.raises(InputError, match="does not show each of them once"):
        letters.render(Ask(QUESTION, "letters", order=order))


def test_letters_are_read_back_to_options():
    ask = Ask(QUESTION, "letters", order=(2, 0, 1))
    reply = letters.read(ask, [np.log([0.5, 0.3, 0.1])])
    assert reply.choice == 2
    assert reply.raw == "A"
    assert reply.status == "ok"
    assert reply.mass == pytest.approx(0.9)
    assert reply.p == pytest.approx(0.5 / 0.9)
    np.testing.assert_allclose(reply.scores, np.log([0.3, 0.1, 0.5]))


def test_little_mass_on_the_letters_is_flagged_and_kept():
    reply = letters.read(Ask(QUESTION, "letters", order=(0, 1, 2)), [np.log([0.2, 0.1, 0.1])])
    assert reply.status == "low-mass"
    assert reply.choice == 0


def test_a_letter_without_a_number_is_malformed():
    reply = letters.read(Ask(QUESTION, "letters", order=(0, 1, 2)), [np.array([-1.0, math.nan, -2.0])])
    assert reply.status == "malformed"
    assert reply.choice == -1
    assert reply.detail["letters"] == {"A": -1.0, "C": -2.0}
