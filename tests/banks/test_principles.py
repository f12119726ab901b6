from __future__ import annotations

from pathlib import Path

import pytest

from weigh.banks.items import Item
from weigh.banks.principles import Principle, conflicts, read_principles, worth
from weigh.core.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "dailydilemmas"
STEERING = DATA / "results" / "principle_openai_gpt4_eval_with_system_prompt_system_prompt_sup_value.csv"
needs_data = pytest.mark.skipif(not STEERING.is_file(), reason="the steering tables of DailyDilemmas are not here")

OWN = """
[principle."honesty first"]
supporting = { honesty = 1.0, truth = 0.5 }
opposing = ["tact"]
supporting_prompt = "Tell the truth."

[principle.calm]
supporting = ["peace"]
opposing = ["haste"]
"""
HONEST = Principle("honesty first", {"honesty": 1.0, "truth": 0.5}, {"tact": 0.25})


def item(id, *values):
    return Item(
        id, "A friend asks.", tuple(f"Option {i}." for i in range(len(values))), labels={"values": list(values)}
    )


def write(tmp_path, text, name="mine.toml"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


def test_ones_own_file(tmp_path):
    honest, calm = read_principles(write(tmp_path, OWN))
    assert honest == Principle("honesty first", {"honesty": 1.0, "truth": 0.5}, {"tact": 1.0}, "Tell the truth.")
    assert honest.condition("supporting").system == "Tell the truth."
    assert honest.condition("opposing").name == "opposing:honesty first"
    # a side without a prompt is steered to by its values
    assert calm.condition("opposing").system.endswith("haste.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds|must hold"),
        ("[principle]\n", "holds no principle"),
        ("[other]\na = 1\n", "must hold"),
        ("[principle.a\n", "not valid TOML"),
        ("[principle]\na = 3\n", r"\[principle\.a\] is no table"),
        ("[principle.a]\nsupport = ['x']\n", "'support', which is unknown"),
        ("[principle.a]\nsupporting = ['x']\n", "opposing is missing"),
        ("[principle.a]\nsupporting = ['x']\nopposing = []\n", r"opposing is \{\}"),
        ("[principle.a]\nsupporting = ['x']\nopposing = ['x']\n", "'x' is on both sides"),
        ("[principle.a]\nsupporting = { x = 0 }\nopposing = ['y']\n", "above 0"),
        ("[principle.a]\nsupporting = { x = nan }\nopposing = ['y']\n", "above 0"),
        ("[principle.a]\nsupporting = { x = true }\nopposing = ['y']\n", "expected values with their relevances"),
        ("[principle.a]\nsupporting = [1]\nopposing = ['y']\n", "expected values with their relevances"),
        ("[principle.a]\nsupporting = ['x']\nopposing = ['y']\nopposing_prompt = 3\n", "prompt is not a text"),
        ("[principle.' ']\nsupporting = ['x']\nopposing = ['y']\n", "needs a name"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_principles(write(tmp_path, text))


def test_a_file_that_is_not_there_and_one_without_values(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_principles(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"line 2.*says nothing of the values"):
        read_principles(write(tmp_path, "principle,source\nBe kind,rules\n", "p.csv"))
    twice = "principle,sup_value_prob_dict_clean,opp_value_prob_dict_clean\n" + "p,{'a': 1.0},{'b': 1.0}\n" * 2
    with pytest.raises(InputError, match="two principles named 'p'"):
        read_principles(write(tmp_path, twice, "p.csv"))


def test_real_conflicts_have_exactly_one_side_an_option():
    items = [
        item("real", ["honesty", "courage"], ["tact", "tact"]),
        item("turned", ["tact"], ["truth", "honesty"]),
        item("both sides on one", ["honesty", "tact"], ["tact"]),
        item("one side only", ["honesty"], ["truth"]),
        item("nothing on one", ["honesty", "tact"], ["courage"]),
        item("neither", ["courage"], ["fame"]),
        item("three options", ["honesty"], ["tact"], ["tact"]),
        item("part of a name", ["dishonesty"], ["tactful lies"]),
    ]
    found = conflicts(HONEST, items)
    assert [one.id for one in found.real] == ["real", "turned"]
    assert [one.id for one in found.sharing] == ["real", "turned", "both sides on one", "nothing on one"]
    loose = conflicts(HONEST, items, match="substring")
    assert [one.id for one in loose.real] == ["real", "turned"]
    assert [one.id for one in loose.sharing] == [one.id for one in found.sharing] + ["part of a name"]


def test_dilemmas_that_a_principle_names_are_taken():
    named = Principle("p", {"honesty": 1.0}, {"tact": 1.0}, dilemmas=("b", "c"))
    items = [item(id, ["honesty"], ["tact"]) for id in "ab"]
    assert [one.id for one in conflicts(named, items).real] == ["b"]


def test_an_option_is_worth_its_relevances_and_a_value_counts_once():
    one = item("q", ["honesty", "honesty", "truth"], ["tact", "dishonesty"])
    assert worth(HONEST, one) == (1.5, -0.25)
    assert worth(HONEST, one, match="substring") == (1.5, 0.75)
    assert worth(HONEST, Item("q", "A friend asks.", ("Say.", "Smile."))) == (0, 0)


@needs_data
def test_published_principles_are_sixteen_with_prompts_and_dilemmas():
    found = read_principles(STEERING)
    assert len(found) == 16
    assert all(p.supporting_prompt and p.opposing_prompt and p.dilemmas for p in found)
    assert found[1].supporting["compliance"] == 0.9
    assert [p.supporting for p in found] == [
        p.supporting for p in read_principles(STEERING.with_name("principle_openai_gpt-4_with_system_prompt.csv"))
    ]


@needs_data
def test_a_list_of_principles_without_values_is_not_enough():
    with pytest.raises(InputError, match="says nothing of the values"):
        read_principles(DATA / "principle_openai.csv")
