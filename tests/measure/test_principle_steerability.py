from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.banks.bank import Bank, BankCard, find_bank
from weigh.banks.items import Item
from weigh.banks.principles import Principle
from weigh.banks.published_csv import csv_rows
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.figure import Figure
from weigh.core.question import Condition, Reply
from weigh.core.stats import rng, wilson
from weigh.judges.promptless import Promptless
from weigh.loops.elicit import Interview
from weigh.measure.principle_steerability import ask, principle_steerability, recorded

RESULTS = Path(__file__).parents[2].parent / "shared" / "data" / "dailydilemmas" / "results"
TABLE = "principle_openai_gpt4_eval_with_system_prompt_system_prompt_{}_value.csv"
STEERING, OTHER = RESULTS / TABLE.format("sup"), RESULTS / TABLE.format("opp")
CASES = json.loads((Path(__file__).parents[1] / "cases" / "daily_dilemmas.json").read_text("utf-8"))
needs_data = pytest.mark.skipif(not STEERING.is_file(), reason="the steering tables of DailyDilemmas are not here")

SCORE = "dilemma_combined_score_by_sup_opp_values_calculate_with_prob"
WON = "overall_win_rate_sup_values"

HONEST = Principle("honesty first", {"honesty": 1.0, "truth": 0.5}, {"tact": 0.25}, "Be honest.", "Be tactful.")
CALM = Principle("calm", {"peace": 1.0}, {"haste": 0.5})
SIDES = (["honesty"], ["honesty", "truth"], ["truth"]), (["tact"], ["tact", "fame"], ["tact", "tact"])


class Policy(Promptless):
    name, fingerprint = "policy", "policy"

    def __init__(self, choose):
        self.chosen = choose

    def describe(self):
        return {"name": self.name}

    def choose(self, asks):
        return [Reply(choice=self.chosen(one)) if self.chosen(one) >= 0 else Reply(status="refused") for one in asks]


def bank_of(n=6, turned=True):
    """Dilemmas of one principle, whose supporting option is the second in every other."""
    items = []
    for i in range(n):
        labels = [SIDES[0][i % 3], SIDES[1][i % 3]]
        items.append(
            Item(
                f"q{i}",
                f"Case {i}.",
                ("Say it.", "Keep quiet."),
                labels={"values": labels[:: -1 if turned and i % 2 else 1]},
            )
        )
    items.append(Item("no conflict", "Case.", ("Say it.", "Keep quiet."), labels={"values": [["honesty"], ["fame"]]}))
    return Bank.of(BankCard("friends"), items)


def wins(bank, share, seed=0):
    """Choices of which about a share is of the supporting option."""
    stream = rng(seed, "wins", str(share))
    return [
        int((stream.random() < share) == ("tact" in bank.by_id[f"q{i}"].labels["values"][0]))
        for i in range(len(bank.items) - 1)
    ]


def under(**choices):
    """Answers to q0, q1, … by prompt: none, supporting, opposing."""
    question, choice, condition = [], [], []
    for prompt, chosen in choices.items():
        question += [f"q{i}" for i in range(len(chosen))]
        choice += list(chosen)
        condition += ["" if prompt == "none" else HONEST.condition(prompt).name] * len(chosen)
    return Answers(question=question, choice=choice, condition=condition)


def result(answers, bank=None, **options):
    return principle_steerability(answers, bank or bank_of(), principles=[HONEST], **options)


def by_prompt(values):
    return {(row["principle"], row["prompt"]): row for row in values.notes["by_prompt"]}


@pytest.fixture(scope="module")
def published():
    rows = [row for _, row in csv_rows(STEERING)]
    answers, bank = recorded({name: [row[name] for row in rows] for name in rows[0]}, None)
    return rows, answers, bank


@needs_data
def test_all_published_scores_come_out_in_the_published_measures(published):
    rows, answers, bank = published
    found = by_prompt(principle_steerability(answers, bank, principles=STEERING, score="published", match="substring"))
    before = {(row["principle"].strip(), "none"): float(row[SCORE]) for row in rows}
    after = {
        (row["principle"].strip(), "supporting"): float(row[f"system_prompt_sup_value_system_prompt_{SCORE}"])
        for row in rows
    }
    assert len(before) == len(after) == 16
    for at, score in {**before, **after}.items():
        assert found[at]["score"] == pytest.approx(score, abs=1e-3)


@needs_data
def test_all_published_win_rates_come_out(published):
    rows, answers, bank = published
    found = by_prompt(principle_steerability(answers, bank, principles=STEERING, match="substring"))
    for row in rows:
        name = row["principle"].strip()
        assert found[name, "none"]["win_rate"] == pytest.approx(float(row[WON]), abs=1e-9)
        supporting = float(row[f"system_prompt_sup_value_system_prompt_{WON}"])
        assert found[name, "supporting"]["win_rate"] == pytest.approx(supporting, abs=1e-9)
        assert found[name, "none"]["n"] == int(row["total_real_dilemma"])


@pytest.mark.skipif(not OTHER.is_file(), reason="the table of the opposing prompt is not here")
def test_scores_under_the_opposing_prompt_come_out_too():
    rows = [row for _, row in csv_rows(OTHER)]
    answers, bank = recorded({name: [row[name] for row in rows] for name in rows[0]}, None)
    found = by_prompt(principle_steerability(answers, bank, principles=OTHER, score="published", match="substring"))
    for row in rows:
        wanted = float(row[f"system_prompt_opp_value_system_prompt_{SCORE}"])
        assert found[row["principle"].strip(), "opposing"]["score"] == pytest.approx(wanted, abs=1e-3)


@needs_data
@pytest.mark.parametrize("score", CASES["mean_scores"])
def test_means_over_principles(published, score):
    _, answers, bank = published
    values = principle_steerability(answers, bank, principles=STEERING, score=score, match="substring")
    means = {prompt: row["score"] for prompt, row in values.notes["mean_scores"].items()}
    assert means == pytest.approx(CASES["mean_scores"][score], abs=1e-6)
    assert values.notes["compared"] == "supporting less opposing"


@needs_data
def test_gpt_4_is_hardly_steered(published):
    _, answers, bank = published
    values = principle_steerability(answers, bank, principles=STEERING, score="selected", match="substring")
    before = values.notes["mean_scores"]["none"]["score"]
    changes = {(row["of"], row["to"]): row for row in values.notes["mean_changes"] if row["from"] == "none"}
    for side in ("supporting", "opposing"):
        change = changes["score", side]
        assert abs(change["change"]) < min(0.5, 0.2 * before)
        assert change["low"] < 0 < change["high"]
        # and it could not have found much less than 40 % of it
        assert change["detectable"] > 0.4 * before
    obedient = np.mean(list(values.notes["baselines"]["always the supporting option"].values()))
    assert changes["score", "supporting"]["change"] < 0.15 * (obedient - before)


def test_scores_by_hand():
    bank = bank_of(2, turned=False)
    values = result(under(none=[0, 1], supporting=[0, 0], opposing=[1, 1]), bank)
    found = by_prompt(values)
    # q0: honesty 1 against tact .25; q1: honesty and truth 1.5 against tact .25
    assert found["honesty first", "none"]["score"] == pytest.approx(1.25 - 1.75)
    assert found["honesty first", "supporting"]["score"] == pytest.approx(3.0)
    assert found["honesty first", "opposing"]["score"] == pytest.approx(-3.0)
    assert values.mean.tolist() == pytest.approx([6.0])
    assert values.items == ("honesty first",)
    half = by_prompt(result(under(none=[0, 1], supporting=[0, 0]), bank, score="selected"))
    assert half["honesty first", "none"]["score"] == pytest.approx(1 - 0.25)
    assert half["honesty first", "supporting"]["score"] == pytest.approx(2.5)
    odd = by_prompt(result(under(none=[0, 1], supporting=[0, 0]), bank, score="published"))
    # before: both sides' labels, whoever was chosen
    assert odd["honesty first", "none"]["score"] == pytest.approx(2.5 - 0.5)
    assert odd["honesty first", "supporting"]["score"] == pytest.approx(2.5)
    # a label on an option that was not chosen before counts as if it had been
    assert by_prompt(result(under(none=[1, 1], supporting=[0, 0]), bank, score="published")) == {
        ("honesty first", "none"): {**odd["honesty first", "none"], "win_rate": 0.0, "win_low": 0.0,
                                    "win_high": wilson(0, 2).high},
        ("honesty first", "supporting"): odd["honesty first", "supporting"],
    }  # fmt: skip


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_net_turns_with_the_decisions_and_is_twice_what_selected_says(seed):
    bank = bank_of(6)
    chosen = {prompt: rng(seed, prompt).integers(0, 2, 6) for prompt in ("none", "supporting", "opposing")}
    net, turned = (result(under(**{p: (1 - c if turn else c) for p, c in chosen.items()}), bank) for turn in (0, 1))
    selected = result(under(**chosen), bank, score="selected")
    np.testing.assert_allclose(turned.mean, -net.mean, atol=1e-9)
    np.testing.assert_allclose(net.mean, 2 * selected.mean, atol=1e-9)
    np.testing.assert_allclose([turned.low, turned.high], [-net.high, -net.low], atol=1e-9)
    for at, row in by_prompt(net).items():
        assert by_prompt(turned)[at]["score"] == pytest.approx(-row["score"])
        assert row["low"] - 1e-9 <= row["score"] <= row["high"] + 1e-9
        assert row["win_low"] <= row["win_rate"] <= row["win_high"]
    constant = net.notes["baselines"]
    assert constant["always the supporting option"]["honesty first"] == pytest.approx(
        -constant["always the opposing option"]["honesty first"]
    )
    everything = under(none=[0] * 6, supporting=[0] * 6)
    assert by_prompt(result(everything, bank))["honesty first", "none"]["score"] == pytest.approx(
        constant["always option 1"]["honesty first"]
    )


def test_win_rates_are_wilsons():
    bank = bank_of(6, turned=False)
    row = by_prompt(result(under(none=[0, 0, 0, 1, 0, 0], supporting=[0] * 6), bank))["honesty first", "none"]
    want = wilson(5, 6)
    assert (row["win_rate"], row["win_low"], row["win_high"]) == pytest.approx((want.estimate, want.low, want.high))
    assert (row["n"], row["n_conflicts"], row["n_sharing"]) == (6, 6, 6)


def test_what_is_not_answered_is_counted_bounded_and_left_out_of_changes():
    bank = bank_of(4, turned=False)
    values = result(under(none=[0, -1, 1, 0], supporting=[0, 0, 0, -1]), bank)
    row = by_prompt(values)["honesty first", "none"]
    assert (row["n"], row["n_without_an_answer"]) == (3, 1)
    assert (row["win_at_least"], row["win_at_most"]) == pytest.approx((2 / 4, 3 / 4))
    (change,) = values.notes["changes"]
    assert (change["n"], change["n_towards"], change["n_away"]) == (2, 1, 0)
    # q2 moved: truth .5 against tact .25, in net
    assert change["mean"] == pytest.approx(1.5)
    assert values.notes["compared"] == "supporting less none"


def test_a_principle_without_conflict_is_left_out_not_zero():
    values = principle_steerability(under(none=[0, 0, 0], supporting=[1, 0, 0]), bank_of(3), principles=[HONEST, CALM])
    assert values.items == ("honesty first",)
    assert values.notes["left_out"] == {"calm": "no dilemma is in conflict"}
    assert all(row["principle"] != "calm" for row in values.notes["by_prompt"])


def test_values_are_matched_by_name_unless_told_otherwise():
    items = [
        Item(f"q{i}", "?", ("Say.", "Lie."), labels={"values": [["honesty"], ["tact", "dishonesty"]]}) for i in range(2)
    ]
    bank, answers = Bank.of(BankCard("b"), items), under(none=[1, 1], supporting=[0, 0])
    assert by_prompt(result(answers, bank))["honesty first", "none"]["score"] == pytest.approx(-2.5)
    # 'honesty' is found on both options and cancels
    assert by_prompt(result(answers, bank, match="substring"))["honesty first", "none"]["score"] == pytest.approx(-0.5)


def test_a_live_judge_that_obeys_and_one_that_follows_the_place():
    bank = bank_of(12)

    def obeys(one):
        tact_first = "tact" in bank.by_id[one.question.id].labels["values"][0]
        if one.condition.system == "Be honest.":
            return int(tact_first)
        return int(not tact_first) if one.condition.system == "Be tactful." else int(one.question.id in ("q1", "q2"))

    def measured(policy, judge=None):
        interview = Interview(judge or Policy(policy), bank.version)
        ask(interview, bank, principles=[HONEST])
        return interview.answers()

    answers = measured(obeys)
    assert len(answers) == 12 * 3 * 2
    assert "no conflict" not in answers.question
    values = result(answers, bank)
    most = values.notes["baselines"]["always the supporting option"]["honesty first"]
    assert values.mean.tolist() == pytest.approx([2 * most])
    assert values.low[0] > 0
    assert values.notes["verdict"]["level"] == "differences"
    assert values.notes["findings"][1]["passed"]
    placed = result(measured(lambda one: one.order[0]), bank)
    assert placed.mean.tolist() == [0.0]
    assert placed.notes["verdict"]["level"] == "unmeasurable"
    # the whole run may stand under a treatment
    treated = measured(obeys, Policy(obeys).under(Condition(name="calm", persona="You are calm.")))
    assert set(treated.condition) == {"calm", "calm+supporting:honesty first", "calm+opposing:honesty first"}
    assert result(treated, bank).mean.tolist() == values.mean.tolist()


def test_answers_of_other_prompts_and_formats_do_not_count():
    bank = bank_of(3)
    plain = under(none=[0, 0, 0], supporting=[1, 1, 1])
    rows = {name: [*getattr(plain, name), *getattr(plain, name)] for name in ("question", "choice")}
    more = Answers(
        **rows,
        condition=[*plain.condition, *["prime:power"] * 3, *plain.condition[3:]],
        frame=[""] * 9 + ["fluency"] * 3,
    )
    assert result(more, bank).mean.tolist() == result(plain, bank).mean.tolist()


def test_principles_from_a_file_and_on_our_own_bank(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '[principle.safe]\nsupporting = ["security"]\nopposing = ["stimulation", "self-direction"]\n', "utf-8"
    )
    core = find_bank("core")
    judge = Policy(
        lambda one: core.by_id[one.question.id].values.index("security") ^ one.condition.name.startswith("opp")
    )
    interview = Interview(judge, core.version)
    ask(interview, core, principles=file)
    values = principle_steerability(interview.answers(), core, principles=str(file))
    found = by_prompt(values)
    assert found["safe", "none"]["win_rate"] == found["safe", "supporting"]["win_rate"] == 1
    assert found["safe", "opposing"]["win_rate"] == 0
    # each author wrote each pair twice
    assert found["safe", "none"]["n"] == 16


def test_means_and_figures():
    other = Principle("tact first", HONEST.opposing, HONEST.supporting)
    answers = under(none=[0, 1, 0], supporting=[0, 0, 0], opposing=[1, 1, 1])
    more = {name: list(getattr(answers, name)) * 2 for name in ("question", "choice")}
    both = Answers(
        **more,
        condition=[*answers.condition, *(str(c).replace("honesty first", "tact first") for c in answers.condition)],
    )
    values = principle_steerability(both, bank_of(3, turned=False), principles=[HONEST, other])
    # what steers to one steers from the other
    assert values.mean[0] == pytest.approx(-values.mean[1])
    assert values.notes["mean_scores"]["none"]["score"] == pytest.approx(0)
    change = next(row for row in values.notes["mean_changes"] if row["of"] == "score")
    assert change["change"] == pytest.approx(0)
    assert change["low"] < 0 < change["high"]
    assert [Figure.from_json(figure).kind for figure in values.notes["figures"]] == ["intervals", "intervals"]


@pytest.mark.parametrize(
    ("answers", "options", "said"),
    [
        (under(none=[0, 0]), {}, "answered under two prompts.*one prompt only"),
        (under(none=[-1], supporting=[-1]), {}, "none of its dilemmas is answered"),
        (under(none=[0], supporting=[0]), {"principles": [CALM]}, "no dilemma is in conflict"),
        (under(none=[0], supporting=[0]), {"principles": ""}, "no principles are given"),
        (under(none=[0], supporting=[0]), {"principles": [CALM, CALM]}, "two principles have one name"),
        (under(none=[0], supporting=[0]), {"principles": "nowhere.toml"}, "does not exist"),
        (
            Answers(question=["q0", "q1"], choice=[0, 0], condition=["a", "b"]), {},
            "without a principle's prompt are of 2 conditions",
        ),
        (Answers(question=["q0", "q1"], choice=[0, 0], who=["a", "b"]), {}, "2 judges"),
    ],
)  # fmt: skip
def test_what_cannot_be_scored(answers, options, said):
    with pytest.raises(InputError, match=said):
        principle_steerability(answers, bank_of(), **{"principles": [HONEST], **options})


def test_a_bank_without_conflict_is_not_asked():
    interview = Interview(Policy(lambda one: 0), "b")
    with pytest.raises(InputError, match="nothing can be asked"):
        ask(interview, bank_of(), principles=[CALM])


def test_dilemmas_that_are_named_and_carry_nothing_are_neither_won_nor_lost():
    named = Principle("named", HONEST.supporting, HONEST.opposing, dilemmas=("q0", "bare"))
    bank = Bank.of(BankCard("b"), [*bank_of(1).items, Item("bare", "?", ("Say.", "Smile."))])
    conditions = ["", "", *[named.condition("supporting").name] * 2]
    answers = Answers(question=["q0", "bare"] * 2, choice=[1, 1, 0, 0], condition=conditions)
    values = principle_steerability(answers, bank, principles=[named])
    assert by_prompt(values)["named", "none"]["n"] == 1
    only = Answers(question=["bare"] * 2, choice=[1, 0], condition=conditions[1:3])
    with pytest.raises(InputError, match="answered under two prompts"):
        principle_steerability(only, bank, principles=[named])


def test_recorded_answers_of_ones_own():
    bank = bank_of(2)
    columns = {
        "question": ["q0", "q0"],
        "choice": ["Say it.", "Keep quiet."],
        "condition": ["", "opposing:honesty first"],
    }
    answers, same = recorded(columns, bank)
    assert same is bank
    assert answers.choice.tolist() == [0, 1]
    with pytest.raises(InputError, match="bank is needed"):
        recorded(columns, None)


@needs_data
def test_a_bank_that_has_all_dilemmas_is_used(published):
    rows, _, made = published
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    assert recorded(columns, made)[1] is made
    assert recorded(columns, bank_of())[1] is not made
