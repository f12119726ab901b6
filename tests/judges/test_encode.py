from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="torch is not installed")

TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|im_", "|>")
texts = st.lists(st.sampled_from([*TOKENS, "What do you do?", " A. Stay", "\n", " ", "\n\n", "é", "日本"]), max_size=20)


@pytest.fixture(scope="module")
def tokenizer(tiny_folder):
    import transformers

    return transformers.AutoTokenizer.from_pretrained(str(tiny_folder))


def adding(tokenizer, **options):
    """The tokenizer with one more control token, of some kind."""
    import copy

    from transformers import AddedToken

    changed = copy.deepcopy(tokenizer)
    changed.add_special_tokens({"additional_special_tokens": [AddedToken("<|turn|>", special=True, **options)]})
    return changed


@settings(deadline=None)
@given(parts=texts)
def test_pieces_give_what_the_whole_gives(tokenizer, parts):
    from weigh.judges.encode import Encoder

    text = "".join(parts)
    encoder = Encoder(tokenizer)
    assert encoder._cuts == set(TOKENS[:3])
    (expected,) = tokenizer([text], add_special_tokens=False)["input_ids"]
    assert encoder.encode([text, text, "A"], [False, False, True])[:2] == [tuple(expected)] * 2


@pytest.mark.parametrize("strips", ["lstrip", "rstrip"])
def test_tokens_that_take_in_their_surroundings(tokenizer, strips):
    from weigh.judges.encode import Encoder

    changed = adding(tokenizer, **{strips: True})
    encoder = Encoder(changed)
    assert ("<|turn|>" in encoder._cuts) == (strips == "rstrip")
    text = "Stay \n <|turn|> \n A<|turn|><|im_end|> <|turn|>"
    (expected,) = changed([text], add_special_tokens=False)["input_ids"]
    assert encoder.encode([text], [False]) == [tuple(expected)]


def test_a_control_token_within_another_is_no_cut(tokenizer):
    from weigh.judges.encode import Encoder

    changed = adding(tokenizer)
    changed.add_tokens(["a<|turn|>b"])
    text = "It is a<|turn|>b, or <|turn|>."
    (expected,) = changed([text], add_special_tokens=False)["input_ids"]
    assert Encoder(changed).encode([text], [False]) == [tuple(expected)]


def test_what_conversations_share_is_encoded_once(tokenizer):
    from weigh.judges.encode import Encoder

    encoder = Encoder(tokenizer)
    asked = []

    class Counting:
        def __call__(self, texts, **options):
            asked.extend(texts)
            return tokenizer(texts, **options)

    encoder._tokenizer = Counting()
    chats = [f"<|im_start|>user\nDay {i}<|im_end|>\n<|im_start|>assistant\nAnswer: A" for i in range(5)]
    encoder.encode(chats, [False] * 5)
    assert len(asked) == 5 + 2
