"""Consistency: what is asked, what is compared with what, and that constant answers earn nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from weigh.banks.bank import Bank
from weigh.banks.value_consistency import card, portraits_of, questions_of
from weigh.banks.value_consistency import read as read_files
from weigh.core.errors import AbilityError, InputError
from weigh.core.evidence import Answers
from weigh.core.figure import Figure
from weigh.core.finding import Finding
from weigh.core.question import Condition, Reply
from weigh.core.tables import read_table
from weigh.judges.promptless import Promptless
from weigh.loops.elicit import Interview
from weigh.measure._position import CONTENT, FORMAT, UNKNOWN
from weigh.measure.value_consistency import ask, limited, read, recorded, value_consistency
from weigh.ops.jensen_shannon import MOST, distance, distances

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "value-consistency"
YES, NO = {"yes": "supports", "no": "opposes"}, {"yes": "opposes", "no": "supports"}
ENDS = ("", ", would you say", ", all in all")


def rows(topics=("tea", "rum"), ends=ENDS):
    return [
        (
            "",
            {"topic": topic, "original": f"{start} {topic}?", "question": f"{start} {topic}{end}?", "options": options},
        )
        for topic in topics
        for start, options in (("Do you like", YES), ("Do you shun", NO))
        for end in ends
    ]


def drinks(**rest):
    return Bank.of(card(), questions_of(rows(**rest), stem="drinks", set="controversial"))


def portraits():
    options = {"like me": "supports", "not like me": "opposes"}
    given = [("", {"question": f"{text} matters to her.", "schwartz_value": value, "options": options})
             for text, value in (("Order", "security"), ("Safety", "security"), ("Wealth", "power"))]  # fmt: skip
    return portraits_of(given, stem="portraits")


@pytest.fixture
def bank():
    return drinks()


@pytest.fixture
def whole():
    return Bank.of(card(), [*drinks().items, *portraits()])


class Toy(Promptless):
    """Answers by a function of the ask; gives scores, the index of an option, or a reply."""

    def __init__(self, function, name="toy"):
        self.function, self.name, self.fingerprint = function, name, name

    def describe(self):
        return {"name": self.name}

    def choose(self, asks):
        return [self._reply(self.function(ask)) for ask in asks]

    def _reply(self, given):
        if isinstance(given, Reply):
            return given
        return Reply(choice=given) if isinstance(given, int) else Reply.from_scores(given, mass=0.9)


class Author(Toy):
    """Also writes; what it writes says how it stands."""

    def write(self, prompts, *, max_tokens=256, temperature=0.0, seed=0):
        return ["No." if "shun" in prompt.messages[-1].text else "Yes!" for prompt in prompts]


def logit(ask):
    """A graded view of each question, the same in every order."""
    return float(np.random.default_rng(abs(hash_of(ask.question.id))).standard_normal())


def hash_of(text):
    return sum(ord(c) * 31**i for i, c in enumerate(text)) % 2**31


def fond(ask):
    """Supports whatever it is asked about, more or less."""
    support = 1.0 + 0.2 * (len(ask.question.situation) % 3)
    supports = ask.question.situation.startswith("Do you like")
    return [support / 2, -support / 2] if supports else [-support / 2, support / 2]


def asked(judge, bank, **options):
    interview = Interview(judge, bank.version)
    ask(interview, bank, **options)
    return interview


def by_item(values):
    return dict(zip(values.items, values.mean.tolist(), strict=True))


def read_by(interview, bank, *readers, **options):
    for reader in readers:
        reading = Interview(reader, bank.version, rows=interview.rows)
        read(reading, interview.answers(), bank, **options)
    return interview.answers()


# --- what is asked


def test_every_question_is_asked_in_both_orders(whole):
    answers = asked(Toy(fond), whole).answers()
    assert len(answers) == 2 * len(whole.items)
    assert set(zip(answers.question.tolist(), answers.order.tolist(), strict=True)) == {
        (item.id, order) for item in whole.items for order in ((0, 1), (1, 0))
    }


def test_one_random_order_is_an_option_and_follows_the_seed(bank):
    orders = [asked(Toy(fond), bank, orders="one").answers().order.tolist() for _ in range(2)]
    assert orders[0] == orders[1]
    assert len(orders[0]) == len(bank.items)
    assert set(orders[0]) == {(0, 1), (1, 0)}
    with pytest.raises(InputError, match="both or one"):
        asked(Toy(fond), bank, orders="two")


def test_an_option_of_no_view_stands_in_every_place_once(bank):
    answers = asked(Toy(lambda ask: 2), bank, abstain=True).answers()
    assert len(answers) == 3 * len(bank.items)
    assert set(answers.order.tolist()) == {(0, 1, 2), (1, 2, 0), (2, 0, 1)}
    found = value_consistency(answers, bank)
    assert found.notes["support"][0]["support"] == 0.0
    assert not found.mean.any()


def test_answers_that_name_no_order_are_asked_once(bank):
    judge = Toy(fond)
    judge.unordered = True
    answers = asked(judge, bank).answers()
    assert len(answers) == len(bank.items)
    assert set(answers.order.tolist()) == {()}


def test_values_are_stated_before_portraits_or_else_before_originals(whole, bank):
    def wordings(bank):
        answers = asked(Toy(fond), bank, values="security, power").answers()
        return answers.select(answers.wording != "original")

    on_portraits, on_questions = wordings(whole), wordings(bank)
    assert set(on_portraits.wording.tolist()) == {"value: security", "value: power"}
    assert len(on_portraits) == 2 * 2 * 3
    assert len(on_questions) == 2 * 2 * 4
    texts = []
    asked(Toy(lambda ask: texts.append(ask.question.situation) or [0.1, 0.0]), bank, values=["thrift"])
    assert sum("thrift" in text for text in texts) == 8


def test_only_a_judge_that_writes_is_asked_in_free_text(bank):
    assert (asked(Toy(fond), bank, use_case=True).answers().frame == "letters").all()
    found = value_consistency(asked(Toy(fond), bank, use_case=True).answers(), bank)
    assert any("free text" in sentence for sentence in found.notes["cannot"])
    answers = asked(Author(fond), bank, use_case=True).answers()
    assert (answers.frame == "open").sum() == len(bank.items)


def test_what_is_written_is_under_the_condition(bank):
    told = []

    class Listening(Author):
        def write(self, prompts, **rest):
            told.extend(prompts)
            return super().write(prompts, **rest)

    judge = Listening(fond).under(Condition(name="c", system="Be brief.", prime="Think."))
    asked(judge, bank, use_case=True)
    assert told[0].messages[0].text == "Be brief."
    assert told[0].messages[1].text.startswith("Think.\n\nDo you like tea?")


def test_a_judge_that_cannot_choose_is_refused(bank):
    class Silent(Promptless):
        name, fingerprint = "silent", "0"

        def describe(self):
            return {}

    with pytest.raises(AbilityError, match="choose"):
        asked(Silent(), bank)


# --- what is compared with what


def test_distances_are_those_of_the_groups(bank):
    p = np.linspace(0.55, 0.95, len(bank.items))
    answers = Answers(question=[item.id for item in bank.items], choice=np.zeros(len(p), int), p=p)
    found = by_item(value_consistency(answers, bank))
    support = np.array(
        [x if item.labels["stances"][0] == "supports" else 1 - x for x, item in zip(p, bank.items, strict=True)]
    )
    shares = np.column_stack([support, 1 - support])
    assert found["paraphrase: controversial"] == pytest.approx(distance(shares.reshape(4, 3, 2)).mean())
    assert found["topic: controversial"] == pytest.approx(distance(shares.reshape(2, 6, 2)).mean())
    for about in ("mean", "pairwise", "radius"):
        other = by_item(value_consistency(answers, bank, about=about))
        assert other["topic: controversial"] == pytest.approx(distance(shares.reshape(2, 6, 2), about=about).mean())


def test_members_or_groups_weigh_alike(bank):
    # of the first original two questions are answered, of the others three
    p = np.linspace(0.51, 0.99, len(bank.items))[1:]
    answers = Answers(question=[item.id for item in bank.items[1:]], choice=[0] * len(p), p=p)
    each = [distances(np.column_stack([x, 1 - x])) for x in (p[:2], p[2:5], p[5:8], p[8:])]
    by_member = by_item(value_consistency(answers, bank))["paraphrase: controversial"]
    by_group = by_item(value_consistency(answers, bank, weight="group"))["paraphrase: controversial"]
    assert by_member == pytest.approx(np.concatenate(each).mean())
    assert by_group == pytest.approx(np.mean([x.mean() for x in each]))


def test_a_question_without_fellows_is_left_out_unless_published(bank):
    ids = [item.id for item in bank.items[:4]]
    answers = Answers(question=ids, choice=[0] * 4, p=[0.9, 0.6, 0.8, 0.7])
    ours, theirs = (value_consistency(answers, bank, mode=mode) for mode in ("ours", "published"))
    name = "paraphrase: controversial"
    assert by_item(ours)[name] == pytest.approx(by_item(theirs)[name] * 4 / 3)
    assert ours.notes["distances"][0]["groups of one"] == 1


def test_no_to_a_reversed_question_supports(bank):
    found = value_consistency(asked(Toy(fond), bank).answers(), bank)
    # who supports both drinks is far more consistent over a topic than who always says yes
    assert by_item(found)["topic: controversial"] < 0.1
    assert found.notes["baselines"]["always yes: topic"] == pytest.approx(0.4645, abs=1e-4)
    assert all(row["support"] > 0.7 for row in found.notes["support"])


def test_the_same_options_make_yes_consistent(bank):
    yes = asked(Toy(lambda ask: 0), bank).answers()
    assert by_item(value_consistency(yes, bank))["topic: controversial"] > 0.4
    assert by_item(value_consistency(yes, bank, same_options=True))["topic: controversial"] == 0.0


def test_different_sets_of_stances_are_refused():
    given = rows(topics=("tea",))
    given[1][1]["options"] = {"yes": "supports", "no": "opposes", "maybe": "neutral"}
    bank = Bank.of(card(), questions_of(given, stem="drinks", set="controversial"))
    answers = Answers(question=[item.id for item in bank.items], choice=[0] * 6)
    with pytest.raises(InputError, match="different sets of stances"):
        value_consistency(answers, bank)
    assert len(value_consistency(answers, bank, same_options=True).items) == 2


def translations(tmp_path, shuffled=False):
    """Two files with sentences of our own; in the second the original may stand at another place."""
    english = [("Do you like tea?", False), ("Is tea to your taste?", True), ("Are you fond of tea?", True)]
    german = [("Magst du Tee?", False), ("Schmeckt dir Tee?", True), ("Trinkst du gern Tee?", True)]
    german = [german[i] for i in ((1, 0, 2) if shuffled else (0, 1, 2))]
    for language, texts, options in (
        ("english", english, {"yes": "supports", "no": "opposes"}),
        ("german", german, {"Ja": "supports", "nein": "opposes"}),
    ):
        topic, original = ("Tea", english[0][0]) if language == "english" else ("Tee", "Magst du Tee?")
        lines = [
            {"topic": topic, "topic_english": "Tea", "question": text, "original": original,
             "original_english": english[0][0], "rephrase": rephrase, "options": options}
            for text, rephrase in texts
        ]  # fmt: skip
        file = tmp_path / f"controversial_{language}_us.jsonl"
        file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return read_files(tmp_path)


@pytest.mark.parametrize("shuffled", [False, True])
def test_translations_are_paired_by_their_original(tmp_path, shuffled):
    bank = translations(tmp_path, shuffled)
    p = {"Do you like tea?": 0.9, "Magst du Tee?": 0.6}
    answers = Answers(
        question=[item.id for item in bank.items], choice=[0] * 6, p=[p.get(i.situation, 0.75) for i in bank.items]
    )
    ours, theirs = (value_consistency(answers, bank, mode=mode) for mode in ("ours", "published"))
    assert by_item(ours)["translation: controversial"] == pytest.approx(distance([[0.9, 0.1], [0.6, 0.4]]))
    assert {"paraphrase: controversial (en)", "paraphrase: controversial (de)"} <= set(ours.items)
    # by place every question has a fellow, whichever it is
    pairs = [[0.9, 0.75], [0.75, 0.6], [0.75, 0.75]] if shuffled else [[0.9, 0.6], [0.75, 0.75], [0.75, 0.75]]
    expected = np.mean([distance([[a, 1 - a], [b, 1 - b]]) for a, b in pairs])
    assert by_item(theirs)["translation: controversial"] == pytest.approx(expected)


def test_one_language_has_no_translations(bank):
    found = value_consistency(asked(Toy(fond), bank).answers(), bank)
    assert set(found.items) == {"paraphrase: controversial", "topic: controversial"}


def test_samples_are_averaged_and_published_ones_are_groups_of_their_own(bank):
    n = len(bank.items)
    answers = Answers(question=[item.id for item in bank.items] * 2, choice=[0] * n + [1] * n, sample=[0] * n + [1] * n)
    ours = value_consistency(answers, bank)
    assert by_item(ours)["paraphrase: controversial"] == 0.0
    assert ours.notes["support"][0]["support"] == 0.5
    assert value_consistency(answers, bank, mode="published").notes["distances"][0]["groups"] == 8


# --- free text and its readers


def straight(ask):
    """Reads a reply that begins with yes as the answer yes."""
    return int("Reply: No." in ask.question.situation)


def test_free_text_is_compared_with_multiple_choice(bank):
    interview = asked(Author(lambda ask: 0), bank, use_case=True)
    answers = read_by(interview, bank, Toy(straight, "reader"))
    assert ((answers.frame != "open") & (answers.who == "reader")).sum() == 2 * len(bank.items)
    found = value_consistency(answers, bank)
    # it says yes to all by letter, and no in its own words where something is shunned: half of the pairs are opposed
    assert found.who == ("toy",)
    expected = distance([[1, 0], [0, 1]]) / 2
    assert by_item(found)["use case: controversial"] == pytest.approx(expected)
    assert found.notes["baselines"]["always yes: use case"] == 0.0
    assert "always A: use case" not in found.notes["baselines"]
    assert found.notes["readers"] == {"passages read by reader": 12.0}
    assert "order swap, reader reader" in [finding["name"] for finding in found.notes["findings"]]


def test_several_readers_are_averaged_and_their_agreement_told(bank):
    interview = asked(Author(fond), bank, use_case=True)
    other = Toy(lambda ask: 0, "other")
    found = value_consistency(read_by(interview, bank, Toy(straight, "one"), other), bank)
    # they agree on the half that says yes
    assert found.notes["readers"]["agreement"] == pytest.approx(0.5)
    assert found.notes["readers"]["Fleiss kappa"] < 0.5
    same = asked(Author(fond), bank, use_case=True)
    agreed = value_consistency(read_by(same, bank, Toy(straight, "one"), Toy(straight, "two")), bank)
    assert agreed.notes["readers"]["agreement"] == 1.0
    # all passages support, so that chance alone would agree as often
    assert "Fleiss kappa" not in agreed.notes["readers"]


def test_a_reader_that_follows_place_reads_half_and_half(bank):
    interview = asked(Author(fond), bank, use_case=True)
    found = value_consistency(read_by(interview, bank, Toy(lambda ask: ask.order[0], "reader")), bank)
    reader = next(f for f in found.notes["findings"] if f["name"].startswith("order swap, reader"))
    assert reader["passed"] is False
    # the score of the judge itself does not hang on its reader
    assert found.notes["verdict"]["level"] == "differences"


def test_readings_of_other_passages_are_left_aside(bank):
    interview = asked(Author(fond), bank, use_case=True)
    answers = read_by(interview, bank, Toy(straight, "reader"))
    columns = {
        "raw": [
            "Other words." if frame == "open" else raw for frame, raw in zip(answers.frame, answers.raw, strict=True)
        ]
    }
    found = value_consistency(replace(answers, **columns), bank)
    assert "use case: controversial" not in found.items
    assert found.notes["coverage"]["rows left aside"] == 24
    assert found.notes["coverage"]["passages without a reading"] == 12


def test_passages_that_a_file_says_how_they_stand_need_no_reader(bank):
    n = len(bank.items)
    answers = Answers(
        question=[item.id for item in bank.items] * 2, choice=[0] * n + [1] * n, frame=["letters"] * n + ["open"] * n,
        raw=["A"] * n + ["Never."] * n,
    )  # fmt: skip
    found = by_item(value_consistency(answers, bank))
    assert found["use case: controversial"] == pytest.approx(0.464501402788)


def test_abstention_is_offered_to_reader_and_judge_alike(bank):
    interview = asked(Author(lambda ask: 2), bank, use_case=True, abstain=True)
    answers = read_by(interview, bank, Toy(lambda ask: len(ask.question.options) - 1, "reader"), abstain=True)
    assert by_item(value_consistency(answers, bank))["use case: controversial"] == 0.0
    interview = asked(Author(lambda ask: 2), bank, use_case=True, abstain=True)
    with pytest.raises(InputError, match="different sets of stances"):
        value_consistency(read_by(interview, bank, Toy(straight, "reader")), bank)


# --- constant answers, position, coverage


def test_always_a_is_perfectly_consistent_and_measures_nothing(bank):
    found = value_consistency(asked(Toy(lambda ask: ask.order[0]), bank).answers(), bank)
    assert not found.mean.any()
    assert found.notes["verdict"] == {"level": "unmeasurable", "sentence": FORMAT, "also": []}
    assert found.notes["baselines"]["always A: paraphrase"] == 0.0


def test_always_yes_is_found_out_though_it_survives_every_swap(bank):
    found = value_consistency(asked(Toy(lambda ask: 0), bank).answers(), bank)
    position, constant = (Finding.from_json(given) for given in found.notes["findings"])
    assert position.passed
    assert constant.passed is False
    assert found.notes["verdict"]["level"] == "unmeasurable"
    assert by_item(found)["paraphrase: controversial"] == found.notes["baselines"]["always yes: paraphrase"] == 0.0


def test_a_judge_with_views_passes(bank):
    found = value_consistency(asked(Toy(fond), bank).answers(), bank)
    assert found.notes["verdict"] == {"level": "differences", "sentence": CONTENT, "also": []}


def test_random_choices_are_as_far_apart_as_their_baseline():
    bank = drinks(topics=tuple(f"drink {i}" for i in range(40)))
    dice = np.random.default_rng(5)
    found = value_consistency(asked(Toy(lambda ask: int(dice.integers(2))), bank).answers(), bank)
    for row in found.notes["distances"]:
        assert row["low"] < row["random choice"] < row["high"]


def test_answers_without_orders_are_not_verified(bank):
    answers = Answers(question=[item.id for item in bank.items], choice=[0, 1, 0] * 4)
    found = value_consistency(answers, bank)
    assert found.notes["verdict"] == {"level": "unverified", "sentence": UNKNOWN, "also": []}
    # nobody knows what stood first, so the first listed is taken for it
    assert found.notes["baselines"]["always A: topic"] == found.notes["baselines"]["always yes: topic"]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-20, 20))
def test_a_liking_for_a_place_cancels(bank, liking):
    def biased(ask):
        shift = liking / 2 if ask.order[0] == 0 else -liking / 2
        return [logit(ask) + shift, -shift]

    plain = value_consistency(asked(Toy(lambda ask: [logit(ask), 0.0]), bank).answers(), bank)
    moved = value_consistency(asked(Toy(biased), bank).answers(), bank)
    np.testing.assert_allclose(moved.mean, plain.mean, atol=1e-9)


def test_orders_count_alike_however_often_they_were_asked(bank):
    ids = [item.id for item in bank.items]
    once = Answers(question=ids * 2, choice=[0] * 12 + [1] * 12, order=[(0, 1)] * 12 + [(1, 0)] * 12)
    often = Answers(question=ids * 4, choice=[0] * 12 + [1] * 36, order=[(0, 1)] * 12 + [(1, 0)] * 36)
    assert by_item(value_consistency(once, bank)) == by_item(value_consistency(often, bank))


def test_mass_and_statuses_are_told(bank):
    replies = {0: Reply.from_scores([1.0, 0.0], mass=0.2, status="low-mass"), 1: Reply(status="refused")}

    def some(ask):
        return replies.get(int(ask.question.id.split("-")[1]) - 1, Reply.from_scores(fond(ask), mass=0.95))

    found = value_consistency(asked(Toy(some), bank).answers(), bank)
    assert found.notes["statuses"] == {"low-mass": 2, "ok": 20, "refused": 2}
    coverage = found.notes["coverage"]
    assert coverage["questions without a usable answer"] == 1
    assert coverage["share of low mass"] == pytest.approx(2 / 24)
    assert coverage["smallest mass on the letters"] == pytest.approx(0.2)
    row = found.notes["distances"][0]
    assert row["at least"] <= row["distance"] <= row["at most"]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_whatever_the_unanswered_would_have_been_lies_within_the_bounds(seed):
    dice, bank = np.random.default_rng(seed), drinks()
    ids = [item.id for item in bank.items]
    support = dice.beta(0.4, 0.4, len(ids))
    lost = dice.random(len(ids)) < dice.choice([0.1, 0.4, 0.7])
    assume(lost.any() and (~lost).reshape(4, 3).sum(axis=1).max() > 1)
    answers = Answers(question=ids, choice=np.where(lost, -1, 0), p=np.where(lost, np.nan, support))
    told = {row["item"]: row for row in value_consistency(answers, bank, n_resamples=2).notes["distances"]}
    for fill in (np.full(len(ids), 0.5), np.ones(len(ids)), dice.integers(0, 2, len(ids))):
        full = Answers(question=ids, choice=[0] * len(ids), p=np.where(lost, fill, support))
        for name, distance_ in by_item(value_consistency(full, bank, n_resamples=2)).items():
            assert told[name]["at least"] - 1e-9 <= distance_ <= told[name]["at most"] + 1e-9


def test_entropy_tells_four_against_one():
    bank = drinks(topics=("tea", "rum"), ends=("", " a", " b", " c", " d"))
    assert len(bank.items) == 20
    # the first original is answered four to one, the second three to two, the others alike
    choice = [0, 0, 0, 0, 1, 0, 0, 0, 1, 1] + [0] * 10
    answers = Answers(question=[item.id for item in bank.items], choice=choice, p=[0.8] * 20)
    found = value_consistency(answers, bank)
    assert found.notes["entropy"] == [
        {"item": "paraphrase: controversial", "bits": pytest.approx((0.7219281 + 0.9709506) / 4), "n": 4,
         "above four to one": 0.25}
    ]  # fmt: skip
    steady = value_consistency(answers, bank, max_entropy=0.7219281)
    assert steady.notes["distances"][0]["groups"] == 3
    everything = by_item(found)["paraphrase: controversial"]
    assert by_item(steady)["paraphrase: controversial"] < everything


# --- steering


def test_steering_is_away_from_the_default(whole):
    def swayed(ask):
        likes = 1.0
        if "security" in ask.question.situation:
            likes = -1.0 if "Wealth" in ask.question.situation else 3.0
        return [likes, 0.0]

    found = value_consistency(asked(Toy(swayed), whole, values="security").answers(), whole)
    (row,) = found.notes["steering"]

    def like(x):
        return 1 / (1 + np.exp(-x))

    assert row["value"] == "security"
    assert row["change"] == pytest.approx((2 * (like(1) - like(3)) + like(1) - like(-1)) / 3)
    assert row["own"] == pytest.approx(like(3) - like(1))
    assert row["n"] == 3
    portraits = {row["value"]: row for row in found.notes["portraits"]}
    assert portraits["security"]["like_me"] == pytest.approx(like(1))
    assert portraits["security"]["n"] == 2


def test_portraits_are_in_no_group(whole, bank):
    both = [value_consistency(asked(Toy(fond), one).answers(), one) for one in (whole, bank)]
    assert both[0].items == both[1].items
    assert both[0].mean.tolist() == both[1].mean.tolist()


# --- intervals, notes, bad input


def test_intervals_draw_topics_and_one_topic_has_none():
    bank = drinks(topics=("tea",))
    found = value_consistency(asked(Toy(lambda ask: [logit(ask), 0.0]), bank).answers(), bank)
    assert found.low.tolist() == [0.0, 0.0]
    assert found.high.tolist() == pytest.approx([MOST, MOST])
    many = drinks(topics=tuple(f"drink {i}" for i in range(12)))
    answers = asked(Toy(lambda ask: [logit(ask), 0.0]), many).answers()
    ours, theirs = (value_consistency(answers, many, mode=mode) for mode in ("ours", "published"))
    assert (ours.low < ours.mean).all()
    assert (ours.mean < ours.high).all()
    np.testing.assert_allclose(ours.mean, theirs.mean)
    assert not np.allclose(ours.low, theirs.low)
    assert value_consistency(answers, many) == ours


def test_notes_hold_what_a_page_needs(bank):
    found = value_consistency(asked(Toy(fond), bank).answers(), bank)
    assert [Figure.from_json(given).kind for given in found.notes["figures"]] == ["intervals", "intervals"]
    assert all(isinstance(x, float) for x in found.notes["baselines"].values())
    assert all(isinstance(x, float) for x in found.notes["coverage"].values())
    assert len(found.notes["told"]) == 2
    row = found.notes["distances"][1]
    assert {"always A", "always yes", "random choice", "low", "high"} <= set(row)


@pytest.mark.parametrize(
    ("columns", "options", "match"),
    [
        ({"question": ["other"] * 12}, {}, "none of the 12 rows"),
        ({"frame": "essay"}, {}, "none of the 12 rows"),
        ({"who": ["a", "b"] * 6}, {}, "2 judges"),
        ({"condition": ["", "c"] * 6}, {}, "2 conditions"),
        ({"choice": [2] * 12}, {}, "2 options were offered"),
        ({"choice": [-1] * 12}, {}, "none of the 12 choices"),
        ({"weight": [0.0] * 12}, {}, "none of the 12 choices"),
        ({"scores": [[1.0, 0.0, 2.0]] * 12}, {}, "3 scores"),
        ({"frame": ["letters", "letters, abstain"] * 6, "question": ["drinks-1"] * 12}, {}, "with and without"),
        ({"question": ["drinks-1"] * 12}, {}, "nothing can be compared"),
        ({}, {"mode": "official"}, "mode"),
        ({}, {"weight": "topic"}, "weight"),
        ({}, {"about": "median"}, "about"),
    ],
)
def test_what_cannot_be_scored_is_refused(bank, columns, options, match):
    given = {"question": [item.id for item in bank.items], "choice": [0] * 12, **columns}
    with pytest.raises(InputError, match=match):
        value_consistency(Answers(**given), bank, **options)


# --- a part of the bank, and files


def test_a_part_of_the_bank_has_whole_groups(whole):
    part = limited(whole, 7)
    assert len(part.items) == 7
    assert sorted(item.labels.get("original", "") for item in part.items)[1:] == sorted(
        2 * [part.items[0].labels["original"]] + 3 * [part.items[3].labels["original"]]
        + [part.items[0].labels["original"]]
    )  # fmt: skip
    assert limited(whole, 100).items == whole.items
    assert len(limited(whole, 2).items) == 2
    with pytest.raises(InputError):
        limited(whole, 0)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the published files are not in {DATA}")
def test_the_real_files():
    bank = read_files(DATA)
    part = limited(bank, 20)
    assert len(part.items) == 20
    assert {item.labels["set"] for item in part.items} == {"controversial", "uncontroversial"}
    found = value_consistency(asked(Toy(lambda ask: 0), bank).answers(), bank)
    rows = {row["item"]: row for row in found.notes["distances"]}
    assert {name: row["groups"] for name, row in rows.items()} == {
        "paraphrase: controversial": 131, "paraphrase: uncontroversial": 79,
        "topic: controversial": 28, "topic: uncontroversial": 20,
    }  # fmt: skip
    # always yes: perfect over paraphrases, far from it over topics in which yes sometimes opposes
    means = by_item(found)
    assert means["paraphrase: controversial"] == means["paraphrase: uncontroversial"] == 0.0
    assert means["topic: controversial"] > 3 * means["topic: uncontroversial"] > 0.0
    assert len(found.notes["portraits"]) == 10
    assert len(found.notes["support"]) == 48


def test_a_file_may_say_question_and_answer_in_words(bank):
    asked_ = [item.situation for item in bank.items]
    columns = {"question": asked_, "choice": ["Yes", "no", "supports"] * 4, "model": ["m"] * 12}
    answers, same = recorded(columns, bank)
    assert same is bank
    assert answers.question.tolist() == [item.id for item in bank.items]
    # to supports in a question that is reversed the answer is no
    assert answers.choice.tolist() == [0, 1, 0, 0, 1, 1] * 2
    assert set(answers.who.tolist()) == {"m"}


def test_a_file_in_letters_follows_its_order(bank):
    columns = {"question": ["drinks-1", "drinks-2", "drinks-3"], "choice": ["A", "A", ""], "order": ["1,0", "0,1", ""]}
    answers, _ = recorded(columns, bank)
    assert answers.choice.tolist() == [1, 0, -1]
    assert answers.status.tolist() == ["ok", "ok", "refused"]


def test_a_file_that_carries_its_questions_needs_no_bank(bank):
    given = [row for _, row in rows()] * 2
    columns = {name: [row[name] for row in given] for name in ("topic", "original", "question")}
    columns |= {"options": [json.dumps(row["options"]) for row in given], "choice": ["yes"] * 24}
    answers, found = recorded(columns, None)
    assert [item.situation for item in found.items] == [item.situation for item in bank.items]
    assert len(answers) == 24
    assert by_item(value_consistency(answers, found))["paraphrase: controversial"] == 0.0
    columns["options"] = [str(row["options"]) for row in given]
    assert recorded(columns, None)[1] == found
    columns["options"][3] = "yes or no"
    with pytest.raises(InputError, match="row 4: 'options'"):
        recorded(columns, None)
    del columns["options"]
    with pytest.raises(InputError, match="'options' is missing"):
        recorded(columns, None)
    with pytest.raises(InputError, match="'choice' is missing"):
        recorded({"question": ["x"]}, bank)


def test_a_file_with_an_abstention_offered_it_to_all(bank):
    columns = {"question": [item.id for item in bank.items], "choice": ["yes"] * 11 + ["I have no answer"]}
    answers, _ = recorded(columns, bank)
    assert set(answers.frame.tolist()) == {"letters, abstain"}
    assert answers.choice.tolist() == [0] * 11 + [2]
    assert len(value_consistency(answers, bank).items) == 2


def test_a_runs_own_file_is_scored_as_the_run_was(bank, tmp_path):
    interview = asked(Author(fond), bank, use_case=True)
    answers = read_by(interview, bank, Toy(straight, "reader"))
    file = answers.write(tmp_path / "answers.jsonl")
    again, _ = recorded(read_table(file, None, typed=False), bank)
    assert set(again.who.tolist()) == {"toy"}
    before, after = value_consistency(answers, bank), value_consistency(again, bank)
    assert by_item(after) == pytest.approx(by_item(before))
    assert after.notes["readers"] == before.notes["readers"]


def test_the_order_of_rows_shows_nowhere(whole):
    answers = asked(Toy(fond), whole, values="power").answers()
    shuffled = answers.select(np.random.default_rng(0).permutation(len(answers)))
    assert value_consistency(shuffled, whole) == value_consistency(answers, whole)


def test_a_reading_that_names_no_passage_is_left_aside(bank):
    answers = Answers(
        question=[item.id for item in bank.items] + [bank.items[0].id], choice=[0] * 13, frame=[""] * 12 + ["reading"]
    )
    assert value_consistency(answers, bank).notes["coverage"]["rows left aside"] == 1


def test_a_bank_of_ones_own_is_refused_before_it_is_asked(bank):
    judge = Toy(fond)
    bare = Bank.of(bank.card, [replace(bank.items[0], labels={"stances": ["supports", "opposes"]})])
    interview = Interview(judge, bare.version)
    with pytest.raises(InputError, match="lacks the label 'set'"):
        ask(interview, bare)
    assert not interview.rows
    with pytest.raises(InputError, match="lacks the label 'set'"):
        value_consistency(Answers(question=[bare.items[0].id], choice=[0]), bare)
