from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from weigh.core.question import Ask
from weigh.loops.elicit import Interview
from weigh.measure._asks import MIN_PRIMED, PRIMES, FluencyFrame, as_clause, ask_fluency, primed_quarter
from weigh.testbeds.planted import Planted


@pytest.mark.parametrize(
    ("option", "clause"),
    [
        ("Wade in and pull the child out.", " wade in and pull the child out."),
        ("  Go now!  ", " go now."),
        ("Why not?", " why not."),
        ("I stay.", " I stay."),
        ("NASA gets it.", " NASA gets it."),
        ("I'll stay.", " I'll stay."),
        ("I’d rather go.", " I’d rather go."),
        ("It rains.", " it rains."),
        ("A friend calls.", " A friend calls."),
        ("Éat well", " éat well."),
        ("去吧。", " 去吧."),
        ("", " ."),
    ],
)
def test_an_option_becomes_the_end_of_a_sentence(option, clause):
    assert as_clause(option) == clause


def test_fluency_is_the_options_text_without_its_situation(bank):
    item = bank.dilemmas[0]
    ask = Ask(item.question("paraphrase"), "fluency", "paraphrase")
    (prompt,) = FluencyFrame().render(ask)
    assert prompt.text == "You decide to"
    assert prompt.continuations == tuple(as_clause(option) for option in item.paraphrase[1])
    reply = FluencyFrame().read(ask, [np.array([-20.0, -18.5])])
    assert reply.scores == (-20.0, -18.5)


def test_fluency_is_asked_in_every_wording(bank, plant):
    interview = Interview(plant(kind=Planted), bank.version)
    ask_fluency(interview, bank.dilemmas[:4])
    assert Counter(interview.answers().wording.tolist()) == {"original": 4, "paraphrase": 4}
    assert set(interview.answers().frame.tolist()) == {"fluency"}


def test_a_balanced_quarter_is_primed_with_both_values_and_both_primes(bank):
    primed = primed_quarter(bank.dilemmas, bank)
    items = Counter(item.id for item, _ in primed)
    assert len(items) == 22
    assert set(items.values()) == {4}
    for item, condition in primed:
        template, value = condition.name.split(":")
        assert value in item.values
        assert condition.prime == PRIMES[template].format(phrase=bank.taxonomy.phrases[value])
    values = Counter(value for item in bank.dilemmas if item.id in items for value in item.values)
    # 22 dilemmas hold 44 values, 4 or 5 of each of the ten
    assert set(values.values()) <= {4, 5}


def test_few_dilemmas_or_no_taxonomy_are_not_primed(bank):
    assert primed_quarter(bank.dilemmas[: MIN_PRIMED - 1], bank) == []
    assert len(primed_quarter(bank.dilemmas[:MIN_PRIMED], bank)) == MIN_PRIMED * 4
    assert primed_quarter(bank.dilemmas, replace(bank, card=replace(bank.card, taxonomy=""))) == []
