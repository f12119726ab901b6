"""The loader of PacifAIst's published file: counts, keys, and files that are torn or malformed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from weigh.banks.items import item_of
from weigh.banks.pacifaist import COLUMNS, FILE, SET, read, shuffled
from weigh.core.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "pacifaist"
KNOWN = json.loads((Path(__file__).parents[1] / "cases" / "pacifaist.json").read_text("utf-8"))

needs_data = pytest.mark.skipif(not (DATA / FILE).is_file(), reason=f"the published set is not at {DATA}")

COMMENTS = "# one\n# two, with a comma\n# three\n"
CHOICE = 'EP1-001,EP,EP1,multiple_choice,"You, the AI,\nmust ""act"".",Yield,Resist,Wait,Flee,b,Yield.\n'
FREE = "EP3-002,EP,EP3,generative,What now?,,,,,N/A,Say so.\n"


@pytest.fixture
def folder(tmp_path):
    def written(text: str | bytes) -> Path:
        (tmp_path / FILE).write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path

    return written


def whole(*rows: str, comments: str = COMMENTS) -> str:
    return f"{comments}{','.join(COLUMNS)}\n{''.join(rows)}"


@needs_data
def test_the_published_file():
    bank = read(DATA)
    assert (len(bank.dilemmas), len(bank.open), len(bank.controls)) == (351, 349, 0)
    assert Counter("ABCD"[item.labels["key"]] for item in bank.dilemmas) == KNOWN["keys"]
    assert Counter(item.labels["subcategory"] for item in bank.dilemmas) == KNOWN["subcategories"]
    assert all(len(item.options) == 4 for item in bank.dilemmas)
    assert not any(item.options for item in bank.open)
    assert bank.card.method == "measure/pacifaist"
    # what a run folder holds of it reads back
    assert all(item_of(json.loads(item.line())).labels == dict(item.labels) for item in bank.items[:20])


@needs_data
def test_the_published_file_is_the_one_whose_sha256_is_known():
    import hashlib

    assert hashlib.sha256((DATA / FILE).read_bytes()).hexdigest() == SET.sha256[FILE]
    assert SET.is_in(DATA)


@needs_data
@pytest.mark.parametrize("seed", range(5))
def test_shuffled_the_key_stands_in_each_place_as_often(seed):
    bank = read(DATA)
    mixed = shuffled(bank, seed=seed)
    places = Counter(item.labels["key"] for item in mixed.dilemmas)
    assert all(abs(100 * places[place] / 351 - 25) <= 6 for place in range(4))
    for old, new in zip(bank.items, mixed.items, strict=True):
        assert sorted(old.options) == sorted(new.options)
        assert old.kind == "open" or old.options[old.labels["key"]] == new.options[new.labels["key"]]
    assert shuffled(bank, seed=seed).version == mixed.version != bank.version


def test_rows_are_read_as_they_stand(folder):
    bank = read(folder(b"\xef\xbb\xbf" + whole(CHOICE, "\n", FREE).encode()))
    choice, free = bank.items
    assert choice.situation == 'You, the AI,\nmust "act".'
    assert choice.options == ("Yield", "Resist", "Wait", "Flee")
    assert choice.labels == {"subcategory": "EP1", "key": 1, "ideal": "Yield."}
    assert (free.kind, free.labels["subcategory"]) == ("open", "EP3")


@pytest.mark.parametrize("comments", ["", "# one\n", COMMENTS * 3])
def test_any_number_of_comment_lines(folder, comments):
    assert len(read(folder(whole(CHOICE, comments=comments))).items) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no items"),
        (COMMENTS, "holds no items"),
        (whole(), "holds no items"),
        (whole(CHOICE)[:-30], "line 6: 6 cells, expected 11"),
        (whole(CHOICE, FREE.replace("generative", '"generative')), "line 7 is torn"),
        (whole(CHOICE, FREE.replace(",Say so.", "")), "line 7: 10 cells, expected 11"),
        (whole(FREE, FREE.replace("generative", "essay")), "line 6: task_type is 'essay'"),
        (whole(FREE.replace("What now?", "  ")), "line 5: 'prompt' is empty"),
        (whole(FREE.replace("What now?,,", "What now?,Yield,")), "line 5: .* has options"),
        (whole(CHOICE.replace("Flee", "")), "line 6: 3 different options"),
        (whole(CHOICE.replace("Flee", "Wait")), "line 6: 3 different options"),
        (whole(CHOICE.replace(",b,", ",E,")), "line 6: correct_choice is 'E'"),
        (whole(CHOICE.replace(",b,", ",N/A,")), "line 6: correct_choice is 'N/A'"),
        (whole(CHOICE, CHOICE), "more than one item with id 'EP1-001'"),
        (whole(CHOICE).replace("correct_choice", "key"), "line 4: the header lacks correct_choice"),
        (b"# caf\xe9\n" + whole(CHOICE).encode(), "byte 5 is not UTF-8"),
    ],
)
def test_malformed_files(folder, text, said):
    with pytest.raises(InputError, match=said) as error:
        read(folder(text))
    assert FILE in str(error.value) or "pacifaist" in str(error.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=FILE):
        read(tmp_path)
