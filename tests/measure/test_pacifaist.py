"""PacifAIst: published numbers to two decimals, what shuffling and rotation do, files of results, replies in text."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.banks.bank import Bank, BankCard, Item
from weigh.banks.pacifaist import FILE, read, shuffled
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.finding import Finding
from weigh.core.question import Condition, Reply
from weigh.core.stats import rng
from weigh.core.tables import read_table
from weigh.judges.letters import LETTERS, render
from weigh.judges.promptless import Promptless
from weigh.loops.elicit import Interview
from weigh.measure._position import rotations
from weigh.measure.pacifaist import ask, limited, pacifaist, recorded
from weigh.measure.pacifaist.asking import NEUTRAL, SAFETY, WRITTEN
from weigh.measure.pacifaist.reading import choice_in, is_refusal, published_choice

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "pacifaist"
FOUR = DATA / "results" / "choices_four_models.csv"
GEMINI = DATA / "results" / "pacifaist_gemini_2.5_flash_results.csv"
KNOWN = json.loads((Path(__file__).parents[1] / "cases" / "pacifaist.json").read_text("utf-8"))
MAP = {"scenario_id": "question", "parsed_choice": "choice"}

needs_data = pytest.mark.skipif(not (DATA / FILE).is_file(), reason=f"the published set is not at {DATA}")


def small(n: int = 24, keys: str = "AAABACADAAAA") -> Bank:
    """A set of the same form: n choices in three subcategories, and as many open questions."""
    items = []
    for i in range(n):
        sub = f"EP{3 * i // n + 1}"
        options = tuple(f"Do {what} {i}." for what in ("well", "badly", "nothing", "half of it"))
        labels = {"subcategory": sub, "key": "ABCD".index(keys[i % len(keys)]), "ideal": "Do well."}
        items.append(Item(f"{sub}-{2 * i:03d}", f"Case {i}.", options, labels=labels, group=sub))
        labels = {"subcategory": sub, "ideal": "Do well."}
        items.append(Item(f"{sub}-{2 * i + 1:03d}", f"Open case {i}.", kind="open", labels=labels, group=sub))
    return Bank.of(BankCard("pacifaist", method="measure/pacifaist"), items)


BANK = small()


def answered(bank: Bank, choose, orders=((),), **columns) -> Answers:
    """Answers of a policy (item, order) -> canonical index or −1."""
    rows = [
        {"question": item.id, "choice": choose(item, order), "order": list(order)}
        for item in bank.dilemmas
        for order in orders
    ]
    rows = [{**row, "status": "ok" if row["choice"] >= 0 else "malformed"} for row in rows]
    return replace(Answers.from_rows(rows), **columns)


def first(item: Item, order: tuple[int, ...]) -> int:
    return order[0] if order else 0


def content(seed: int, share: float = 0.8):
    """A policy that reads the options: its choice depends on the option's text alone."""
    right = {}

    def choose(item: Item, order: tuple[int, ...]) -> int:
        draw = rng(seed, "policy", item.id)
        key = item.options[item.labels["key"]]
        others = sorted(set(item.options) - {key})
        text = right.setdefault(item.id, key if draw.random() < share else others[int(draw.integers(3))])
        return item.options.index(text)

    return choose


def results(bank: Bank, choose, models=("m",), **extra) -> dict[str, list]:
    """Columns of a file of results, as the benchmark publishes them."""
    rows = []
    for model in models:
        for item in bank.items:
            is_open = item.kind == "open"
            choice = -1 if is_open else choose(item, ())
            rows.append(
                {
                    "model": model,
                    "question": item.id,
                    "subcategory": item.labels["subcategory"],
                    "task_type": "generative" if is_open else "multiple_choice",
                    "choice": "" if choice < 0 else LETTERS[choice],
                    "correct_choice": "N/A" if is_open else LETTERS[item.labels["key"]],
                    "is_pacifist": str(int(not is_open and choice == item.labels["key"])),
                    "is_refusal": "0",
                }
            )
    return {name: [row[name] for row in rows] for name in rows[0]} | extra


def scored(columns: dict[str, list], bank: Bank | None = None, **options):
    return pacifaist(*recorded(columns, bank), **options)


class Player(Promptless):
    """A policy as a judge, which also writes where it is told to."""

    name = fingerprint = "player"

    def __init__(self, choose, condition: Condition | None = None):
        self.choose_one, self.asked = choose, []
        self.condition = condition or Condition()

    def describe(self):
        return {"name": self.name}

    def choose(self, asks):
        self.asked += asks
        items = {item.id: item for item in BANK.items}
        return [Reply(choice=self.choose_one(items[ask.question.id], ask.order)) for ask in asks]


class Author(Player):
    """The same, and it writes."""

    def write(self, prompts, *, max_tokens=256, temperature=0.0, seed=0):
        self.asked += prompts
        return ["I cannot let that happen." if "case 3" in p.messages[-1].text else "I act." for p in prompts]


# --- the published numbers


@needs_data
@pytest.mark.parametrize("with_bank", [True, False], ids=["bank", "no bank"])
@pytest.mark.parametrize("mode", ["corrected", "published"])
def test_published_scores_to_two_decimals(with_bank, mode):
    answers, bank = recorded(read_table(FOUR, MAP, typed=False), read(DATA) if with_bank else None)
    assert set(answers.who) == set(KNOWN["models"])
    for name, known in KNOWN["models"].items():
        values = pacifaist(answers.select(answers.who == name), bank, mode=mode)
        found = dict(zip(values.items, values.mean.tolist(), strict=True))
        found["refusal"] = values.notes["refusal_rate"]
        assert {item: round(mean, 2) for item, mean in found.items()} == known
        assert values.notes["presentation"] == "unrotated"
        assert values.scale.unit == "%"
        assert values.notes["verdict"]["level"] == "unverified"
        if name in KNOWN["exact"]:
            assert found["P-Score"] == pytest.approx(KNOWN["exact"][name], rel=1e-15)
        # the constant answer beats every model, and says so
        best = values.notes["baselines"]["always A"]
        assert best == pytest.approx(KNOWN["always_A"]["P-Score"])
        assert best > KNOWN["best_published"]
        row = next(row for row in values.notes["baselines_by_subcategory"] if row["policy"] == "always A")
        assert {item: row[item] for item in found if item != "refusal"} == pytest.approx(KNOWN["always_A"])
        constant = Finding.from_json(values.notes["findings"][2])
        assert constant.passed is False
        assert "93.45" in constant.sentence


@needs_data
def test_overall_is_the_weighted_mean_of_the_subscores():
    answers, bank = recorded(read_table(FOUR, MAP, typed=False), None)
    for name in KNOWN["models"]:
        values = pacifaist(answers.select(answers.who == name), bank)
        found = dict(zip(values.items, values.mean.tolist(), strict=True))
        overall = sum(n * found[sub] for sub, n in KNOWN["subcategories"].items()) / 351
        assert found["P-Score"] == pytest.approx(overall, abs=1e-12)


@needs_data
def test_the_refusal_rule_gives_back_all_flags_of_a_full_file():
    columns = read_table(GEMINI, MAP, typed=False)
    answers, bank = recorded(columns, read(DATA))
    found = pacifaist(answers, bank).notes["file"]
    assert found["refusal flags that can be checked"] == 700
    assert found["refusal flags that the published rule gives back"] == 700
    # and where the file has no flags, the rule makes them
    bare = {name: cells for name, cells in columns.items() if name != "is_refusal"}
    values = scored(bare, read(DATA))
    assert round(values.notes["refusal_rate"], 2) == KNOWN["models"]["gemini_2.5_flash"]["refusal"]


@needs_data
@pytest.mark.parametrize("mode", ["corrected", "published"])
def test_replies_are_read_where_the_file_has_no_letters(mode):
    columns = read_table(GEMINI, MAP, typed=False)
    given = columns.pop("choice")
    values = scored(columns, read(DATA), mode=mode)
    assert round(float(values.mean[0]), 2) == KNOWN["models"]["gemini_2.5_flash"]["P-Score"]
    assert round(values.notes["refusal_rate"], 2) == KNOWN["models"]["gemini_2.5_flash"]["refusal"]
    reader = choice_in if mode == "corrected" else published_choice
    letters = [LETTERS[place] if (place := reader(raw)) >= 0 else "" for raw in columns["response"]]
    rows = [i for i, task in enumerate(columns["task_type"]) if task == "multiple_choice"]
    assert [letters[i] for i in rows] == [given[i] for i in rows]


@needs_data
def test_what_models_get_right_where_the_key_is_not_first():
    answers, bank = recorded(read_table(FOUR, MAP, typed=False), None)
    with FOUR.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["task_type"] == "multiple_choice"]
    for name in KNOWN["models"]:
        hits = [row["is_pacifist"] == "1" for row in rows if row["model"] == name and row["correct_choice"] != "A"]
        found = pacifaist(answers.select(answers.who == name), bank).notes["position_corrected"]
        elsewhere = next(row for row in found if row["what"] == "items whose key does not stand first")
        assert (elsewhere["n"], elsewhere["blind"]) == (23, 0.0)
        assert elsewhere["score"] == pytest.approx(100 * np.mean(hits))
        # 23 items say little, and the interval says that
        assert elsewhere["high"] - elsewhere["low"] > 25


# --- shuffling and rotation


@needs_data
@pytest.mark.parametrize("seed", range(4))
def test_shuffling_takes_the_constant_answer_to_chance_and_leaves_content(seed):
    bank = read(DATA)
    mixed = shuffled(bank, seed=seed)
    assert pacifaist(answered(bank, first), bank).mean[0] == pytest.approx(KNOWN["always_A"]["P-Score"])
    assert abs(pacifaist(answered(mixed, first), mixed).mean[0] - 25) <= 6
    policy = content(seed)
    before, after = (pacifaist(answered(one, policy), one).mean for one in (bank, mixed))
    np.testing.assert_allclose(before, after, rtol=0, atol=1e-12)
    assert 70 < before[0] < 90


@given(st.integers(0, 50), st.permutations(range(4)))
@settings(max_examples=15, deadline=None)
def test_order_changes_nothing_for_who_reads_the_options(seed, order):
    plain = pacifaist(answered(BANK, content(seed)), BANK)
    moved = pacifaist(answered(BANK, content(seed), orders=[tuple(order)]), BANK)
    np.testing.assert_allclose(plain.mean, moved.mean)


@given(st.lists(st.sampled_from("ABCD"), min_size=12, max_size=12))
@settings(max_examples=15, deadline=None)
def test_rotated_every_constant_answer_scores_a_quarter_whatever_the_keys(keys):
    bank = small(keys="".join(keys))
    values = pacifaist(answered(bank, first, orders=rotations(4)), bank)
    assert values.notes["presentation"] == "rotated"
    np.testing.assert_allclose(values.mean, 25)
    assert values.notes["baselines"] == {**{f"always {x}": 25.0 for x in "ABCD"}, "at random": 25.0}
    assert values.notes["verdict"]["level"] == "unmeasurable"
    assert Finding.from_json(values.notes["findings"][0]).value == 0


def test_rotated_content_survives():
    values = pacifaist(answered(BANK, content(3), orders=rotations(4)), BANK)
    assert values.notes["verdict"]["level"] == "differences"
    above = next(row for row in values.notes["position_corrected"] if row["what"] == "above blind choice")
    assert above["score"] == pytest.approx((4 * values.mean[0] - 100) / 3)
    assert above["n"] == len(BANK.dilemmas)


def test_evidence_averaged_over_orders_undoes_a_liking_for_a_place():
    policy, rows = content(5, share=1.0), []
    for item in BANK.dilemmas:
        for order in rotations(4):
            scores = [1.0 if option == policy(item, order) else 0.0 for option in range(4)]
            scores[order[0]] += 3.0  # more than any content
            rows.append(
                {"question": item.id, "order": order, "choice": int(np.argmax(scores)), "scores": [*map(float, scores)]}
            )
    values = pacifaist(Answers.from_rows(rows), BANK)
    assert values.mean[0] == pytest.approx(25)
    averaged = values.notes["position_corrected"][-1]
    assert (averaged["what"], averaged["score"]) == ("evidence averaged over orders", 100.0)


def test_orders_that_differ_by_item_are_shuffled_not_unrotated():
    draw = rng(0, "orders")
    rows = [
        {"question": item.id, "choice": item.labels["key"], "order": [*map(int, draw.permutation(4))]}
        for item in BANK.dilemmas
    ]
    values = pacifaist(Answers.from_rows(rows), BANK)
    assert values.notes["presentation"] == "shuffled"
    assert values.mean.tolist() == [100.0] * 4


def test_a_mixture_of_reading_and_always_a_is_told_apart():
    bank = small(480)
    reads = content(1, share=1.0)

    def choose(item, order):
        return reads(item, order) if rng(0, "reads", item.id).random() < 0.4 else 0

    found = pacifaist(answered(bank, choose), bank).notes["position_corrected"]
    above = next(row for row in found if row["what"] == "above blind choice")
    assert above["low"] < 40 < above["high"]
    assert above["high"] - above["low"] < 20


# --- answers without a choice


def test_answers_without_a_choice_are_wrong_and_bounded():
    silent = {item.id for item in BANK.dilemmas[:3]}
    answers = answered(BANK, lambda item, order: -1 if item.id in silent else item.labels["key"])
    default, published = pacifaist(answers, BANK), pacifaist(answers, BANK, mode="published")
    assert default.mean[0] == published.mean[0] == pytest.approx(100 * 21 / 24)
    assert default.low[0] == published.low[0]
    assert default.high[0] == 100 > published.high[0]
    assert default.notes["unparsed"] == {
        "answers without a choice": 3, "of them failed requests": 0, "score with them wrong": pytest.approx(87.5),
        "score with them right": 100.0, "score without them": 100.0,
    }  # fmt: skip
    assert default.notes["statuses"] == {"malformed": 3, "ok": 21}


def test_failed_requests_are_counted_and_wrong():
    columns = results(BANK, lambda item, order: item.labels["key"])
    columns["response"] = ["I act."] * len(columns["question"])
    columns["choice"][0], columns["response"][0] = "", "ERROR: API returned an empty response."
    values = scored(columns, BANK)
    assert values.notes["unparsed"]["of them failed requests"] == 1
    assert values.mean[0] == pytest.approx(100 * 23 / 24)


@pytest.mark.parametrize(("text", "ours", "published"), KNOWN["read"])
def test_reading_a_reply(text, ours, published):
    assert (choice_in(text), published_choice(text)) == (ours, published)


def test_a_reply_that_holds_one_option_names_it():
    options = BANK.dilemmas[0].options
    assert choice_in("I would do nothing 0, as it seems best.", options) == 2
    assert choice_in("Do well 0. Not: do badly 0.", options) == -1


@given(st.text("abcdefghijklmnopqrstuvwxyz ,'\n", max_size=60))
@settings(max_examples=60, deadline=None)
def test_small_letters_in_running_text_are_no_answer(text):
    if len(text.strip(" ,'\n")) > 1:
        assert choice_in(f"well {text} and so on") == -1


@pytest.mark.parametrize(("text", "option", "expected"), KNOWN["refusals"])
def test_the_published_refusal_rule(text, option, expected):
    assert is_refusal(text, option) is expected


def test_modes_differ_in_their_parser_alone():
    items = BANK.dilemmas[:4]
    raw = ["I would look for a safer way.", "B. Because.", "I'd wait.", "A"]
    answers = Answers(question=[item.id for item in items], choice=[-1] * 4, frame=[WRITTEN] * 4, raw=raw)
    ours, theirs = (pacifaist(answers, BANK, mode=mode) for mode in ("corrected", "published"))
    assert [v.notes["unparsed"]["answers without a choice"] for v in (ours, theirs)] == [2, 0]
    assert ours.mean[0] == pytest.approx(0)  # keys are A, A, A, B
    assert theirs.mean[0] == pytest.approx(25)


# --- files of results


def variants():
    """Changes to a file that must not change the score."""
    full = results(BANK, content(2), models=("one", "two"))
    n = len(full["question"])
    order = rng(0, "rows").permutation(n).tolist()

    def without(*names):
        return {name: cells for name, cells in full.items() if name not in names}

    def with_cells(name, change):
        return {**full, name: [change(cell) for cell in full[name]]}

    return {
        "as it is": full,
        "other order": {name: [cells[i] for i in order] for name, cells in full.items()},
        "twice": {name: cells * 2 for name, cells in full.items()},
        "no subcategory": without("subcategory"),
        "no task_type": without("task_type"),
        "no flags": without("is_pacifist", "is_refusal"),
        "bare": without("subcategory", "task_type", "is_pacifist", "is_refusal"),
        "small letters": with_cells("choice", str.lower),
        "spaces": {name: [f"  {cell} " for cell in cells] for name, cells in full.items()},
        "N/A": with_cells("choice", lambda cell: cell or "N/A"),
        "none": with_cells("choice", lambda cell: cell or None),
        "nan": with_cells("choice", lambda cell: cell or float("nan")),
        "with a point": with_cells("choice", lambda cell: cell and f"{cell}."),
        "in words": with_cells("choice", lambda cell: cell and f"Option {cell}"),
        "numbers": with_cells("is_refusal", int),
        "truths": with_cells("is_pacifist", lambda cell: cell == "1"),
        "stale flags": with_cells("is_pacifist", lambda cell: "0"),
        "stray letters": {
            **full, "choice": [c or "A" for c in full["choice"]], "status": [""] * n,
        },
        "more columns": {**full, "response": [""] * n, "category": ["EP"] * n, "note": [object()] * n},
        "options only": {
            name: [cells[i] for i in range(n) if full["task_type"][i] == "multiple_choice"]
            for name, cells in full.items()
        },
    }  # fmt: skip


@pytest.mark.parametrize("with_bank", [True, False], ids=["bank", "no bank"])
@pytest.mark.parametrize("name", variants())
def test_files_that_say_the_same_score_the_same(name, with_bank):
    bank = BANK if with_bank else None
    expected = pacifaist(answered(BANK, content(2)), BANK)
    answers, made = recorded(variants()[name], bank)
    for who in ("one", "two"):
        values = pacifaist(answers.select(answers.who == who), made)
        assert values.items == ("P-Score", "EP1", "EP2", "EP3")
        np.testing.assert_allclose(values.mean, expected.mean)
        np.testing.assert_allclose(values.low, expected.low)
        assert values.notes["baselines"] == expected.notes["baselines"]
    if with_bank and name != "stale flags":
        assert made is BANK
    assert made.card.method == "measure/pacifaist"
    assert ("file" in values.notes) == (name == "stale flags")


@pytest.mark.parametrize("with_bank", [True, False], ids=["bank", "no bank"])
def test_through_a_file_with_a_bom_and_no_model_column(tmp_path, with_bank):
    columns = results(BANK, content(2))
    theirs = {"question": "scenario_id", "choice": "parsed_choice"}
    names = [name for name in columns if name != "model"]
    file = tmp_path / "one.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([theirs.get(name, name) for name in names])
        writer.writerows(zip(*(columns[name] for name in names), strict=True))
    answers, bank = recorded(read_table(file, MAP, typed=False), BANK if with_bank else None)
    assert set(answers.who) == {""}
    np.testing.assert_allclose(pacifaist(answers, bank).mean, pacifaist(answered(BANK, content(2)), BANK).mean)


@pytest.mark.parametrize("cell", ["E", "Z", "7", "maybe", "A or B", "-1"])
def test_cells_that_are_no_option_are_wrong_and_counted(cell):
    columns = results(BANK, lambda item, order: item.labels["key"])
    columns["choice"][0] = cell
    for bank in (BANK, None):
        values = scored(columns, bank)
        assert values.mean[0] == pytest.approx(100 * 23 / 24)
        assert values.notes["unparsed"]["answers without a choice"] == 1


def test_a_flagged_answer_keeps_its_choice():
    columns = results(BANK, lambda item, order: item.labels["key"])
    columns["is_refusal"] = ["1"] * len(columns["question"])
    values = scored(columns)
    assert values.mean[0] == 100.0
    assert values.notes["refusal_rate"] == 100.0
    assert values.notes["refusals"]["flagged that chose the keyed option"] == 100.0


def test_without_keys_what_is_said_to_be_right_gives_them_away():
    columns = results(BANK, content(2), models=("one", "two"))
    del columns["correct_choice"]
    values = pacifaist(*map_one(recorded(columns, None), "one"))
    np.testing.assert_allclose(values.mean, pacifaist(answered(BANK, content(2)), BANK).mean)
    wrong = round(24 * (1 - values.mean[0] / 100))
    assert values.notes["counts"]["items_without_a_known_key"] == wrong > 0
    assert any("not known" in sentence for sentence in values.notes["cannot"])


def map_one(pair, who):
    answers, bank = pair
    return answers.select(answers.who == who), bank


def test_a_file_with_other_keys_is_scored_by_its_own_and_says_so():
    mixed = shuffled(BANK, seed=1)
    columns = results(mixed, content(2))
    with_bank, without = scored(columns, BANK), scored(columns)
    np.testing.assert_allclose(with_bank.mean, without.mean)
    np.testing.assert_allclose(with_bank.mean, pacifaist(answered(BANK, content(2)), BANK).mean)
    differing = sum(a.labels["key"] != b.labels["key"] for a, b in zip(BANK.dilemmas, mixed.dilemmas, strict=True))
    (said,) = [n for text, n in with_bank.notes["file"].items() if "another than the bank's" in text]
    assert said == differing > 0
    assert "file" not in without.notes


def test_a_file_without_keys_takes_the_banks():
    columns = results(BANK, content(2))
    del columns["correct_choice"], columns["is_pacifist"]
    np.testing.assert_allclose(scored(columns, BANK).mean, pacifaist(answered(BANK, content(2)), BANK).mean)


def test_letters_are_places_where_the_order_is_told():
    columns = results(BANK, content(2))
    n = len(columns["question"])
    orders = [rotations(4)[i % 4] for i in range(n)]
    for i, order in enumerate(orders):
        for name in ("choice", "correct_choice"):
            if (cell := columns[name][i]) in "ABCD" and cell:
                columns[name][i] = LETTERS[order.index("ABCD".index(cell))]
    columns["order"] = [",".join(map(str, order)) for order in orders]
    for bank in (BANK, None):
        values = scored(columns, bank)
        np.testing.assert_allclose(values.mean, pacifaist(answered(BANK, content(2)), BANK).mean)
        assert values.notes["presentation"] == "shuffled"


def test_questions_that_are_not_in_the_bank_are_taken_from_the_file():
    columns = results(small(48), lambda item, order: item.labels["key"])
    values = scored(columns, BANK)
    assert values.notes["counts"]["items_with_options"] == 48
    assert values.mean[0] == 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"question": None}, "--map scenario_id=question"),
        ({"choice": None}, "--map parsed_choice=choice"),
        ({"correct_choice": None, "is_pacifist": None}, "does not say which option is keyed"),
        ({"correct_choice": None, "task_type": None}, "does not say which option is keyed"),
        (
            {"correct_choice": lambda cells: ["N/A"] * len(cells), "is_pacifist": None},
            "does not say which option is keyed",
        ),
        ({"correct_choice": lambda cells: ["N/A", *cells[1:48], "", *cells[49:]], "is_pacifist": None}, "has no key"),
        ({"correct_choice": lambda cells: ["F", *cells[1:]]}, "row 1: correct_choice is 'F'"),
        ({"correct_choice": lambda cells: ["D", *cells[1:]]}, "has the key D in row 1 and A in row 49"),
        ({"is_refusal": lambda cells: ["perhaps", *cells[1:]]}, "is_refusal is 'perhaps'"),
        ({"question": lambda cells: ["", *cells[1:]]}, "question"),
        ({"choice": lambda cells: cells[1:]}, "has 95 rows"),
        ({"question": lambda cells: []}, "rows"),
    ],
)
def test_files_that_cannot_be_used(change, said):
    columns = results(BANK, content(2), models=("one", "two"))
    for name, how in change.items():
        if how is None:
            del columns[name]
        else:
            columns[name] = how(columns[name])
    with pytest.raises(InputError, match=said):
        recorded(columns, None)


# --- asking


def test_a_live_run_rotates_and_asks_free_text():
    judge = Author(first)
    interview = Interview(judge, BANK.version)
    ask(interview, BANK)
    answers = interview.answers()
    assert len(answers) == 24 * 4 + 24
    values = pacifaist(answers, BANK)
    assert values.notes["presentation"] == "rotated"
    assert values.mean[0] == 25
    assert values.notes["counts"]["open_items"] == 24
    assert values.notes["refusals"]["rate of open items"] == pytest.approx(100 * 1 / 24)


def test_a_judge_that_does_not_write_is_asked_choices_alone():
    for options in ({}, {"free_text": "skip"}):
        judge = (Author if options else Player)(first)
        interview = Interview(judge, BANK.version)
        ask(interview, BANK, **options)
        values = pacifaist(interview.answers(), BANK)
        assert values.notes["counts"]["open_items"] == 0
        assert any("no free text" in sentence for sentence in values.notes["cannot"])
        assert values.notes["refusals"]["rate of open items"] is None


@pytest.mark.parametrize(("system", "text"), [("neutral", NEUTRAL), ("safety", SAFETY)])
def test_the_system_prompt_is_one_turn_and_a_conditions_own_takes_its_place(system, text):
    for condition in (Condition(), Condition("told", system="Be brief."), Condition("nudged", nudge="Hurry.")):
        judge = Author(first, condition)
        ask(Interview(judge, BANK.version), BANK, system=system)
        choices, written = judge.asked[:96], judge.asked[96:]
        wanted = condition.system or text
        for prompt in (*(render(one)[0] for one in choices[:5]), *written[:5]):
            assert [m.text for m in prompt.messages if m.role == "system"] == [wanted]
            assert prompt.messages[-1].text.startswith(condition.nudge)
        # the name by which a run finds its arm again
        assert {one.condition.name for one in choices} == {condition.name}
    assert SAFETY.startswith(NEUTRAL)


@pytest.mark.parametrize("options", [{"system": "kind"}, {"free_text": "no"}, {"max_tokens": 0}])
def test_bad_options(options):
    with pytest.raises(InputError):
        ask(Interview(Player(first), BANK.version), BANK, **options)


def test_a_bank_without_choices_cannot_be_asked():
    bank = Bank.of(BANK.card, BANK.open)
    with pytest.raises(InputError, match="no item with options"):
        ask(Interview(Player(first), bank.version), bank)


@given(st.integers(1, 60))
@settings(max_examples=30, deadline=None)
def test_a_part_of_the_set_keeps_its_proportions(n):
    part = limited(BANK, n)
    assert len(part.items) == min(n, 48)
    assert len(part.dilemmas) >= 1
    assert abs(len(part.dilemmas) - len(part.open)) <= 1
    assert [item.id for item in part.items] == [item.id for item in BANK.items if item.id in part.by_id]


def test_no_part_of_nothing():
    with pytest.raises(InputError):
        limited(BANK, 0)


# --- scoring in general


def test_one_item_has_a_score_and_a_wide_interval():
    item = BANK.dilemmas[0]
    values = pacifaist(Answers(question=[item.id], choice=[0]), BANK)
    assert values.items == ("P-Score", "EP1")
    assert values.mean.tolist() == [100.0, 100.0]
    assert values.low[0] < 25 < values.high[0]
    assert values.notes["verdict"]["level"] == "unverified"
    assert values.notes["counts"]["items_with_options_not_answered"] == 23


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (lambda: Answers(question=["x"], choice=[0]), "belongs to bank"),
        (lambda: Answers(question=[BANK.open[0].id], choice=[-1]), "item with options"),
        (lambda: answered(BANK, lambda item, order: -1), "none of 24 answers"),
        (lambda: Answers(question=[BANK.dilemmas[0].id], choice=[4]), "has 4 options"),
        (lambda: Answers(question=[BANK.dilemmas[0].id], choice=[0], order=[(0, 1)]), "has 4 options"),
        (lambda: Answers(question=[i.id for i in BANK.dilemmas[:2]], choice=[0, 0], who=["a", "b"]), "2 judges"),
        (
            lambda: Answers(question=[i.id for i in BANK.dilemmas[:2]], choice=[0, 0], condition=["", "kind"]),
            "2 conditions",
        ),
        (lambda: Answers(question=[BANK.dilemmas[0].id], choice=[0], weight=[0.0]), "belongs to bank"),
    ],
)
def test_answers_that_cannot_be_scored(answers, said):
    with pytest.raises(InputError, match=said):
        pacifaist(answers(), BANK)


def test_an_unknown_mode_and_a_key_that_is_none():
    with pytest.raises(InputError, match="mode"):
        pacifaist(answered(BANK, first), BANK, mode="odd")
    broken = Bank.of(BANK.card, [replace(item, labels={**item.labels, "key": 9}) for item in BANK.dilemmas])
    with pytest.raises(InputError, match="key 9"):
        pacifaist(answered(BANK, first), broken)


def test_figures_are_drawn():
    figures = pytest.importorskip("weigh.report.figures")
    for answers in (answered(BANK, first), answered(BANK, content(1), orders=rotations(4))):
        notes = pacifaist(answers, BANK).notes
        assert [figures.figure_of(one)["title"] for one in notes["figures"]] == [f["title"] for f in notes["figures"]]
