from __future__ import annotations

import numpy as np
import pytest

from weigh.banks.bank import find_bank
from weigh.core.errors import AbilityError
from weigh.core.ledger import Ledger
from weigh.core.question import Ask, Condition, Prompt, Question, Reply
from weigh.loops.elicit import BATCH, Interview
from weigh.measure import evaluative, stated
from weigh.measure.evaluative import FAST_FRAMES
from weigh.testbeds.planted import Planted, PlantedChooser

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}
# what a ledger row says, but for the time it took
SAID = (
    "key",
    "question",
    "wording",
    "frame",
    "order",
    "condition",
    "sample",
    "model",
    "choice",
    "p",
    "scores",
    "status",
)


class Counted(PlantedChooser):
    """Counts what it is asked, and is interrupted at a batch."""

    def __init__(self, *given, stop_at=None, **rest):
        super().__init__(*given, **rest)
        self.batches, self.stop_at = [], stop_at

    def choose(self, asks):
        if len(self.batches) == self.stop_at:
            raise KeyboardInterrupt
        self.batches.append([(ask.question.id, ask.wording, ask.order) for ask in asks])
        return super().choose(asks)


def counted(**rest):
    return Counted(BANK, theta=THETA, **rest)


def said(rows):
    return sorted(({name: row[name] for name in SAID} for row in rows), key=lambda row: row["key"])


def test_each_question_is_asked_once_and_the_next_run_asks_none(tmp_path):
    judge = counted()
    with Ledger(tmp_path) as ledger:
        interview = Interview(judge, BANK.version, ledger)
        stated.ask(interview, BANK, primes=False)
        # the same again, in the same interview
        stated.ask(interview, BANK, primes=False)
        assert (interview.cost.asked, interview.cost.reused, len(ledger)) == (400, 0, 400)
    asked = [ask for batch in judge.batches for ask in batch]
    assert len(asked) == len(set(asked)) == 400
    with Ledger(tmp_path) as ledger:
        again = Interview(counted(stop_at=0), BANK.version, ledger)
        stated.ask(again, BANK, primes=False)
        assert (again.cost.asked, again.cost.reused, again.cost.calls) == (0, 400, 0)
        assert said(again.rows.values()) == said(interview.rows.values())


@pytest.mark.parametrize("stop_at", [0, 1, 5, 12])
def test_breaking_off_loses_nothing_and_going_on_gives_the_unbroken_run(tmp_path, stop_at):
    whole = counted()
    with Ledger(tmp_path / "whole") as ledger:
        stated.ask(Interview(whole, BANK.version, ledger), BANK, primes=False)
        unbroken = said(ledger.rows())
    assert len(whole.batches) == 13
    with Ledger(tmp_path / "broken") as ledger:
        interview = Interview(counted(stop_at=stop_at), BANK.version, ledger)
        with pytest.raises(KeyboardInterrupt):
            stated.ask(interview, BANK, primes=False)
        assert len(ledger) == len(interview.rows) == stop_at * BATCH
    resumed = counted()
    with Ledger(tmp_path / "broken") as ledger:
        interview = Interview(resumed, BANK.version, ledger)
        stated.ask(interview, BANK, primes=False)
        assert said(ledger.rows()) == unbroken
    # batches are composed from the whole list: those that are left are the same as in the unbroken run
    assert resumed.batches == whole.batches[stop_at:]


def test_one_missing_answer_means_its_whole_batch_again_and_only_it_is_kept(tmp_path):
    judge = counted()
    with Ledger(tmp_path / "a") as ledger:
        stated.ask(Interview(judge, BANK.version, ledger), BANK, primes=False)
        rows = list(ledger.rows())
    lost = rows.pop(40)
    again = counted()
    with Ledger(tmp_path / "b") as ledger:
        ledger.append(rows)
        interview = Interview(again, BANK.version, ledger)
        stated.ask(interview, BANK, primes=False)
        assert again.batches == [judge.batches[40 // BATCH]]
        assert (interview.cost.asked, interview.cost.reused) == (1, 399)
        assert said([ledger.get(lost["key"])]) == said([lost])


@pytest.mark.parametrize("k", [0, 2])
def test_a_scorer_that_is_broken_off_goes_on_with_the_same_batches(tmp_path, k):
    class Breaking(Planted):
        calls, stop_at = 0, None

        def logprobs(self, prompts):
            if self.calls == self.stop_at:
                raise KeyboardInterrupt
            self.calls += 1
            return super().logprobs(prompts)

        def plan(self, prompts):
            # neighbours by text, as a local model composes them
            order = sorted(range(len(prompts)), key=lambda i: prompts[i][0].text)
            return [order[i : i + 50] for i in range(0, len(order), 50)]

    def run(name, stop_at=None):
        judge = Breaking(BANK, theta=THETA)
        judge.stop_at = stop_at
        with Ledger(tmp_path / name) as ledger:
            try:
                evaluative.ask(Interview(judge, BANK.version, ledger), BANK, frames=FAST_FRAMES, primes=False)
            except KeyboardInterrupt:
                assert len(ledger) == (20 if k else 0) + 50 * max(0, k - 1)
            return said(ledger.rows()), judge.calls

    unbroken, calls = run("whole")
    run("broken", stop_at=k)
    resumed, rest = run("broken")
    assert resumed == unbroken
    assert rest == calls - k


def test_a_tiny_language_model_gives_the_same_rows_when_resumed(tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setenv("WEIGH_CACHE", str(tmp_path / "cache"))
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    from weigh.judges import local

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(["<pad>", *alphabet])}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    folder = tmp_path / "model"
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>")
    tokenizer.save_pretrained(str(folder))
    config = transformers.LlamaConfig(
        vocab_size=257, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, pad_token_id=0
    )
    transformers.LlamaForCausalLM(config).save_pretrained(str(folder))
    judge = local.LocalModel(folder, name="tiny", precision="fp32", threads=1)
    # bytes are many tokens: small batches, so that there are some to break off between
    monkeypatch.setattr(local, "BATCH_TOKENS", 600)

    def run(name, stop_at=None):
        calls = []

        def logprobs(prompts):
            if len(calls) == stop_at:
                raise KeyboardInterrupt
            calls.append(len(prompts))
            return type(judge).logprobs(judge, prompts)

        monkeypatch.setattr(judge, "logprobs", logprobs)
        with Ledger(tmp_path / name) as ledger:
            interview = Interview(judge, BANK.version, ledger)
            asks = [Ask(item.question(), frame.name) for item in BANK.dilemmas[:6] for frame in evaluative.FRAMES[:2]]
            try:
                interview.ask(asks, evaluative.BY_FRAME)
            except KeyboardInterrupt:
                assert 0 < len(ledger) < len(asks)
            return {row["key"]: row["scores"] for row in ledger.rows()}, calls

    whole, calls = run("whole")
    assert len(calls) > 2
    run("broken", stop_at=2)
    resumed, rest = run("broken")
    assert rest == calls[2:]
    assert whole.keys() == resumed.keys()
    # the same batches on the same machine: equal, not merely close
    for key, scores in whole.items():
        np.testing.assert_allclose(resumed[key], scores, atol=1e-9)


def test_a_treatment_is_part_of_the_key(tmp_path):
    judge = counted()
    calm = judge.under(Condition("calm", system="Be calm."))
    with Ledger(tmp_path) as ledger:
        for one in (judge, calm):
            interview = Interview(one, BANK.version, ledger)
            stated.ask(interview, BANK, items=(), primes=False)
            assert (interview.cost.asked, interview.cost.reused) == (40, 0)
        assert {row["condition"] for row in ledger.rows()} == {"", "calm"}


@pytest.mark.parametrize("what", ["bank", "fingerprint", "seed"])
def test_another_bank_judge_or_seed_asks_anew(tmp_path, what):
    first, second = counted(), counted(seed=1 if what == "fingerprint" else 0)
    first.seeded = second.seeded = True
    with Ledger(tmp_path) as ledger:
        stated.ask(Interview(first, "bank-1", ledger, seed=0), BANK, items=(), primes=False)
        version, seed = ("bank-2" if what == "bank" else "bank-1"), int(what == "seed")
        interview = Interview(second, version, ledger, seed=seed)
        stated.ask(interview, BANK, items=(), primes=False)
        assert interview.cost.asked == 40


def test_a_seed_that_does_not_matter_asks_nothing_anew(tmp_path):
    with Ledger(tmp_path) as ledger:
        for seed in (0, 1):
            interview = Interview(counted(), "bank", ledger, seed=seed)
            stated.ask(interview, BANK, items=(), primes=False)
        assert interview.cost.asked == 0


def test_progress_is_told_of_every_answer_also_of_those_that_were_there(tmp_path):
    class Told:
        def __init__(self):
            self.total, self.done = 0, 0

        def start(self, what, total):
            self.total += total

        def advance(self, n):
            self.done += n

    with Ledger(tmp_path) as ledger:
        for _ in range(2):
            told = Told()
            stated.ask(Interview(counted(), "bank", ledger, progress=told), BANK, primes=False)
            assert told.done == told.total == 400


def test_a_judge_without_the_ability_is_refused_before_anything_is_asked():
    judge = counted()
    with pytest.raises(AbilityError, match="'logprobs'"):
        evaluative.ask(Interview(judge, "bank"), BANK)
    assert judge.batches == []


def test_refused_and_malformed_answers_are_kept():
    class Mute(PlantedChooser):
        def choose(self, asks):
            return [Reply(status="refused" if i % 2 else "malformed", raw="no") for i, _ in enumerate(asks)]

    interview = Interview(Mute(BANK, theta=THETA), "bank")
    stated.ask(interview, BANK, items=(), primes=False)
    answers = interview.answers()
    assert (len(answers), set(answers.status.tolist()), set(answers.choice.tolist())) == (
        40,
        {"refused", "malformed"},
        {-1},
    )
    assert interview.cost.asked == 40


class Poet(Counted):
    """Writes as well as chooses."""

    def write(self, prompts, *, max_tokens=256, temperature=0.0, seed=0):
        self.batches.append((prompts[0].text, max_tokens, temperature, seed))
        if len(self.batches) - 1 == self.stop_at:
            raise KeyboardInterrupt
        return ["" if "q1" in prompts[0].text else f"about {prompts[0].text}, {seed}"]


def poems(n=3, samples=1):
    return [Ask(Question.of(f"q{i}", "Why?", kind="open"), "free", sample=k) for i in range(n) for k in range(samples)]


def line(ask):
    return Prompt((), text=ask.question.id)


def test_free_text_is_kept_and_not_asked_twice(tmp_path):
    judge = Poet(BANK, theta=THETA)
    with Ledger(tmp_path) as ledger:
        interview = Interview(judge, BANK.version, ledger, seed=5)
        interview.write(poems(), line, max_tokens=9)
        interview.write(poems(), line, max_tokens=9)
        answers = interview.answers()
    assert [batch[1:] for batch in judge.batches] == [(9, 0.0, 5)] * 3
    assert answers.raw.tolist() == ["about q0, 5", "", "about q2, 5"]
    assert answers.status.tolist() == ["ok", "malformed", "ok"]
    assert answers.choice.tolist() == [-1, -1, -1]
    with Ledger(tmp_path) as ledger:
        # greedy replies do not depend on the seed, and their length is part of what was asked
        again = Interview(judge, BANK.version, ledger, seed=6)
        again.write(poems(), line, max_tokens=9)
        assert (again.cost.asked, again.cost.reused) == (0, 3)
        again.write(poems(), line, max_tokens=10)
        assert again.cost.asked == 3


def test_samples_of_free_text_have_seeds_of_their_own(tmp_path):
    judge = Poet(BANK, theta=THETA)
    with Ledger(tmp_path) as ledger:
        interview = Interview(judge, BANK.version, ledger, seed=5)
        interview.write(poems(1, samples=2), line, temperature=1.0)
        other = Interview(judge, BANK.version, ledger, seed=7)
        other.write(poems(1, samples=2), line, temperature=1.0)
    assert [batch[3] for batch in judge.batches] == [5, 6, 7, 8]
    assert other.cost.reused == 0


def test_an_interrupted_writer_goes_on(tmp_path):
    with Ledger(tmp_path) as ledger, pytest.raises(KeyboardInterrupt):
        Interview(Poet(BANK, theta=THETA, stop_at=2), BANK.version, ledger).write(poems(), line)
    with Ledger(tmp_path) as ledger:
        interview = Interview(Poet(BANK, theta=THETA), BANK.version, ledger)
        interview.write(poems(), line)
        assert (interview.cost.asked, interview.cost.reused) == (1, 2)


def test_who_does_not_write_says_so_and_a_dry_run_counts():
    with pytest.raises(AbilityError, match="write"):
        Interview(counted(), BANK.version).write(poems(), line)
    dry = Interview(Poet(BANK, theta=THETA), BANK.version, dry=True)
    dry.write(poems(), line)
    assert (dry.cost.asked, dry.judge.batches) == (3, [])
