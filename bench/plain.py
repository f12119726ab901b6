"""The plain way to ask a forced choice with transformers: what anybody would write, batched or one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Bank, Item
from weigh.core.question import Ask
from weigh.judges import letters

ORDERS = ((0, 1), (1, 0))


class Plain:
    """A model and tokenizer in a loop over chat prompts, left-padded, whole logits at the last position.

    Parameters
    ----------
    folder : Path
        Model and tokenizer.
    precision : {"fp32", "bf16"}
        Of body and head.
    """

    def __init__(self, folder: Path, precision: str = "fp32") -> None:
        import torch
        import transformers

        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.torch = torch
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), padding_side="left")
        dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
        self.model = transformers.AutoModelForCausalLM.from_pretrained(str(folder), dtype=dtype).eval()
        self.letters = [self.tokenizer.encode(letter, add_special_tokens=False)[0] for letter in (" A", " B")]

    def log_odds(self, conversations: Sequence[str], batch: int) -> NDArray[np.float64]:
        """log P(" A") − log P(" B") as the next token of each text, `batch` texts at a time, longest first."""
        torch = self.torch
        ids = self.tokenizer(list(conversations), add_special_tokens=False)["input_ids"]
        order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        found = np.empty(len(ids))
        a, b = self.letters
        with torch.inference_mode():
            for start in range(0, len(order), batch):
                chosen = order[start : start + batch]
                padded = self.tokenizer.pad({"input_ids": [ids[i] for i in chosen]}, return_tensors="pt")
                places = (padded["attention_mask"].cumsum(-1) - 1).clamp(min=0)
                logits = self.model(**padded, position_ids=places, use_cache=False).logits[:, -1].float()
                scores = logits.log_softmax(-1)
                found[chosen] = (scores[:, a] - scores[:, b]).double().numpy()
        return found

    def texts(self, asks: Sequence[Ask]) -> list[str]:
        """The prompts of forced choices as the chat template renders them."""
        return [self._text(ask) for ask in asks]

    def _text(self, ask: Ask) -> str:
        (prompt,) = letters.render(ask)
        turns = [{"role": message.role, "content": message.text} for message in prompt.messages]
        text: Any = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return text + prompt.prefill


def asks_of(bank: Bank, items: Sequence[Item]) -> list[Ask]:
    """Each item in its original wording and both orders."""
    return [Ask(item.question(), letters.FRAME, "original", order) for item in items for order in ORDERS]
