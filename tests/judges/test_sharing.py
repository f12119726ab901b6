"""Shared beginnings, oneDNN's products and grouped attention change no answer: random forests, architectures."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weigh.judges import engine as engine_module
from weigh.judges.trie import Scored, pack, trunk_length

torch = pytest.importorskip("torch", reason="torch is not installed")

ARCHITECTURES = {
    "tied": ("llama", {"tie_word_embeddings": True}),
    "grouped heads": ("llama", {"num_key_value_heads": 2}),
    "learned positions": ("gpt2", {}),
    "sliding window": ("mistral", {"sliding_window": 24, "num_key_value_heads": 2}),
    "every other layer slides": ("gemma2", {"sliding_window": 24}),
}


@st.composite
def forests(draw):
    """Sequences that grow out of each other at random places, on a beginning that all may have."""
    token = st.integers(3, 60)
    trunk = tuple(draw(st.lists(token, max_size=20)))
    found: list[tuple[int, ...]] = []
    for _ in range(draw(st.integers(2, 9))):
        stem = draw(st.sampled_from(found))[len(trunk) :] if found and draw(st.booleans()) else ()
        kept = stem[: draw(st.integers(0, len(stem)))]
        found.append(trunk + kept + tuple(draw(st.lists(token, min_size=2, max_size=20))))
    return [Scored(tokens, draw(st.integers(max(1, len(tokens) - 6), len(tokens) - 1))) for tokens in found]


def one_by_one(engine, sequences):
    """Straight through the model, without any of the engine's ways."""
    found = []
    for tokens, start in sequences:
        with torch.inference_mode():
            logits = engine.model(torch.tensor([tokens]), use_cache=False).logits[0].float().log_softmax(-1)
        found.append(logits[range(start - 1, len(tokens) - 1), list(tokens[start:])].double().numpy())
    return found


@pytest.fixture(scope="module")
def judges(build):
    """A judge of each architecture, made when it is first asked for."""
    from weigh.judges.local import LocalModel

    made = {}

    def judge(name, precision: Literal["fp32", "bf16"] = "fp32"):
        if (name, precision) not in made:
            kind, config = ARCHITECTURES[name]
            made[name, precision] = LocalModel(build(kind, **config), precision=precision, threads=1)
        return made[name, precision]

    return judge


@pytest.mark.parametrize("name", ARCHITECTURES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequences=forests(), row_tokens=st.sampled_from([8, 40, 512]))
def test_any_forest_is_scored_as_one_by_one(judges, monkeypatch, name, sequences, row_tokens):
    engine = judges(name).engine
    monkeypatch.setattr(engine_module, "ROW_TOKENS", row_tokens)
    monkeypatch.setattr(engine_module, "PASS_TOKENS", 4 * row_tokens)
    monkeypatch.setattr(engine_module, "TRUNK_TOKENS", 1)
    found, _ = engine.logprobs(sequences)
    for values, expected in zip(found, one_by_one(engine, sequences), strict=True):
        np.testing.assert_allclose(values, expected, atol=1e-4)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_shortcuts_are_taken(judges, name):
    check = judges(name).engine.check
    assert check.shares_prefixes
    assert check.shares_trunk
    assert check.packs_weights == engine_module.onednn.is_there("cpu")


@pytest.mark.parametrize("name", ["grouped heads", "learned positions"])
def test_bf16_attends_by_plain_products_and_stays_as_close_as_the_plain_model(judges, name):
    exact, rounded = judges(name).engine, judges(name, "bf16").engine
    assert rounded.model.config._attn_implementation == engine_module.attention.NAME
    trunk = tuple(range(3, 43))
    sequences = [Scored((*trunk, *range(50 + i, 62 + i), 5 + i), 50) for i in range(12)]
    expected, _ = exact.logprobs(sequences)
    found, _ = rounded.logprobs(sequences)
    engine_module.attention.put_back(rounded.model)
    fused = one_by_one(rounded, sequences)
    assert engine_module.attention.use(rounded.model)
    apart, plain = (np.abs(np.concatenate(x) - np.concatenate(expected)).max() for x in (found, fused))
    assert 0 < apart < 2 * plain + 0.05


def test_a_beginning_is_computed_once_for_all_rows(tiny):
    trunk = tuple(range(3, 103))
    sequences = [Scored((*trunk, 10 + i, *range(100, 160), 7), 160) for i in range(9)]
    rows, length = tiny.engine._rows(sequences, list(range(9)))
    assert length == 100
    assert len(rows) > 1
    # counted anew each time, so that a resumed run tells the same tokens as an unbroken one
    for _ in range(2):
        assert tiny.engine.logprobs(sequences)[1] == 100 + sum(len(row.tokens) for row in rows)


def test_what_would_save_little_is_computed_with_the_rows(tiny):
    sequences = [Scored((3, 4, 5, 10 + i, 7), 4) for i in range(3)]
    assert trunk_length(sequences) == 3
    assert tiny.engine._rows(sequences, [0, 1, 2]) == (pack(sequences, engine_module.ROW_TOKENS), 0)


def test_a_model_that_keeps_no_keys_does_without_a_trunk(build, monkeypatch):
    from weigh.judges.local import LocalModel

    def refuse(self, tokens):
        raise AttributeError("no past_key_values")

    monkeypatch.setattr(engine_module.Engine, "_keys_and_values", refuse)
    judge = LocalModel(build("llama"), precision="fp32", threads=1)
    assert judge.engine.check.shares_prefixes
    assert not judge.engine.check.shares_trunk


@pytest.mark.parametrize("fault", ["raises", "differs"])
def test_without_trustworthy_products_the_plain_ones_are_kept(build, monkeypatch, fault):
    from weigh.judges.local import LocalModel

    right = engine_module.onednn.packed

    def wrong(layer):
        if fault == "raises":
            raise RuntimeError("no such product on this processor")
        found = right(layer)
        found.weight_packed = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach() * 1.5, 64)
        return found

    monkeypatch.setattr(engine_module.onednn, "packed", wrong)
    judge = LocalModel(build("llama"), precision="fp32", threads=1)
    assert not judge.engine.check.packs_weights
    assert all(type(m) is torch.nn.Linear for n, m in judge.engine.model.named_modules() if n.endswith("_proj"))
    sequences = [Scored((3, 4, 5, 6, 7), 2)]
    np.testing.assert_allclose(judge.engine.logprobs(sequences)[0], one_by_one(judge.engine, sequences), atol=1e-4)
