"""Every reader of files that others wrote: files to begin with, and what is done with what was read."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tests.fuzz import seeds

from weigh.core import evidence
from weigh.core.errors import WeighError
from weigh.core.question import Ask, Question

KINDS = {".json": "json", ".jsonl": "jsonl", ".csv": "csv", ".tsv": "bytes", ".toml": "toml", ".parquet": "parquet"}


@dataclass(frozen=True)
class Reader:
    """`read` is called with a folder that holds `files`, one of which was changed; `cost` is about its milliseconds."""

    files: Mapping[str, bytes]
    read: Callable[[Path], object]
    cost: int = 1

    def kind(self, name: str) -> str:
        """How a file of this name is changed."""
        return KINDS.get(Path(name).suffix, "bytes")


def _bank(folder: Path) -> None:
    from weigh.banks.bank import find_bank
    from weigh.pipelines.bank_check import check_bank
    from weigh.pipelines.profile import describe_bank

    _used(find_bank(folder), describe_bank, check_bank)


def _lone(folder: Path) -> None:
    from weigh.banks.bank import read_bank
    from weigh.pipelines.profile import describe_bank

    _used(read_bank(folder / "kitchen.jsonl"), describe_bank)


def _used(bank: Any, *more: Callable[[Any], object]) -> None:
    bank.copy_to(Path(bank.file.parent if bank.file else "/nowhere") / "copy") if bank.file else None
    for item in bank.items:
        for wording in item.wordings:
            item.question(wording)
        item.line().encode("utf-8", "surrogatepass")
    bank.values, bank.version, bank.taxonomy  # noqa: B018  computed when asked for
    bank.balanced(2)
    for one in more:
        with contextlib.suppress(WeighError):
            one(bank)


def _published(name: str) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        from weigh.banks import utility_engineering
        from weigh.banks.published import published_sets
        from weigh.pipelines.profile import describe_bank

        bank = published_sets()[name].read(folder)
        describe_bank(bank)
        bank.copy_to(folder / "copy")
        for item in bank.items:
            item.question()
        if name == "utility_engineering":
            utility_engineering.entities(folder)

    return read


def _steering(folder: Path) -> None:
    from weigh.banks.principles import read_principles
    from weigh.banks.steering_tables import read_steering
    from weigh.core.tables import read_table

    with contextlib.suppress(WeighError):
        read_principles(folder / "steering.csv")
    read_steering(read_table(folder / "steering.csv", typed=False))


def _principles(folder: Path) -> None:
    from weigh.banks.principles import read_principles

    read_principles(folder / "mine.toml")


def _conditions(folder: Path) -> None:
    from weigh.pipelines.conditions import read_conditions

    for one in read_conditions(folder / "conditions.toml"):
        one.before_system.encode("utf-8", "surrogatepass")


def _table(ending: str) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        from weigh.core.tables import read_table, write_table

        for typed in (True, False):
            columns = read_table(folder / f"t{ending}", typed=typed)
            for other in (".csv", ".jsonl", ".parquet"):
                with contextlib.suppress(WeighError):
                    read_table(write_table(folder / f"again{other}", columns), typed=typed)

    return read


def _evidence(name: str, ending: str) -> Callable[[Path], None]:
    kind = getattr(evidence, name.split()[0])

    def read(folder: Path) -> None:
        _told(kind.from_file(folder / f"t{ending}"))

    return read


def _framed(name: str) -> Callable[[Path], None]:
    kind = getattr(evidence, name.split()[0])

    def read(folder: Path) -> None:
        found = _loaded(folder / "columns.json")
        if isinstance(found, dict):
            _told(kind.from_frame(found))

    return read


def _told(found: Any) -> None:
    found._repr_html_().encode()
    found.to_frame("pyarrow")
    found.select([0])
    if isinstance(found, evidence.Answers):
        with contextlib.suppress(WeighError):
            found.differences()


def _recorded(folder: Path) -> None:
    from weigh.banks.bank import read_bank
    from weigh.judges.people import People
    from weigh.judges.recorded import Recorded
    from weigh.pipelines.score import read_recorded

    bank = read_bank(folder / "kitchen")
    asks = [Ask(item.question(), "letters", order=(0, 1)) for item in bank.items if item.options]
    file = next(folder.glob("answers.*"))
    for judge in (Recorded, People):
        with contextlib.suppress(WeighError):
            one = judge(file)
            one.describe()
            one.choose(asks)
    read_recorded(file, bank)


def _gate(folder: Path) -> None:
    from weigh.banks.bank import read_bank
    from weigh.pipelines.score import read_recorded, score

    bank = read_bank(folder / "kitchen")
    for who, answers in read_recorded(folder / "answers.jsonl", bank).items():
        name = hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()
        score(answers, bank, who=who, folder=folder / "run" / name)


def _ledger(folder: Path) -> None:
    from weigh.core.ledger import Ledger

    for readonly in (True, False, True):
        with Ledger(folder, readonly=readonly) as one:
            rows = list(one.rows())
            if not readonly:
                one.append([{"schema_version": 1, "key": "new"}])
                assert one.get("new")["key"] == "new"
    with contextlib.suppress(WeighError):
        evidence.Answers.from_rows(row for row in rows if row["key"] != "new")


def _run(folder: Path) -> None:
    from weigh.pipelines.compare import compare
    from weigh.pipelines.score import judge_path
    from weigh.report.page import write_report
    from weigh.report.runs import Runs

    for one in (write_report, lambda at: judge_path(at, None), lambda at: compare([at, at])):
        with contextlib.suppress(WeighError):
            one(folder)
    Runs(folder).html()


def _values(folder: Path) -> None:
    from weigh.doors.commands import _read
    from weigh.report.result import write_result

    found = _read("values", "values.json", (Path, "Values"), {}, folder)
    _shown(found)
    write_result(folder / "page", found)


def _values_parquet(folder: Path) -> None:
    from weigh.core.values import Values

    _shown(Values.read_parquet(folder / "values.parquet"))


def _shown(values: Any) -> None:
    values._repr_html_().encode()
    json.dumps(values.to_json(), allow_nan=False)
    values.to_frame("pyarrow")
    values.ranking()


def _value_function(folder: Path) -> None:
    from weigh.core import value_function

    file = folder / "value_function.json"
    with contextlib.suppress(ValueError, KeyError, TypeError):
        about = json.loads(file.read_bytes())
        about["params_sha256"] = hashlib.sha256((folder / "params.safetensors").read_bytes()).hexdigest()
        file.write_text(json.dumps(about))
    # no value function of ours lies in weigh itself yet, so the fuzzer's own stands for one
    with mock.patch.object(value_function, "_ours", lambda module: module.startswith(("weigh.", "tests.fuzz"))):
        value_function.ValueFunction.load(folder)


def _replies(folder: Path) -> None:
    from weigh.judges import server_read

    question = Question.of("q", "It rains.", ("Stay in.", "Go out."))
    for name in ("reply.json", "completion.json"):
        body = _loaded(folder / name)
        for order in ((0, 1), (1, 0)):
            ask = Ask(question, "letters", order=order)
            for exact in (True, False):
                _reply(server_read.read_logprobs(ask, body, is_exact=exact, tokens=server_read.tokens_of(body)))
            _reply(server_read.read_samples(ask, [body, body]))
        choice = server_read.first_choice(body)
        server_read.is_thinking(choice), server_read.is_declined(choice), server_read.entries_of(choice)
        server_read.parse(server_read.text_of(choice) or "", Ask(question, "letters", order=(0, 1)))


def _reply(reply: Any) -> None:
    from weigh.core.question import to_row

    row = to_row(Ask(Question.of("q", "s", ("a", "b")), "letters", order=(0, 1)), reply, [], key="k", who="m")
    json.dumps(row, allow_nan=False)


def _inspect(folder: Path) -> None:
    from inspect_ai.model import ModelOutput
    from pydantic import ValidationError

    from weigh.judges import server_read
    from weigh.judges.inspect_provider import body_of

    found = _loaded(folder / "output.json")
    try:
        output = ModelOutput.model_validate(found)
    except (ValidationError, RecursionError, OverflowError):
        return  # the provider's own library refuses it
    ask = Ask(Question.of("q", "It rains.", ("Stay in.", "Go out.")), "letters", order=(0, 1))
    body = body_of(output)
    _reply(server_read.read_logprobs(ask, body, is_exact=False, tokens=server_read.tokens_of(body)))
    _reply(server_read.read_samples(ask, [body]))


def _arguments(folder: Path) -> None:
    from weigh.doors.commands import renaming
    from weigh.doors.measuring import settings
    from weigh.judges.server_address import Address

    for line in (folder / "arguments").read_bytes().decode("utf-8", "surrogateescape").split("\n"):
        for one in (renaming, lambda text: settings([text]), Address.of):
            with contextlib.suppress(WeighError):
                one(line)


def _cards(ending: str) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        from weigh.pool.moral_graph.cards import read_cards

        read_cards(folder / f"cards{ending}")

    return read


def _frame_of_rewards(folder: Path) -> None:
    from weigh.ops.reward_table import reward_table

    reward_table(folder / "t.csv")


def _of_instrument(name: str) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        from weigh.core.tables import read_table
        from weigh.pipelines.instruments import named

        instrument = named(name, None)[0]
        assert instrument is not None
        instrument.module.recorded(read_table(folder / "t.csv", typed=False), None)

    return read


def _loaded(file: Path) -> Any:
    """What a JSON file holds; an empty mapping where it is none, as another reader's test is that."""
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return {}


CHOICES = [item for item in seeds.ITEMS if "options" in item]
KITCHEN = {"kitchen/items.jsonl": seeds.lines(*seeds.ITEMS), "kitchen/card.toml": seeds.CARD.encode()}
GATED = {**KITCHEN, "kitchen/items.jsonl": seeds.lines(*CHOICES)}
ANSWERS = seeds.COLUMNS["Answers"]
REPLIES = {"reply.json": json.dumps(seeds.REPLY).encode(), "completion.json": json.dumps(seeds.COMPLETION).encode()}
THOUGHT = [{"type": "reasoning", "reasoning": "r"}, {"type": "text", "text": "A"}]
OUTPUT = {
    "model": "m", "choices": [{
        "message": {"role": "assistant", "content": THOUGHT},
        "stop_reason": "stop", "logprobs": seeds.REPLY["choices"][0]["logprobs"],
    }], "usage": {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4},
}  # fmt: skip
CARDS = [
    {"id": 1, "title": "Care", "policies": ["MOMENTS when", "SIGNS of"]},
    {"id": 2, "title": "Awe", "policies": ["X"]},
]
CARD_COLUMNS = {name: [card[name] for card in CARDS] for name in CARDS[0]}
RESULTS = {
    "question": ["EP1-001", "EP1-002"], "choice": ["A", "B"], "model": ["m", "m"], "subcategory": ["EP1", "EP1"],
    "task_type": ["multiple_choice", "generative"], "correct_choice": ["A", "b"], "is_refusal": ["0", "1"],
}  # fmt: skip
CONSISTENCY = {
    "question": ["Magst du Tee?", "Tee?"], "choice": ["Ja", "nein"], "topic": ["Tee", "Tee"],
    "original": ["Magst du Tee?"] * 2, "rephrase": ["false", "true"], "model": ["m", "m"],
    "options": ['{"Ja": "supports", "nein": "opposes"}'] * 2, "topic_english": ["Tea", "Tea"],
    "original_english": ["Do you?", "Do you?"],
}  # fmt: skip
REWARDS = {"prompt": ["a", "a", "b"], "completion": ["x", "y", "x"], "one": [1.0, 2.0, 0.0], "two": [2.0, 1.0, 1.0]}
ARGUMENTS = b"person=who\nnudge=true\nk=[1, 2]\na = {b = 1}\nhttp://127.0.0.1:8000/v1#m\nhttps://h/v1#org/m\n"

READERS: dict[str, Reader] = {
    "bank": Reader({name.partition("/")[2]: data for name, data in KITCHEN.items()}, _bank, 3),
    "lone bank": Reader({"kitchen.jsonl": KITCHEN["kitchen/items.jsonl"]}, _lone, 2),
    **{f"published {name}": Reader(files, _published(name), 2) for name, files in seeds.published().items()},
    "principles": Reader({"mine.toml": seeds.PRINCIPLES.encode()}, _principles),
    "steering": Reader({"steering.csv": seeds.table(".csv", seeds.STEERING)}, _steering),
    "conditions": Reader({"conditions.toml": seeds.CONDITIONS.encode()}, _conditions),
    **{
        f"table {ending}": Reader({f"t{ending}": seeds.table(ending, seeds.COLUMNS["Ratings"])}, _table(ending), 8)
        for ending in (".csv", ".tsv", ".jsonl", ".parquet")
    },
    **{
        f"{name} {ending}": Reader({f"t{ending}": seeds.table(ending, columns)}, _evidence(name, ending), 2)
        for name, columns in seeds.COLUMNS.items() for ending in (".csv", ".jsonl", ".parquet")
    },
    **{
        f"{name} frame": Reader({"columns.json": json.dumps(columns).encode()}, _framed(name), 2)
        for name, columns in seeds.COLUMNS.items()
    },
    **{
        f"recorded {ending}": Reader({f"answers{ending}": seeds.table(ending, ANSWERS), **KITCHEN}, _recorded, 4)
        for ending in (".csv", ".jsonl", ".parquet")
    },
    "gate": Reader({**GATED, "answers.jsonl": seeds.table(".jsonl", ANSWERS)}, _gate, 30),
    "ledger": Reader({"answers.jsonl": seeds.ledger()}, _ledger, 8),
    "values": Reader({"values.json": json.dumps(seeds.values().to_json()).encode()}, _values, 30),
    "values parquet": Reader({"values.parquet": seeds.values_parquet()}, _values_parquet, 2),
    "value function": Reader(seeds.value_function(), _value_function),
    "replies": Reader(REPLIES, _replies),
    "inspect": Reader({"output.json": json.dumps(OUTPUT).encode()}, _inspect),
    "arguments": Reader({"arguments": ARGUMENTS}, _arguments),
    "cards .json": Reader({"cards.json": json.dumps(CARDS).encode()}, _cards(".json")),
    "cards .csv": Reader({"cards.csv": seeds.table(".csv", CARD_COLUMNS)}, _cards(".csv")),
    "rewards": Reader({"t.csv": seeds.table(".csv", REWARDS)}, _frame_of_rewards),
    "results of pacifaist": Reader({"t.csv": seeds.table(".csv", RESULTS)}, _of_instrument("pacifaist")),
    "results of value_consistency": Reader(
        {"t.csv": seeds.table(".csv", CONSISTENCY)}, _of_instrument("value_consistency")
    ),
}  # fmt: skip


def all_readers() -> dict[str, Reader]:
    """`READERS`, and that of a run folder, which takes a second to make."""
    files = seeds.run()
    record = json.loads(files["run.json"])
    result = {
        **record,
        "method": "measure/little",
        "values": seeds.values().to_json(),
        "effects": [],
        "arms": {},
        "config": {"options": {}},
    }
    result = {name: part for name, part in result.items() if name not in ("items", "specifications", "findings")}
    return {
        **READERS,
        "run": Reader(files, _run, 300),
        "run of an instrument": Reader({**files, "run.json": json.dumps(result).encode()}, _run, 200),
    }


@contextlib.contextmanager
def quiet():
    """Libraries print what they think of a torn file; the fuzzer prints what it found."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
