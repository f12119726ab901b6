"""Agents with known utilities, with none, and what they answer."""

from __future__ import annotations

import math

import pytest

from weigh.banks.bank import find_bank
from weigh.core.stats import rng
from weigh.loops.elicit import Interview
from weigh.measure.utility_engineering import ask, limited
from weigh.measure.utility_engineering._controls import CONTROLS, TURNED
from weigh.testbeds.utility_agent import ScoringUtilityAgent, UtilityAgent

PLAIN = {text: sign for pair in (*CONTROLS, *TURNED) for text, sign in zip(pair, (2.5, -2.5), strict=True)}


@pytest.fixture(scope="session")
def bank():
    """Thirty of our own outcomes."""
    return limited(find_bank("outcomes"), 30)


@pytest.fixture(scope="session")
def texts(bank):
    return {item.id: item.situation for item in bank.outcomes}


@pytest.fixture(scope="session")
def worth(bank):
    """A utility drawn for each outcome's text, and what everybody knows of the plain pairs."""

    def drawn(seed=0):
        numbers = rng(seed, "utilities").standard_normal(len(bank.outcomes))
        return dict(zip((item.situation for item in bank.outcomes), numbers.tolist(), strict=True)) | PLAIN

    return drawn


@pytest.fixture(scope="session")
def agent(worth):
    def made(seed=0, kind=UtilityAgent, more=None, **rest):
        return kind({**worth(seed), **(more or {})}, seed=seed, **rest)

    return made


@pytest.fixture(scope="session")
def follower(worth):
    """Takes what stands first, whatever it is."""
    return UtilityAgent(dict.fromkeys(worth(), 0.0), position=4.0)


@pytest.fixture(scope="session")
def tosser(worth):
    """Tosses a coin for every answer."""
    return UtilityAgent(dict.fromkeys(worth(), 0.0), graded=False)


@pytest.fixture(scope="session")
def blind(worth):
    """Follows place, and scores texts without regard to what they say."""
    return ScoringUtilityAgent(dict.fromkeys(worth(), 0.0), position=4.0, noise=math.inf)


@pytest.fixture(scope="session")
def interview_of(bank):
    def held(judge, given=bank, seed=0, ledger=None, **rest):
        interview = Interview(judge, given.version, ledger, seed)
        ask(interview, given, **rest)
        return interview

    return held


@pytest.fixture(scope="session")
def answers_of(interview_of):
    return lambda judge, *given, **rest: interview_of(judge, *given, **rest).answers()
