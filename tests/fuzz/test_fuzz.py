"""Every reader against changed files, the same ones in every run; and files that once came through as crashes.

`python -m tests.fuzz --minutes 10` goes on for as long as one likes.
"""

from __future__ import annotations

import json

import pytest
from tests.fuzz import seeds
from tests.fuzz.fuzzing import fuzz
from tests.fuzz.mutate import mutated
from tests.fuzz.readers import READERS, Reader, all_readers, quiet

from weigh.core.errors import InputError, WeighError

DEEP, LONG = "[" * 3000, "9" * 5000
ROW = {"question": "k0", "choice": 0, "order": "0,1", "p": 0.9}
CHAIN = seeds.published()["utility_engineering"]


def result(**notes: object) -> bytes:
    given = seeds.values().to_json()
    return json.dumps({**given, "diagnostics": {**given["diagnostics"], **notes}}).encode()


ONCE = {
    "nested without end": [
        ("bank", "card.toml", f"title = {DEEP}"), ("principles", "mine.toml", f"[principle.a]\nsupporting = {DEEP}"),
        ("conditions", "conditions.toml", f"[condition.a]\nsystem = {DEEP}"),
        ("Transitions .jsonl", "t.jsonl", json.dumps(dict.fromkeys(seeds.COLUMNS["Transitions"], DEEP))),
        ("Answers .jsonl", "t.jsonl", json.dumps({**ROW, "scores": DEEP})),
    ],
    "a number of 5,000 digits": [
        ("bank", "items.jsonl", f'{{"id": {LONG}, "situation": "s", "options": ["a", "b"]}}'),
        ("bank", "card.toml", f"default = {LONG}"),
        ("published managerbench", "chatgpt_results.json", f"[[{LONG}]]"),
        ("published utility_engineering", "options_hierarchical.json", f'{{"a": {LONG}}}'),
        ("published value_consistency", "controversial_english_us.jsonl", f'{{"topic": {LONG}}}'),
    ],
    "a number that no float holds": [
        ("Answers .jsonl", "t.jsonl", json.dumps({**ROW, "p": 10**400})),
        ("Answers .jsonl", "t.jsonl", json.dumps({**ROW, "choice": 10**400})),
        ("Answers .jsonl", "t.jsonl", json.dumps({**ROW, "choice": 2**60})),
        ("Answers .jsonl", "t.jsonl", json.dumps({**ROW, "scores": [10**400, 0]})),
        ("Ratings .jsonl", "t.jsonl", json.dumps({"who": "a", "item": "b", "value": 10**400})),
        ("values", "values.json", json.dumps(seeds.values().to_json()).replace("0.5", str(10**400))),
    ],
    "a part of another type": [
        ("bank", "items.jsonl", '{"id": "a", "situation": "s", "options": ["a", "b"], "labels": "l"}'),
        ("bank", "card.toml", "default = -1"),
        ("published utility_engineering", "entities.json", '{"politicians": ["a"], "platforms": true}'),
        ("published utility_engineering", "markov_processes_unnatural.json", '{"MarkovProcesses": [{"": null}]}'),
        ("steering", "steering.csv", seeds.table(".csv", {**seeds.STEERING, "real_conflict_dilemma_idx": ["3"]})),
        (
            "steering", "steering.csv",
            seeds.table(".csv", {**seeds.STEERING, "dilemma_sup_values_data_dict_idx": ["{'honesty': 3}"]}),
        ),
        ("values", "values.json", json.dumps(seeds.values().to_json()).replace("1.5", '"A"')),
        ("values", "values.json", result(figures=[{"kind": "intervals", "title": "t", "data": {"rows": [3]}}])),
        ("values", "values.json", result(findings=[3])),
        ("values", "values.json", b"\xff\xfe{\x00}\x00"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_changed_files_are_read_or_refused_in_words(name):
    reader = READERS[name]
    found = fuzz(name, reader, lambda number: number < max(4, 30 // reader.cost))
    assert found.crashes == {}


@pytest.mark.parametrize("name", ["run", "run of an instrument"])
def test_changed_runs_are_read_or_refused_in_words(name):
    found = fuzz(name, all_readers()[name], lambda number: number < 4)
    assert found.crashes == {}


@pytest.mark.parametrize(
    ("name", "file", "content"), [pytest.param(*case, id=f"{why}, {case[1]}") for why in ONCE for case in ONCE[why]]
)
def test_what_once_crashed_is_refused_in_words(name, file, content, tmp_path):
    given = content.encode() if isinstance(content, str) else content
    for path, data in {**READERS[name].files, file: given}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    with pytest.raises(InputError) as caught, quiet():
        READERS[name].read(tmp_path)
    assert str(caught.value)


def test_a_valid_file_of_each_reader_is_read(tmp_path):
    for number, reader in enumerate(READERS.values()):
        for path, data in reader.files.items():
            (tmp_path / str(number) / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / str(number) / path).write_bytes(data)
        with quiet():
            reader.read(tmp_path / str(number))


def test_a_fault_of_ours_is_told_from_a_refusal():
    def read(folder):
        text = (folder / "a.csv").read_bytes()
        if not text.startswith(b"a,b"):
            raise ZeroDivisionError("by chance")
        raise WeighError("refused")

    found = fuzz("broken", Reader({"a.csv": b"a,b\n1,2\n"}, read), lambda number: number < 60)
    assert found.counts["refused"] > 0
    assert found.counts["crashed"] > 0
    assert any("ZeroDivisionError" in where for where in found.crashes)


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv", "toml", "parquet", "bytes"])
def test_files_are_changed_in_their_own_shape(kind):
    import random

    seed = {
        "json": b'{"a": [1, 2]}', "jsonl": b'{"a": 1}\n{"a": 2}\n', "csv": b"a,b\n1,2\n", "toml": b"a = 1\n",
        "parquet": seeds.table(".parquet", {"a": [1, 2]}), "bytes": b"abc",
    }[kind]  # fmt: skip
    made = {mutated(random.Random(n), seed, kind) for n in range(200)}
    assert len(made) > 60
    if kind in ("json", "parquet"):
        read = json.loads if kind == "json" else None
        whole = 0
        for data in made:
            try:
                read(data) if read else _columns(data)
                whole += 1
            except (ValueError, RecursionError):
                pass
        assert whole > len(made) / 4


def _columns(data):
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError) as error:
        raise ValueError from error
