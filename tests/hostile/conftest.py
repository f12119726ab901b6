"""Run folders of each kind whose every text is hostile, made once."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from tests.hostile.walker import Poison, poison

from weigh.banks.bank import find_bank
from weigh.core.question import Reply
from weigh.judges.promptless import Promptless
from weigh.pipelines.compare import compare
from weigh.pipelines.profile import measure
from weigh.pipelines.published import measure_published
from weigh.report.compare import write_comparison
from weigh.report.page import write_report
from weigh.testbeds.planted import Planted


class Bad(NamedTuple):
    """A folder whose texts are hostile, and what was put where."""

    folder: object
    made: Poison


class Deaf(Promptless):
    """Takes the first option of every second question."""

    seeded, name, fingerprint = False, "deaf", "deaf"

    def describe(self):
        return {"name": self.name, "kind": "a test's", "fingerprint": self.fingerprint, "condition": ""}

    def choose(self, asks):
        return [Reply.from_scores([float(len(ask.question.id) % 2), 0.5], raw="said") for ask in asks]


def _profile(at, instrument, n, **options):
    bank = find_bank("pilot")
    theta = {value: float(i) for i, value in enumerate(bank.values)}
    judge = Planted(bank, theta=theta, **{"effect": 0.5, "paraphrase": 0.6, "seed": 3, **options})
    measure(judge, bank, at, instrument=instrument, n_dilemmas=n)


@pytest.fixture(scope="session")
def bad(tmp_path_factory):
    """Gives a poisoned run with its pages, by kind: stated, evaluative, published, comparison."""
    at, made = tmp_path_factory.mktemp("bad"), {}

    def give(kind):
        if kind not in made:
            folder = at / kind
            if kind == "stated":
                _profile(folder, "stated", 45)
            elif kind == "evaluative":
                _profile(folder, "evaluative", 12, responsive=False)
            elif kind == "published":
                measure_published(Deaf(), find_bank("injections"), folder, limit=8)
            else:
                return _comparison(at, give)
            made[kind] = Bad(folder, poison(folder))
            write_report(folder)
        return made[kind]

    return give


def _comparison(at, give):
    """Two runs compared, one of them poisoned as its files are; what a comparison holds is made hostile as a whole."""
    folder = at / "comparison"
    if not (folder / "compare.html").is_file():
        for name, effect in (("one", 0.5), ("two", 0.2)):
            _profile(folder / name, "stated", 45, effect=effect)
        record = compare([folder / "one", folder / "two"])
        made = Poison()
        bad = made.keys(made.all(record))
        write_comparison(bad, folder)
        (folder / "made").write_text("")
        _COMPARED.append(Bad(folder, made))
    return _COMPARED[0]


_COMPARED: list[Bad] = []
