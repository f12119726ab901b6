"""Utility Engineering: 510 states of the world, US policies, two-step worlds, implicit lotteries and open questions.

All is one bank; the label `set` says which file an item comes from. Items of kind "outcome" are compared with one
another: "outcomes" (the main set, 30 groups), "policies" (18 groups), "processes" (first steps, and first steps with
what follows), "events" (parents, and the ways in which they come about). The open questions are of kind "open".

Outcomes that differ in one whole number are amounts of one good (labels `good`, `amount`), and those about copies of
oneself say how close the copy is (label `relatedness`): the files do not say so, the texts do. Both are read off them
here. `entities` gives the politicians and platforms, without the place-holder that stands for the citizens' assembly.

Source: Mazeika et al., arXiv:2502.08640; github.com/centerforaisafety/emergent-values at the commit below, where the
addresses were read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.banks.published import PublishedSet
from weigh.core.documents import read_json
from weigh.core.errors import InputError

COMMIT = "313ec33b9972f3d04bba084c65d0d7fa66009a9f"
ADDRESS = f"https://raw.githubusercontent.com/centerforaisafety/emergent-values/{COMMIT}/utility_analysis"
OUTCOMES, POLICIES, ENTITIES = "options_hierarchical.json", "policy_options.json", "entities.json"
NATURAL, UNNATURAL = "markov_processes.json", "markov_processes_unnatural.json"
EVENTS, QUESTIONS, TESTING = "implicit_lotteries.json", "util_max_questions.json", "options_testing.json"
PLACEHOLDER = "citizenassembly1"

MIN_AMOUNTS = 3  #: fewer do not show whether worth is a line in the logarithm of the amount
_AMOUNT = re.compile(r"(?<![\d.,\w-])\$?(\d{1,3}(?:,\d{3})+|\d+)(?![\w]|[.,]\d|-)")
_RELATED = re.compile(r"utility function has an (\d\.\d) correlation with yours")
_COPY = re.compile(r"^(You create .* cop(y|ies) of yourself|Your parameters and values are used)")


def read(folder: Path) -> Bank:
    """Read what is there of the published files.

    Parameters
    ----------
    folder : Path
        Holds options_hierarchical.json, and any of the others.

    Returns
    -------
    Bank
        Labels: `set`; `good`, `amount` and `relatedness` where the text has them; of processes `process`, `step`, and
        of second steps `after`, `natural` and `unnatural` probability; of events `of` and `probability`; of open
        questions `pair_prompt` and `answers`.

    Raises
    ------
    InputError
        A file is missing or torn, or holds something else; the message names the file and the place.
    """
    items = [*_grouped(folder / OUTCOMES, "outcomes", "outcome")]
    for name, reader in (
        (POLICIES, lambda path: _grouped(path, "policies", "policy")), (NATURAL, _processes), (EVENTS, _events),
        (QUESTIONS, _questions),
    ):  # fmt: skip
        if (folder / name).is_file():
            items += reader(folder / name)
    card = BankCard(
        name="utility_engineering",
        title="Utility Engineering: states of the world, policies, processes, lotteries and open questions",
        authors=("Mantas Mazeika and others",),
        licence="MIT",
        version=COMMIT[:8],
        source="arXiv:2502.08640, github.com/centerforaisafety/emergent-values",
        method="measure/utility_engineering",
    )
    return Bank.of(card, items)


def entities(folder: Path) -> tuple[str, ...]:
    """Names of the politicians and platforms whose preferences a model can be asked to play.

    Raises
    ------
    InputError
        The file is missing, torn, or holds something else.
    """
    given = _json(folder / ENTITIES, Mapping)
    parts = [given.get(part, []) for part in ("politicians", "platforms")]
    names: list[Any] = [name for part in parts for name in (part if isinstance(part, list) else [None])]
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"{folder / ENTITIES} has no list 'politicians' or 'platforms' of names")
    return tuple(str(name) for name in names if name != PLACEHOLDER)


def labelled(items: Sequence[Item]) -> list[Item]:
    """The items with `good` and `amount` where three or more of them differ in one whole number only.

    Parameters
    ----------
    items : sequence of Item
        Of kind "outcome".
    """
    found: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for i, item in enumerate(items):
        numbers = list(_AMOUNT.finditer(item.situation))
        if len(numbers) == 1:
            start, end = numbers[0].span(1)
            good = f"{item.situation[:start]}{{n}}{item.situation[end:]}".rstrip(".")
            found[good].append((i, float(numbers[0][1].replace(",", ""))))
    labelled = list(items)
    for good, places in found.items():
        if len({amount for _, amount in places}) >= MIN_AMOUNTS:
            for i, amount in places:
                labels = {**items[i].labels, "good": good, "amount": amount}
                labelled[i] = replace(labelled[i], labels=labels)
    return labelled


def _grouped(path: Path, name: str, prefix: str) -> list[Item]:
    given = _json(path, Mapping)
    items = []
    for group, texts in given.items():
        if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
            raise InputError(f"{path}: {group!r} must be a list of texts; got {texts!r:.80}")
        for text in texts:
            labels = {"set": name, **_relatedness(text)}
            items.append(Item(f"{prefix}-{len(items):03d}", text, (), "outcome", labels=labels, group=group))
    if not items:
        raise InputError(f"{path} holds no options")
    return labelled(items) if name == "outcomes" else items


def _relatedness(text: str) -> dict[str, float]:
    if found := _RELATED.search(text):
        return {"relatedness": float(found[1])}
    return {"relatedness": 1.0} if _COPY.match(text) else {}


def _processes(path: Path) -> Iterator[Item]:
    """First steps, then first steps with what follows; the implausible world is the same but for its transitions."""
    other = path.parent / UNNATURAL
    worlds, turned = _worlds(path), _worlds(other) if other.is_file() else None
    if turned is not None and [world.get("name") for world in worlds] != [world.get("name") for world in turned]:
        raise InputError(f"{path} and {other} must hold the same processes in one order")
    for k, world in enumerate(worlds):
        where = f"{path}, process {k + 1}"
        try:
            text = {state["id"]: state["observation"] for state in world["states"]}
            for first, start in world["start_state_distribution"]:
                labels = {"set": "processes", "process": world["name"], "step": 1, "start": float(start)}
                first_id = f"process-{k:02d}-{first}"
                yield Item(first_id, text[first], (), "outcome", labels=labels, group=world["name"])
                implausible = dict(turned[k]["transitions"][str(first)]) if turned else {}
                for last, p in world["transitions"][str(first)]:
                    labels = {
                        "set": "processes", "process": world["name"], "step": 2, "after": first_id,
                        "natural": float(p), **({"unnatural": float(implausible[last])} if implausible else {}),
                    }  # fmt: skip
                    story = f"{text[first]} -> {text[last]}"
                    yield Item(f"{first_id}-{last}", story, (), "outcome", labels=labels, group=world["name"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{where} lacks states, transitions or a start ({type(error).__name__}: {error})"
            ) from None


def _worlds(path: Path) -> list[dict[str, Any]]:
    given = _json(path, Mapping).get("MarkovProcesses")
    if not isinstance(given, list) or not given or not all(isinstance(world, dict) for world in given):
        raise InputError(f"{path} has no list 'MarkovProcesses'")
    return given


def _events(path: Path) -> Iterator[Item]:
    given = _json(path, Mapping).get("base_options")
    if not isinstance(given, list) or not given:
        raise InputError(f"{path} has no list 'base_options'")
    for k, parent in enumerate(given):
        where = f"{path}, event {k + 1}"
        try:
            parts = [(sub["option"], float(sub["probability"])) for sub in parent["sub_options"]]
            text = parent["option"]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{where} lacks an option or a probability ({type(error).__name__}: {error})") from None
        if abs(sum(p for _, p in parts) - 1) > 1e-6:
            raise InputError(f"{where}: probabilities sum to {sum(p for _, p in parts):g}; expected 1")
        yield Item(f"event-{k:02d}", text, (), "outcome", labels={"set": "events"}, group=text)
        for j, (sub, p) in enumerate(parts):
            labels = {"set": "events", "of": f"event-{k:02d}", "probability": p}
            yield Item(f"event-{k:02d}-{j:02d}", sub, (), "outcome", labels=labels, group=text)


def _questions(path: Path) -> Iterator[Item]:
    for k, given in enumerate(_json(path, list)):
        answers = given.get("possible_answers") if isinstance(given, dict) else None
        texts = [given.get(key) for key in ("question", "pair_prompt")] if isinstance(given, dict) else [None]
        if (
            not isinstance(answers, list)
            or len(set(map(str, answers))) < 2
            or not all(isinstance(t, str) for t in texts)
        ):
            raise InputError(f"{path}, question {k + 1} lacks question, pair_prompt or two different possible_answers")
        labels = {"set": "questions", "pair_prompt": texts[1], "answers": list(dict.fromkeys(map(str, answers)))}
        yield Item(f"question-{k:02d}", str(texts[0]), (), "open", labels=labels)


def _json(path: Path, kind: type) -> Any:
    if not path.is_file():
        raise InputError(f"{path} does not exist; a folder of this set holds at least {OUTCOMES}")
    given = read_json(path, f"what {path.name} of the published set holds")
    if not isinstance(given, kind):
        raise InputError(f"{path} holds a {type(given).__name__}; expected a {kind.__name__.lower()}")
    return given


SET = PublishedSet(
    name="utility_engineering",
    title="Utility Engineering (510 outcomes, 136 policies, 21 processes, 20 events, 30 questions)",
    files={
        OUTCOMES: f"{ADDRESS}/shared_options/{OUTCOMES}",
        TESTING: f"{ADDRESS}/shared_options/{TESTING}",
        POLICIES: f"{ADDRESS}/experiments/political_values/options/{POLICIES}",
        ENTITIES: f"{ADDRESS}/experiments/political_values/options/{ENTITIES}",
        NATURAL: f"{ADDRESS}/experiments/instrumental_values/{NATURAL}",
        UNNATURAL: f"{ADDRESS}/experiments/instrumental_values/{UNNATURAL}",
        EVENTS: f"{ADDRESS}/experiments/expected_utility_implicit/implicit_lotteries/options.json",
        QUESTIONS: f"{ADDRESS}/experiments/maximization/{QUESTIONS}",
    },
    needed=((OUTCOMES,),),
    licence="MIT",
    read=read,
    sha256={
        OUTCOMES: "da5142bce39021a828ca0c353939dd7045cae89ad415b5d5919018f50f98d334",
        TESTING: "918c6fd93c6c0e163b5be93781ceb8f4e02b42cdb2970c47b5dbd62a3cd0b8cd",
        POLICIES: "e8e8047999e8d1a4ab448c87c2a5d7d36fe7edbdbdb51088e92d5e32903b7c70",
        ENTITIES: "944a2496e51f796d8fe946aa36559e4ce1ac1c373887f189b57bc418409f87b2",
        NATURAL: "fdeea617e69f8152b149127aa81a909cecd6ed41235d3dda6e486c8419f17ed5",
        UNNATURAL: "41c7f29230a8bbe5cd1611f5858d306249862b0e9256e79516a8d887ad5ffdd6",
        EVENTS: "d25cc11caf421c17f08ba07edc3afb01fe39a9bc82648491a98888dcc66b2775",
        QUESTIONS: "7b391102abf402233c6272ab891d681a2b0893d95b246b29fb54adc4bdef71ba",
    },
)
