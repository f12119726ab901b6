"""`weigh compare` and `weigh measure --condition` as a person uses them."""

from __future__ import annotations

import json
import sys

import pytest

from weigh.banks.bank import find_bank
from weigh.pipelines.profile import measure
from weigh.testbeds.planted import Planted

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}
SCRIPT = """
from weigh.banks.bank import find_bank
from weigh.testbeds.planted import Planted

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}
JUDGE = Planted(BANK, theta=THETA, effect=0.5, paraphrase=0.6, seed=2)

def steady(ask):
    return JUDGE.choose([ask])[0]
"""
JUDGE = "scripted:judges_of_compare_test:steady"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "judges_of_compare_test.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    sys.modules.pop("judges_of_compare_test", None)


@pytest.fixture
def runs(folder):
    shifted = THETA | {"hedonism": THETA["hedonism"] + 14}
    options = {"effect": 0.5, "paraphrase": 0.6}
    measure(Planted(BANK, theta=THETA, seed=3, **options), BANK, folder / "a", instrument="fast")
    measure(Planted(BANK, theta=shifted, seed=3, **options), BANK, folder / "b", instrument="fast")
    measure(Planted(BANK, theta=THETA, seed=3, know_controls=False, **options), BANK, folder / "c", instrument="fast")
    return "a", "b", "c"


def test_compare_ends_in_a_page(weigh, folder, runs):
    code, out, err = weigh("compare", *runs)
    assert code == 0
    assert out.splitlines()[-1].endswith("compare.html")
    assert (folder / "runs" / "compare-a-b-c" / "compare.html").is_file()
    assert "planted (b) beside planted (a)" in out
    assert "Nothing is compared" in out
    assert "warning: planted (c) shows no profile" in " ".join(err.split())
    first = next(line for line in out.splitlines() if line.startswith("hedonism"))
    assert "differs" in first


def test_only_what_differs_in_the_table_and_in_the_address(weigh, folder, runs):
    code, out, _ = weigh("compare", "a", "b", "--only-different", "--out", "x")
    assert code == 0
    assert out.splitlines()[-1].endswith("compare.html#only-different")
    _, narrowed, _ = weigh("compare", "a", "b", "--only-different", "--out", "x", "--json")
    _, whole, _ = weigh("compare", "a", "b", "--out", "x", "--json")
    narrowed, whole = (json.loads(text)["by"]["planted (b)"]["values"] for text in (narrowed, whole))
    assert len(whole) == 10
    assert narrowed == [row for row in whole if row["differs"]]
    assert set(whole[0]) >= {"item", "mean", "low", "high", "p_adjusted", "detectable"}


def test_what_cannot_be_compared_is_one_sentence(weigh, folder, runs):
    for args, told in ((("a",), "two runs or more"), (("a", "nothing"), "holds no run.json")):
        code, out, err = weigh("compare", *args)
        assert code == 2
        assert out == ""
        assert told in err
    measure(Planted(BANK, theta=THETA, effect=0.5, paraphrase=0.6), BANK, folder / "d", instrument="stated")
    code, _, err = weigh("compare", "a", "d")
    assert code == 2
    assert "same --instrument" in err


def test_measure_under_conditions(weigh, folder):
    phrase = BANK.taxonomy.phrases["hedonism"]
    (folder / "joy.toml").write_text(f'[condition.joy]\nprime = "Nothing is more important than {phrase}."\n')
    (folder / "more.toml").write_text('[condition.cheese]\npersona = "You like cheese."\n')
    files = ("--condition", "joy.toml", "--condition", "more.toml")
    code, out, _ = weigh("measure", "pilot", "-m", JUDGE, *files)
    assert code == 0
    assert out.splitlines()[-1].endswith("compare.html")
    run = folder / "runs" / "pilot-scripted-judges_of_compare_test-steady-conditions"
    assert {path.name for path in run.iterdir()} >= {"report.html", "compare.html", "compare.json", "run.json"}
    assert "joy beside untreated" in out
    assert "cheese beside untreated" in out
    code, out, _ = weigh("measure", "pilot", "-m", JUDGE, *files, "--json")
    found = json.loads(out)
    assert found["method"] == "stated"
    assert found["conditions"]["by"]["joy"]["values"][0]["item"]
    assert len(found["values"]) == 10


def test_conditions_are_counted_and_checked_first(weigh, folder):
    (folder / "good.toml").write_text('[condition.a]\npersona = "x"\n')
    (folder / "bad.toml").write_text('[condition.a]\npersonality = "x"\n')
    _, alone, _ = weigh("measure", "pilot", "-m", JUDGE, "--dry-run")
    _, both, _ = weigh("measure", "pilot", "-m", JUDGE, "--condition", "good.toml", "--dry-run")
    assert json.loads(both)["answers"] == 2 * json.loads(alone)["answers"]
    code, _, err = weigh("measure", "pilot", "-m", JUDGE, "--condition", "bad.toml")
    assert code == 2
    assert "'personality'" in err
    assert "nudge" in err
    assert not (folder / "runs").exists()
