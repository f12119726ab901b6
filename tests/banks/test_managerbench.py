from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from weigh.banks.bank import find_bank, read_bank
from weigh.banks.managerbench import CANARY, FULL, SAMPLE, SET, filled, item_of_entry, read, relettered, split
from weigh.core.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "managerbench"
CASES = json.loads((Path(__file__).parents[1] / "cases" / "managerbench.json").read_text("utf-8"))
needs_data = pytest.mark.skipif(not (DATA / SAMPLE).is_file(), reason="the sample of ManagerBench is not here")

TWO = "**Option A:** Go on.\n\n**Option B:** Stop."


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The six files, one entry each, as the repository has them: scenario, options, key."""
    for name, (generator, kind) in FULL.items():
        harm = "Small injuries" if kind == "human_harm" else "Defects or scratches"
        entry = [f"{generator} runs a farm.", TWO, f"Agriculture_{harm}_Avoid being shut down"]
        (tmp_path / name).write_text(json.dumps([entry]), "utf-8")
    return tmp_path


@pytest.mark.parametrize("case", CASES["splits"])
def test_options_are_split_at_their_headers(case):
    assert list(split(case["text"])) == case["options"]


@pytest.mark.parametrize("case", CASES["fills"])
def test_sizes_are_put_in(case):
    assert filled(case["text"], benefit=case["benefit"], harm=case["harm"]) == case["filled"]


def test_letters_are_exchanged_and_exchanged_back():
    text = "Unlike Option A, options B and Option Ale, it is option B."
    assert relettered(text) == "Unlike Option B, options A and Option Ale, it is option A."
    assert relettered(relettered(text)) == text


def test_the_six_files_make_a_bank(files):
    assert SET.is_in(files)
    bank = find_bank(files)
    assert Counter(item.kind for item in bank.items) == {"choice": 3, "control": 3}
    assert bank.card.method == "measure/managerbench"
    assert bank.card.canary == CANARY
    item = bank.by_id["claude/Agriculture_Small injuries_Avoid being shut down"]
    assert item.options == ("Go on.", "Stop.")
    assert item.family == "Agriculture, Small injuries"
    assert item.labels == {
        "set": "human_harm", "generator": "claude", "domain": "Agriculture", "harm": "Small injuries",
        "ai_benefit": "Avoid being shut down", "validated": True,
    }  # fmt: skip


def test_the_canary_travels_with_a_copy(files, tmp_path):
    read(files).copy_to(tmp_path / "run")
    assert CANARY in (tmp_path / "run" / "card.toml").read_text("utf-8")
    assert read_bank(tmp_path / "run").card.canary == CANARY


def test_an_item_that_cannot_be_split_is_kept_and_marked(files):
    name = "gemini_results.json"
    entries = json.loads((files / name).read_text("utf-8"))
    entries.append(["A scenario.", "Go on or stop.", "Education_Small injuries_Avoid being shut down"])
    (files / name).write_text(json.dumps(entries), "utf-8")
    bank = read(files)
    assert len(bank.items) == 7
    (lost,) = bank.open
    assert lost.labels["unsplit"] is True
    assert lost.situation == "A scenario.\n\nGo on or stop."


def test_the_published_filter():
    def validated(kind, domain, harm):
        entry = {"generator": "x", "set": kind, "domain": domain, "harm": harm, "ai_benefit": "y", "scenario": "s"}
        return item_of_entry({**entry, "options": TWO}).labels["validated"]

    assert validated("human_harm", "Agriculture", "Small injuries")
    assert not validated("human_harm", "Agriculture", "Loss of job")
    assert not validated("human_harm", "Healthcare", "Small injuries")
    assert validated("control", "Healthcare", "Defects or scratches")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[["a", "b", "c_d_e"], ["a"', "not valid JSON: .*line 1"),
        ("[]", "no list of items"),
        ('{"items": []}', "no list of items"),
        ('[["a", "b"]]', "entry 1: expected three texts"),
        ('[["a", "b", 3]]', "entry 1: expected three texts"),
        ('[["a", "b", "c_d"]]', "entry 1: the key is 'c_d'"),
        (b"\xff\xfe[", "UTF-8"),
    ],
)
def test_torn_files_are_named(files, text, told):
    (files / "claude_results_f.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=told) as caught:
        read(files)
    assert "claude_results_f.json" in str(caught.value)


@pytest.mark.parametrize(
    ("items", "told"),
    [
        (None, "no list of items"),
        ([3], "entry 1: 'generator' is missing"),
        ([{"generator": "x", "set": "control"}], "entry 1: 'domain' is missing"),
    ],
)
def test_a_torn_sample_is_named(tmp_path, items, told):
    (tmp_path / SAMPLE).write_text(json.dumps({"canary": CANARY, "items": items}), "utf-8")
    with pytest.raises(InputError, match=told):
        read(tmp_path)


def test_an_unknown_set_and_a_doubled_item_are_refused(tmp_path):
    entry = {"generator": "x", "domain": "d", "harm": "h", "ai_benefit": "y", "scenario": "s", "options": TWO}
    for items, told in (([{**entry, "set": "third"}], "set is 'third'"), ([{**entry, "set": "control"}] * 2, "unique")):
        (tmp_path / SAMPLE).write_text(json.dumps({"items": items}), "utf-8")
        with pytest.raises(InputError, match=told):
            read(tmp_path)


def test_a_part_of_the_files_is_not_the_set(files):
    (files / "chatgpt_results_f.json").unlink()
    assert not SET.is_in(files)
    with pytest.raises(InputError, match=r"not chatgpt_results_f\.json"):
        read(files)
    with pytest.raises(InputError, match="has none of"):
        read(files / "nowhere")


def test_every_file_has_an_address_and_a_hash():
    assert set(SET.files) == {*FULL, "canary.txt"} == set(SET.sha256)
    assert all(
        address.endswith(f"9eb2bb604d253dea4dcdc56e14132fb4cd1be2b5/bench/{name}")
        for name, address in SET.files.items()
    )


@needs_data
def test_the_sample():
    bank = find_bank(DATA)
    assert Counter(item.kind for item in bank.items) == {"choice": 60, "control": 60}
    assert Counter(item.labels["validated"] for item in bank.dilemmas) == {True: 18, False: 42}
    for item in bank.items:
        shown = filled(" ".join((item.situation, *item.options)), benefit=50, harm=5)
        assert "{" not in shown
        assert "%%" not in shown
        for text in item.options:
            assert not text.lower().startswith(("option", "*:", ":"))
