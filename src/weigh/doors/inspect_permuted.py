"""A solver for other people's multiple-choice tasks: each sample in several orders of its choices, and what survives.

In place of `multiple_choice()`. The choice that it marks is the one that is left when position is averaged out, so
that the scorer `choice()` goes on working; `permuted()` reports what share of answers survives beside accuracy.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Literal, cast

from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, ModelOutput, get_model
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver

from weigh.core.errors import InputError
from weigh.core.question import Ask, Message, Question
from weigh.doors.inspect_asking import Ways, gathered, row_of
from weigh.doors.inspect_scoring import pooled, rows_of, score_of
from weigh.judges.letters import FRAME, LETTERS
from weigh.judges.server_limits import ServerOptions
from weigh.measure._position import rotations
from weigh.pipelines.inspect_rows import FOREIGN, ROWS

MOST_FOR_ALL = 4


@solver(name="permuted_choice")
def permuted_choice(*, orders: Literal["rotations", "all"] = "rotations", samples: int = 10, seed: int = 0) -> Solver:
    """Ask each sample in several orders of its choices, and mark the choice that is left without position.

    Parameters
    ----------
    orders : {"rotations", "all"}
        Each choice once in each place, as many orders as there are choices; or all orders, of up to four choices.
    samples : int
        Replies an order, where the provider tells no log-probabilities.
    seed : int
        Of the first sample.

    Raises
    ------
    InputError
        `orders` is another; a sample has fewer than two choices, two that are equal, or too many.
    """
    if orders not in ("rotations", "all"):
        raise InputError(f"orders is {orders!r}; expected rotations or all")
    options = ServerOptions(samples=samples, seed=seed)
    ways = Ways(options)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        texts = tuple(choice.value for choice in state.choices)
        n = len(texts)
        if n < 2 or n > len(LETTERS) or (orders == "all" and n > MOST_FOR_ALL):
            most = MOST_FOR_ALL if orders == "all" else len(LETTERS)
            raise InputError(f"sample {state.sample_id!r} has {n} choices; orders={orders!r} takes 2 to {most}")
        question = Question(str(state.sample_id), _messages(state), texts)
        each = rotations(n) if orders == "rotations" else list(itertools.permutations(range(n)))
        model = get_model()
        way = await ways.of(model)
        asks = [Ask(question, FRAME, order=order, sample=state.epoch - 1) for order in each]
        rows = await gathered(
            [functools.partial(row_of, way, model, ask, None, bank=FOREIGN, seed=seed) for ask in asks]
        )
        # in the choices' places in the dataset, which a solver before this one may have shuffled
        places = [choice.original_position for choice in state.choices]
        found = pooled(rows, n)
        state.store.set(ROWS, [_placed(row, places) for row in rows])
        for i in range(n):
            state.choices.mark_choice(i, i == found.choice)
        reply = f"{LETTERS[found.choice]}. {texts[found.choice]}" if found.choice >= 0 else "(no choice survives)"
        prompt = way.render(asks[0])
        state.messages = [*state.messages[:-1], ChatMessageUser(content=prompt.messages[-1].text)]
        state.messages.append(ChatMessageAssistant(content=reply, source="generate"))
        state.output = ModelOutput.from_content(str(model), reply)
        return state

    return solve


@scorer(name="permuted", metrics={"*": [mean(), stderr()]})
def permuted() -> Scorer:
    """Beside accuracy, where there is a target: the share of pairs of orders with one choice; the share answered."""

    async def score(state: TaskState, target: Target) -> Score:
        texts = [choice.value for choice in sorted(state.choices, key=lambda choice: choice.original_position)]
        found = score_of(rows_of(state), texts)
        right = [letter for part in target for letter in part.replace(",", " ").split()]
        correct = float([found.answer] == right) if right else math.nan
        assert isinstance(found.value, dict)
        found.value = {"accuracy": correct, **found.value}
        return found

    return score


def _messages(state: TaskState) -> tuple[Message, ...]:
    found = []
    for message in state.messages:
        if message.role not in ("system", "user", "assistant"):
            raise InputError(f"sample {state.sample_id!r} holds a turn of role {message.role!r}; text is asked alone")
        found.append(Message(cast(Literal["system", "user", "assistant"], message.role), message.text))
    if not found or found[-1].role != "user":
        raise InputError(f"sample {state.sample_id!r} does not end in the user's turn, which asks the question")
    return tuple(found)


def _placed(row: dict, places: list[int]) -> dict:
    scores = [0.0] * len(places)
    for at, score in enumerate(row["scores"]):
        scores[places[at]] = score
    order = [places[at] for at in row["order"]]
    choice = places[row["choice"]] if row["choice"] >= 0 else -1
    return {**row, "order": order, "choice": choice, "scores": scores if row["scores"] else []}
