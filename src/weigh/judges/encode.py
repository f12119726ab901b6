"""Text to tokens, each piece once.

A fast tokenizer takes its control tokens out of a text before anything else and encodes what lies between them by
itself. So a conversation is cut at them, and what many prompts share (the system turn, how the reply begins) is encoded
once. Only tokens are used for cutting that prove harmless on a probe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

PROBE = "One line. \n{0}user\n A second\n\n{0}{0} third.{0}"


class Encoder:
    """A tokenizer that is given other people's texts.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        Of the model.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._special = tuple(sorted(tokenizer.get_added_vocab(), key=len, reverse=True))
        # the longest first, as a tokenizer looks for them
        self._found = re.compile("|".join(map(re.escape, self._special)) or r"(?!)")
        self._cuts = self._harmless() if tokenizer.is_fast else frozenset()

    def defuse(self, text: str) -> str:
        """Text in which the model's own control tokens are mere characters."""
        for token in self._special:
            if token in text:
                text = text.replace(token, token[0] + "\u200b" + token[1:])
        # half of a surrogate pair is not text that a tokenizer can take
        return text.encode("utf-8", "replace").decode() if not text.isascii() else text

    def encode(self, texts: Sequence[str], plain: Sequence[bool]) -> list[tuple[int, ...]]:
        """The tokens of each text.

        Parameters
        ----------
        texts : sequence of str
            Defused, but for what a chat template wrote.
        plain : sequence of bool
            Whether a text is no conversation, so that it gets the tokenizer's own first token; a chat template writes
            it itself.
        """
        pieces = [() if is_plain else self._pieces(text) for text, is_plain in zip(texts, plain, strict=True)]
        whole = self._encoded([text for text, is_plain in zip(texts, plain, strict=True) if is_plain], own=True)
        parts = self._encoded([piece for cut in pieces for piece in cut], own=False)
        return [
            whole[text] if is_plain else sum((parts[piece] for piece in cut), ())
            for text, is_plain, cut in zip(texts, plain, pieces, strict=True)
        ]

    def _encoded(self, texts: Sequence[str], *, own: bool) -> dict[str, tuple[int, ...]]:
        unique = list(dict.fromkeys(texts))
        ids = self._tokenizer(unique, add_special_tokens=own)["input_ids"] if unique else []
        return {text: tuple(tokens) for text, tokens in zip(unique, ids, strict=True)}

    def _pieces(self, text: str) -> list[str]:
        at = [found.start() for found in self._found.finditer(text) if found.group() in self._cuts]
        edges = [0, *(place for place in at if place), len(text)]
        return [text[a:b] for a, b in pairwise(edges)]

    def _harmless(self) -> frozenset[str]:
        harmless = set()
        for token in self._tokenizer.added_tokens_decoder.values():
            # these take in what stands before them, or stand only where a word ends
            if token.special and not (token.lstrip or token.normalized or token.single_word):
                self._cuts = frozenset([token.content])
                text = PROBE.format(token.content)
                (expected,) = self._tokenizer([text], add_special_tokens=False)["input_ids"]
                if self.encode([text], [False]) == [tuple(expected)]:
                    harmless.add(token.content)
        return frozenset(harmless)
