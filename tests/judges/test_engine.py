from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.question import Ask, Prompt, Question
from weigh.judges.trie import Scored
from weigh.measure.evaluative import FRAMES

torch = pytest.importorskip("torch", reason="torch is not installed")


def prompts(n=32):
    """Prompts that share beginnings, of unlike lengths, with one or more tokens to score."""
    question = [
        Question.of(
            f"q{i}", "You find a wallet in the street. " * (1 + i % 3) + f"It holds {i} coins.", ("Go.", "Rest now.")
        )
        for i in range(n // 8 + 1)
    ]
    found = [prompt for q in question for frame in FRAMES for prompt in frame.render(Ask(q, frame.name))]
    return found[:n]


def plainly(judge, prompt):
    """Each continuation by itself, straight through the model."""
    tokenizer, model = judge.tokenizer, judge.engine.model
    scores = []
    for continuation in prompt.continuations:
        context = tokenizer(prompt.text)["input_ids"]
        full = tokenizer(prompt.text + continuation)["input_ids"]
        assert full[: len(context)] == context
        with torch.inference_mode():
            logits = model(torch.tensor([full])).logits[0].float().log_softmax(-1)
        scores.append(sum(float(logits[i - 1, full[i]]) for i in range(len(context), len(full))))
    return np.array(scores)


def test_the_probe_says_that_prefixes_are_shared(tiny):
    assert tiny.engine.check.shares_prefixes
    assert tiny.engine.check.rounding < 1e-4


@pytest.mark.parametrize("size", [1, 7])
def test_answers_do_not_depend_on_the_batch(tiny, size):
    asked = prompts()
    whole = np.concatenate(tiny.logprobs(asked))
    parts = np.concatenate([x for i in range(0, len(asked), size) for x in tiny.logprobs(asked[i : i + size])])
    np.testing.assert_allclose(parts, whole, atol=1e-4)
    # shuffled, so that rows are packed with other neighbours
    order = np.random.default_rng(0).permutation(len(asked))
    mixed = tiny.logprobs([asked[i] for i in order])
    np.testing.assert_allclose(np.concatenate([mixed[i] for i in np.argsort(order)]), whole, atol=1e-4)


def test_packed_is_what_the_plain_model_gives(tiny):
    asked = prompts()
    found = tiny.logprobs(asked)
    expected = [plainly(tiny, prompt) for prompt in asked]
    np.testing.assert_allclose(np.concatenate(found), np.concatenate(expected), atol=1e-4)
    # the model does tell texts apart, so that equality says something
    assert np.std(np.concatenate(found)) > 0.5


def test_sharing_saves_tokens(tiny):
    asked = prompts()
    tiny.logprobs(asked)
    alone = sum(len(s.tokens) - 1 for group in tiny._sequences(asked) for s in group)
    assert 0 < tiny.last_tokens < 0.6 * alone


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("gpt2", {}),  # absolute positions
        ("gemma2", {}),  # soft-capped logits
        ("gemma2", {"attn_implementation": "eager"}),
        ("cohere", {"logit_scale": 0.25}),  # scaled logits
        ("llama", {"num_key_value_heads": 2, "tie_word_embeddings": True}),
    ],
)
def test_other_architectures_agree_with_the_plain_model(build, kind, config):
    from weigh.judges.local import LocalModel

    judge = LocalModel(build(kind, **config), precision="fp32", threads=1)
    asked = prompts(12)
    expected = np.concatenate([plainly(judge, prompt) for prompt in asked])
    np.testing.assert_allclose(np.concatenate(judge.logprobs(asked)), expected, atol=1e-3)
    assert np.std(expected) > 0.1


def test_bf16_is_measured_and_close(tiny_folder, tiny):
    from weigh.judges.local import LocalModel

    said = []
    judge = LocalModel(tiny_folder, precision="bf16", threads=1, say=said.append)
    assert judge.engine.precision == "bf16"
    assert 0 < judge.engine.check.rounding < 2
    assert any("bf16" in text for text in said)
    assert judge.fingerprint != tiny.fingerprint
    difference = np.concatenate(judge.logprobs(prompts())) - np.concatenate(tiny.logprobs(prompts()))
    assert 0 < np.abs(difference).max() < 2


@pytest.mark.parametrize("scored", [Scored((1, 2, 3), 0), Scored((1, 2, 3), 3)])
def test_a_first_token_cannot_be_scored(tiny, scored):
    with pytest.raises(InputError, match="needs a context"):
        tiny.engine.logprobs([scored])


def test_an_empty_context_is_an_error(tiny):
    # a tokenizer without a first token of its own leaves nothing to predict from
    with pytest.raises(InputError, match="context"):
        tiny.logprobs([Prompt(("A",), text="")])


def test_no_prompts_give_no_scores(tiny):
    assert tiny.logprobs([]) == []


def test_a_sliding_window_shorter_than_the_text_is_kept(build):
    from weigh.judges.local import LocalModel

    judge = LocalModel(build("gemma2", sliding_window=40), precision="fp32", threads=1)
    asked = prompts(24)
    expected = np.concatenate([plainly(judge, prompt) for prompt in asked])
    np.testing.assert_allclose(np.concatenate(judge.logprobs(asked)), expected, atol=1e-3)
