"""Providers that say what providers say, and evals that write no log where nobody looks."""

from __future__ import annotations

import gc
import math
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from inspect_ai import eval as evaluate
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    Logprob,
    Logprobs,
    Model,
    ModelOutput,
    ModelUsage,
    TopLogprob,
    get_model,
)

USAGE = ModelUsage(input_tokens=20, output_tokens=2, total_tokens=22)
_SHOWN = re.compile(r"^([A-Z])[.)] (.*)$", re.MULTILINE)


def says(text: str, top: Sequence[tuple[str, float]] = ()) -> ModelOutput:
    """A reply, with the log-probabilities of its first token where there are any."""
    listed = [TopLogprob(token=token, logprob=logprob) for token, logprob in top]
    told = Logprobs(content=[Logprob(token=text, logprob=listed[0].logprob, top_logprobs=listed)]) if listed else None
    choice = ChatCompletionChoice(message=ChatMessageAssistant(content=text), stop_reason="stop", logprobs=told)
    # usage is said, as the mock provider would else fetch a tokenizer from the network
    return ModelOutput(model="mock", choices=[choice], usage=USAGE)


def shown_in(messages: Sequence[Any]) -> dict[str, str]:
    """Letter and text of each option of the last turn of the user."""
    last = next(message for message in reversed(messages) if message.role == "user")
    return dict(_SHOWN.findall(last.text))


def by_content(worth: Callable[[str], float], position: float = 0.0, logprobs: bool = True) -> Any:
    """Answers by what an option is worth, in nats, and by a liking for the first place."""

    def answer(messages: Any, tools: Any, tool_choice: Any, config: Any) -> ModelOutput:
        shown = shown_in(messages)
        logits = [worth(text) + position * (place == 0) for place, text in enumerate(shown.values())]
        norm = math.log(sum(map(math.exp, logits)))
        top = sorted(zip(shown, (x - norm for x in logits), strict=True), key=lambda entry: -entry[1])
        return says(top[0][0], top if config.logprobs and logprobs else ())

    return answer


def model_of(answer: Any) -> Model:
    """A model that answers so."""
    return get_model("mockllm/model", custom_outputs=answer, memoize=False)


def run(task: Any, model: Model, folder: Any, **how: Any) -> EvalLog:
    """The log of one eval."""
    with warnings.catch_warnings():
        # inspect-ai leaves streams of its own to the garbage collector, and calls what others have renamed
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        (log,) = evaluate(task, model=model, display="none", log_dir=str(folder), **how)
        gc.collect()
    assert log.status == "success", log.error and log.error.message
    return log
