"""A published instrument from bank to page: asked, read by a second judge, scored, treated, resumed, compared."""

from __future__ import annotations

import json
import sys
import types

import numpy as np
import pytest

from weigh.banks.bank import Bank, BankCard, read_bank
from weigh.banks.items import Item
from weigh.core import method
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.finding import Finding
from weigh.core.question import Ask, Condition, Prompt, Reply
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.judges.promptless import Promptless
from weigh.measure._position import position_finding, rotations, statuses, verdict_of
from weigh.pipelines.compare import compare
from weigh.pipelines.instruments import bank_for, instrument_of
from weigh.pipelines.published import measure_published, plan_published
from weigh.pipelines.record import read_record
from weigh.pipelines.score_published import score_published
from weigh.report.compare import write_comparison
from weigh.report.page import write_report

HOSTILE = "<script>alert(1)</script>"


def ask(interview, bank, *, both=True):
    """Asks the choices in one order or both, and the open questions in free text."""
    orders = rotations(2) if both else rotations(2)[:1]
    interview.ask([Ask(item.question(), "letters", order=order) for item in bank.dilemmas for order in orders])
    interview.write([Ask(item.question(), "free") for item in bank.open], lambda ask: Prompt((), text=ask.question.id))


def read(interview, answers, bank):
    """A second judge says which option a text stands for."""
    texts = {
        str(id): str(raw)
        for id, raw, frame in zip(answers.question, answers.raw, answers.frame, strict=True)
        if frame == "free"
    }
    asks = [Ask(Item(f"{id}?", text, ("good", "bad")).question(), "read", order=(0, 1)) for id, text in texts.items()]
    interview.ask(asks, what="reading")


@method.method(slug="little", paper="none", takes=(Answers, Bank), gives=Values, departs="nothing", verb="measure")
def little(answers: Answers, bank: Bank, *, shift: float = 0.0, seed: int = 0) -> Values:
    """The share of choices that fall on option 0."""
    chosen = answers.select((answers.choice >= 0) & (answers.frame != "read"))
    if len(chosen) < 2:
        raise InputError("too few answers to score; ask more")
    share = 100 * float(np.average(chosen.choice == 0, weights=chosen.weight)) + shift
    finding = position_finding(chosen)
    notes = {
        "findings": [finding.to_json()], "verdict": verdict_of([finding]), "statuses": statuses(answers),
        "baselines": {"always option 0": 100.0}, "told": f"About {HOSTILE}", "seed": seed,
        "n_read": int((answers.frame == "read").sum()),
    }  # fmt: skip
    return Values(
        ("share",),
        (str(answers.who[0]) or "x",),
        [share],
        scale=Scale("ratio", "real", "%"),
        method="measure/little",
        notes=notes,
    )


def recorded(columns, bank):
    if "choice" not in columns:
        raise InputError("there is no column choice")
    ids = [str(id) for id in columns["question"]]
    bank = bank or Bank.of(CARD, [Item(id, id, ("a", "b")) for id in dict.fromkeys(ids)])
    return Answers.from_frame(columns), bank


CARD = BankCard("little bank", licence="MIT", canary="c-17", method="measure/little")
ITEMS = [Item(f"q{i}", f"Case {i} {HOSTILE}", (f"do {i}", f"leave {i}")) for i in range(30)]
BANK = Bank.of(CARD, [*ITEMS, *(Item(f"o{i}", "Why?", kind="open") for i in range(2))])


class Judge(Promptless):
    """Takes option 0 of every third question, or what the place says; writes; counts what it is asked."""

    seeded = False

    def __init__(self, name="them", follows_place=False, stop_at=None):
        self.name, self.fingerprint = name, f"{name} {follows_place}"
        self.follows_place, self.stop_at, self.asked = follows_place, stop_at, 0

    def describe(self):
        return {
            "name": self.name,
            "kind": "a test's",
            "fingerprint": self.fingerprint,
            "condition": self.condition.name,
        }

    def choose(self, asks):
        return [self._choose(ask) for ask in asks]

    def _choose(self, ask):
        if self.asked == self.stop_at:
            raise KeyboardInterrupt
        self.asked += 1
        if self.follows_place:
            return Reply(choice=ask.order[0])
        nudged = ask.condition.name == "kind" and ask.question.id.endswith(("1", "2"))
        n = int("0" + "".join(filter(str.isdigit, ask.question.id)))
        return Reply(choice=0 if n % 3 == 0 or nudged else 1)

    def write(self, prompts, *, max_tokens=256, temperature=0.0, seed=0):
        self.asked += len(prompts)
        return [f"because {HOSTILE}" for _ in prompts]


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    module = types.ModuleType("little_instrument")
    card = method.Card(
        **{
            **{f: getattr(little.card, f) for f in little.card.__slots__},
            "address": "measure/little",
            "function": "little_instrument:little",
        }
    )
    module.ask, module.read, module.little, module.recorded = ask, read, little, recorded
    monkeypatch.setitem(sys.modules, "little_instrument", module)
    find = method.find
    monkeypatch.setattr(method, "find", lambda name: card if name in ("measure/little", "little") else find(name))


def test_a_run_is_scored_and_has_a_page(tmp_path):
    judge = Judge()
    record = measure_published(judge, BANK, tmp_path / "run")
    assert record["status"] == "complete"
    assert record["values"]["values"][0]["mean"] == pytest.approx(100 / 3)
    assert record["verdict"]["level"] == "differences"
    assert judge.asked == 30 * 2 + 2 + 2
    assert record["values"]["diagnostics"]["n_read"] == 2
    assert read_record(tmp_path / "run") == {"schema_version": 1, **json.loads(json.dumps(record))}
    again = read_bank(tmp_path / "run" / "bank")
    assert (again.card.canary, again.card.licence, len(again.items)) == ("c-17", "MIT", 32)
    text = write_report(tmp_path / "run").read_text("utf-8")
    assert "<script" not in text
    for shown in ("33.33", "always option 0", "c-17", "Choices stay the same", "questions-001"):
        assert shown in text
    behind = (tmp_path / "run" / "details" / "questions-001.html").read_text("utf-8")
    assert "<script" not in behind
    assert "because" in behind


def test_a_page_that_is_published_alone_links_to_nothing(tmp_path):
    measure_published(Judge(), BANK, tmp_path / "run")
    whole = write_report(tmp_path / "run").read_text("utf-8")
    alone = write_report(tmp_path / "run", questions=False).read_text("utf-8")
    assert 'href="run.json"' in whole
    assert "href=" not in alone
    assert "Case 1" not in alone


def test_nothing_is_asked_twice(tmp_path):
    first = measure_published(Judge(), BANK, tmp_path / "run")
    judge = Judge()
    second = measure_published(judge, BANK, tmp_path / "run")
    assert judge.asked == 0
    assert second["values"] == first["values"]
    assert second["cost"]["reused"] == 64


@pytest.mark.parametrize(("at", "why"), [(1, "nothing has been answered"), (34, None)])
def test_a_run_that_was_broken_off_goes_on(tmp_path, at, why):
    # answers are kept by batches of 32
    record = measure_published(Judge(stop_at=at), BANK, tmp_path / "run")
    assert (record["status"], record.get("why")) == ("interrupted", why)
    assert ("No score yet" in write_report(tmp_path / "run").read_text("utf-8")) == (why is not None)
    whole = measure_published(Judge(), BANK, tmp_path / "run")
    assert whole["values"] == measure_published(Judge(), BANK, tmp_path / "other")["values"]


def test_who_follows_position_is_told_so(tmp_path):
    record = measure_published(Judge(follows_place=True), BANK, tmp_path / "run")
    assert record["verdict"]["level"] == "unmeasurable"
    assert "Its choices follow the place" in write_report(tmp_path / "run").read_text("utf-8")


def test_treatments_are_compared_item_by_item(tmp_path):
    record = measure_published(Judge(), BANK, tmp_path / "run", conditions=[Condition("kind", nudge="Be kind.")])
    (effect,) = record["effects"]
    assert (effect["condition"], effect["item"]) == ("kind", "share")
    # 1, 2, 11, 22 … : of thirty, four more in each order
    assert effect["difference"] == pytest.approx(effect["other"] - effect["first"])
    assert effect["difference"] > 0
    assert effect["low"] <= effect["difference"] <= effect["high"]
    assert record["arms"]["kind"]["values"][0]["mean"] == pytest.approx(effect["other"])
    assert "What the treatments changed" in write_report(tmp_path / "run").read_text("utf-8")


def test_options_reach_the_part_that_knows_them(tmp_path):
    judge = Judge()
    options = {"both": False, "shift": 1.0}
    record = measure_published(judge, BANK, tmp_path / "run", options=options, limit=10)
    assert record["verdict"]["level"] == "unverified"
    assert record["bank"]["n_items"] == 10
    assert record["values"]["values"][0]["mean"] > 1
    assert plan_published(judge, BANK, options={"both": False}, limit=10, n_arms=2)["answers"] == 2 * (10 - 0)
    with pytest.raises(InputError, match=r"no option 'colour'; its options are both, seed, shift"):
        measure_published(judge, BANK, tmp_path / "other", options={"colour": 1})


def test_another_judge_reads(tmp_path):
    judge, reader = Judge(), Judge("reader")
    measure_published(judge, BANK, tmp_path / "run", reader=reader)
    assert (judge.asked, reader.asked) == (62, 2)


def test_a_treatment_is_not_for_who_reads(tmp_path):
    seen = []

    class Reader(Judge):
        def _choose(self, ask):
            seen.append((ask.condition.name, ask.condition.nudge))
            return super()._choose(ask)

    kind = [Condition("kind", nudge="Be kind.")]
    record = measure_published(Judge(), BANK, tmp_path / "run", reader=Reader("reader"), conditions=kind)
    assert seen == [("", ""), ("", ""), ("kind", ""), ("kind", "")]
    assert record["arms"]["kind"]["diagnostics"]["n_read"] == 2


def test_conditions_of_the_instruments_own_stay_with_their_arm(tmp_path, monkeypatch):
    def ask_twice(interview, bank):
        ask(interview, bank)
        own = [Ask(item.question(), "own", order=(0, 1), condition=Condition("own", nudge="Own.")) for item in ITEMS]
        interview.ask(own)

    monkeypatch.setattr(sys.modules["little_instrument"], "ask", ask_twice)
    record = measure_published(Judge(), BANK, tmp_path / "run", conditions=[Condition("kind", nudge="Be kind.")])
    # thirty of its own in each arm, beside the rest
    assert record["values"]["diagnostics"]["statuses"] == {"ok": 94}
    assert record["arms"]["kind"]["diagnostics"]["statuses"] == {"ok": 94}


def test_an_instrument_names_the_bank_that_it_asks(tmp_path, monkeypatch):
    BANK.copy_to(tmp_path / "bank")
    monkeypatch.setattr(sys.modules["little_instrument"], "BANK", str(tmp_path / "bank"), raising=False)
    assert bank_for("little").card.method == "measure/little"
    assert bank_for(str(tmp_path / "bank")).items == BANK.items
    with pytest.raises(InputError, match="no bank 'nothing'"):
        bank_for("nothing")


def test_files_of_answers_are_scored_by_judge(tmp_path):
    rows = [
        {"model": who, "question": f"q{i}", "choice": "ab".index("a") if i % 3 == 0 else 1}
        for who in ("x", "y")
        for i in range(6)
    ]
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    found = score_published("little", file, folder=lambda who, several: tmp_path / who if several else None)
    assert {who: record["values"]["values"][0]["mean"] for who, record in found.items()} == pytest.approx(
        {"x": 100 / 3, "y": 100 / 3}
    )
    assert "in one order" in write_report(tmp_path / "x").read_text("utf-8")
    with pytest.raises(InputError, match="holds a run already"):
        score_published("little", file, folder=lambda who, several: tmp_path / who)


def test_what_a_file_lacks_is_said_with_what_the_bank_lacks(tmp_path):
    (tmp_path / "answers.csv").write_text("question,pick\nq1,0\n", "utf-8")
    with pytest.raises(InputError, match=r"no column choice; and no bank 'little'"):
        score_published("little", tmp_path / "answers.csv")


def test_two_runs_are_compared(tmp_path):
    measure_published(Judge("one"), BANK, tmp_path / "a")
    measure_published(Judge("two", follows_place=True), BANK, tmp_path / "b")
    record = compare([tmp_path / "a", tmp_path / "b"])
    (row,) = record["pairs"][0]["values"]
    assert (row["first"], row["other"]) == pytest.approx((100 / 3, 50.0))
    assert record["pairs"][0]["shared"] == 30 + 2 + 2
    assert any("two: Choices follow" in warning for warning in record["warnings"])
    page = write_comparison(record, tmp_path / "c").read_text("utf-8")
    assert "<script" not in page
    assert "33.33" in page
    measure_published(Judge("three"), BANK, tmp_path / "d", options={"shift": 2.0})
    with pytest.raises(InputError, match="different options"):
        compare([tmp_path / "a", tmp_path / "d"])


def test_recorded_answers_are_compared_with_a_run_from_either_side(tmp_path):
    measure_published(Judge("one"), BANK, tmp_path / "live")
    file = tmp_path / "given.csv"
    file.write_text("question,choice\n" + "".join(f"q{i},{i % 2}\n" for i in range(30)), "utf-8")
    score_published("measure/little", file, folder=lambda who, several: tmp_path / "given")
    for first, other in (("live", "given"), ("given", "live")):
        (pair,) = compare([tmp_path / first, tmp_path / other])["pairs"]
        assert pair["shared"] == 30
        assert sorted(pair["values"][0][end] for end in ("first", "other")) == pytest.approx([100 / 3, 50.0])


def test_runs_of_one_judge_are_told_apart(tmp_path):
    for folder in ("a", "b"):
        measure_published(Judge("one"), BANK, tmp_path / folder)
    kind = Judge("one").under(Condition(name="kind", persona="You are kind."))
    measure_published(kind, BANK, tmp_path / "c")
    names = [run["name"] for run in compare([tmp_path / folder for folder in "abc"])["runs"]]
    assert names == ["one (a)", "one (b)", "one under kind"]


def test_what_cannot_be_asked_says_so():
    with pytest.raises(InputError, match="asks none"):
        instrument_of("measure/gate")


def test_findings_of_the_record_are_findings(tmp_path):
    record = measure_published(Judge(), BANK, tmp_path / "run")
    assert [Finding.from_json(one).name for one in record["findings"]] == ["order swap"]
