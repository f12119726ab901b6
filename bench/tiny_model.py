"""A random Llama of 2 layers and a tokenizer trained on the pilot bank: too small to take time, so the rest shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from weigh.banks.bank import Bank

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save(folder: Path, bank: Bank, vocabulary: int = 2000) -> Path:
    """Write model and tokenizer.

    Parameters
    ----------
    folder : Path
        Where; made if it is not there.
    bank : Bank
        Whose texts the tokenizer is trained on.
    vocabulary : int
        Tokens, at most.
    """
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    tokenizer = _tokenizer(bank, vocabulary)
    tokenizer.save_pretrained(str(folder))
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        pad_token_id=0, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # as it is initialised, all its answers would be nearly the same
            parameter.mul_(4.0 if parameter.dim() > 1 else 1.0)
    model.save_pretrained(str(folder))
    return folder


def _tokenizer(bank: Bank, vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    texts = [text for item in bank.items for text in (item.situation, *item.options)]
    texts += [
        "What do you do?\n\nA. B.\n\nReply with A or B only.",
        "Answer: A",
        "Answer: B",
        "system user assistant",
    ] * 50
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token=specials[0], eos_token=specials[0])
    tokenizer.add_special_tokens({"additional_special_tokens": specials[1:]})
    tokenizer.chat_template = TEMPLATE
    return tokenizer
