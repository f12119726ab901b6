"""Language models small enough to build in a test: 2 layers, random weights, a tokenizer trained on four sentences."""

from __future__ import annotations

import pytest

CORPUS = (
    "You find a wallet in the street. You decide to take it to the police. The right thing to do is to talk to them.",
    "Your neighbour plays loud music at night. A good person would help. You should not go. That is good. That is bad.",
    "What do you do? A. Stay at home and rest. B. Go out and see friends. Reply with A or B only. Answer: A Answer: B",
    "system user assistant",
)
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save_tokenizer(folder, template=TEMPLATE):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(CORPUS, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token=specials[0], eos_token=specials[0])
    tokenizer.add_special_tokens({"additional_special_tokens": specials[1:]})
    tokenizer.chat_template = template
    tokenizer.save_pretrained(str(folder))
    return len(tokenizer)


def save_model(folder, kind="llama", **config):
    """A random model of some architecture, whose logits are spread enough to matter."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    import transformers

    transformers.utils.logging.disable_progress_bar()
    size = {"vocab_size": save_tokenizer(folder), "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    classes = {
        "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM, {"intermediate_size": 96}),
        "gpt2": (transformers.GPT2Config, transformers.GPT2LMHeadModel, {"n_positions": 512}),
        "gemma2": (
            transformers.Gemma2Config,
            transformers.Gemma2ForCausalLM,
            {"intermediate_size": 96, "head_dim": 16, "num_key_value_heads": 2, "final_logit_softcapping": 2.0},
        ),
        "mistral": (transformers.MistralConfig, transformers.MistralForCausalLM, {"intermediate_size": 96}),
        "cohere": (transformers.CohereConfig, transformers.CohereForCausalLM, {"intermediate_size": 96}),
    }
    make_config, make_model, rest = classes[kind]
    ids = {"pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0}
    torch.manual_seed(0)
    model = make_model(make_config(**{**size, **rest, **ids, **config})).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4.0 if parameter.dim() > 1 else 1.0)
    model.save_pretrained(str(folder))
    return folder
