"""What is written about a question; its schemas are frozen."""

from __future__ import annotations

import json
from dataclasses import asdict

from weigh.core.question import Message, Prompt, _parts


def test_a_prompt_is_written_as_dataclasses_write_it():
    turns = (Message("system", "Be calm."), Message("user", "It rains.", ("abc",)))
    for prompt in (Prompt((" A", " B"), messages=turns, prefill="Answer:"), Prompt((), text="It rains.")):
        assert json.dumps(_parts(prompt)) == json.dumps(asdict(prompt))
