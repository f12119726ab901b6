from __future__ import annotations

import hashlib
import json
from collections import Counter

import pytest

from weigh.banks.bank import balanced_subset, find_bank, installed_banks, read_bank
from weigh.banks.taxonomies import SCHWARTZ, taxonomy
from weigh.core.errors import InputError

ITEM = {"id": "a", "situation": "It rains.", "options": ["Stay in.", "Go out."], "values": ["rest", "fun"]}


@pytest.fixture
def write(tmp_path):
    def written(*items, card=None, name="mine"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        lines = [item if isinstance(item, str) else json.dumps(item) for item in items]
        (folder / "items.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if card is not None:
            (folder / "card.toml").write_text(card, encoding="utf-8")
        return folder

    return written


def test_our_own_bank_is_what_its_card_says():
    bank = find_bank("pilot")
    assert (len(bank.dilemmas), len(bank.controls)) == (90, 20)
    assert bank.values == SCHWARTZ.values
    assert bank.taxonomy is SCHWARTZ
    assert bank.sha256 == bank.card.sha256
    assert bank.version == f"pilot-{bank.card.version}-{bank.sha256[:12]}"
    assert all(item.paraphrase for item in bank.dilemmas)
    # two dilemmas for each pair of the ten values
    assert set(Counter(frozenset(item.values) for item in bank.dilemmas).values()) == {2}


def test_a_folder_and_a_lone_file_are_read(write):
    folder = write(ITEM, {**ITEM, "id": "b"}, card='name = "ours"\nauthors = ["Ada"]\nversion = "3"\ndefault = 1\n')
    bank = read_bank(folder)
    assert (bank.name, bank.card.authors, bank.card.default) == ("ours", ("Ada",), 1)
    assert bank.version.startswith("ours-3-")
    assert bank.values == ("fun", "rest")
    lone = read_bank(folder / "items.jsonl")
    assert lone.name == "items"
    assert lone.items == bank.items


def test_questions_in_both_wordings(write):
    paraphrase = {"situation": "Rain falls.", "options": ["Remain.", "Leave."]}
    bank = read_bank(
        write({**ITEM, "paraphrase": paraphrase, "family": "weather"}, {**ITEM, "id": "c", "kind": "control"})
    )
    item, control = bank.items
    assert item.wordings == ("original", "paraphrase")
    assert item.question("paraphrase").options == ("Remain.", "Leave.")
    assert item.question().family == "weather"
    assert control.question().kind == "control"
    assert control.wordings == ("original",)
    with pytest.raises(InputError, match="'c' has no paraphrase"):
        control.question("paraphrase")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "b"', "line 2 is not valid JSON"),
        ("[1, 2]", "line 2: expected an object"),
        ({**ITEM, "id": ""}, "line 2: 'id' is missing"),
        ({"id": "b", "situation": "x"}, "line 2: 'options' is missing"),
        ({**ITEM, "id": "b", "options": ["one"], "values": []}, "two or more different"),
        ({**ITEM, "id": "b", "options": ["same", " same "]}, "two or more different"),
        ({**ITEM, "id": "b", "options": ["x", 3]}, "options must be a list of texts"),
        ({**ITEM, "id": "b", "values": ["rest"]}, "2 options but 1 values"),
        ({**ITEM, "id": "b", "values": ["rest", "rest"]}, "same value"),
        ({**ITEM, "id": "b", "paraphrase": "no"}, "'paraphrase' must be an object"),
        ({**ITEM, "id": "b", "paraphrase": {"situation": "x", "options": ["y"]}}, "1 in the paraphrase"),
        (ITEM, "more than one item with id 'a'"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(write, line, message):
    with pytest.raises(InputError, match=message):
        read_bank(write(ITEM, line))


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ('sha256 = "abc"', "its card says abc"),
        ("name = ", "not valid TOML"),
        ('authors = "Ada"', "authors must be a list"),
        ('taxonomy = "zodiac"', "no taxonomy 'zodiac'; known: schwartz"),
        ('taxonomy = "schwartz"', "not in taxonomy 'schwartz': fun, rest"),
    ],
)
def test_a_card_that_cannot_be_used_is_named(write, card, message):
    with pytest.raises(InputError, match=message):
        # the taxonomy is looked up when the items are checked against it
        read_bank(write(ITEM, card=card))


def test_missing_and_empty_banks_are_named(write, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_bank(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no items"):
        read_bank(write(""))


def test_a_bank_is_found_by_path_or_name(write):
    assert find_bank(str(write(ITEM))).name == "mine"
    assert "pilot" in installed_banks()
    with pytest.raises(InputError, match=r"no bank 'pilto': did you mean 'pilot'\?"):
        find_bank("pilto")


def test_a_copy_is_the_same_bank(write, tmp_path):
    whole = read_bank(write(ITEM, card='name = "ours"\nversion = "2"\n'))
    whole.copy_to(tmp_path / "copy")
    again = read_bank(tmp_path / "copy")
    assert (again.version, again.items) == (whole.version, whole.items)
    # a copy onto itself, and of a lone file, whose name becomes the card's
    again.copy_to(tmp_path / "copy")
    assert read_bank(tmp_path / "copy").version == whole.version
    odd = tmp_path / 'odd "name".jsonl'
    odd.write_bytes((tmp_path / "copy" / "items.jsonl").read_bytes())
    lone = read_bank(odd)
    lone.copy_to(tmp_path / "lone")
    assert read_bank(tmp_path / "lone").version == lone.version


def test_a_changed_word_changes_the_version(write):
    a = read_bank(write(ITEM, name="a"))
    b = read_bank(write({**ITEM, "situation": "It snows."}, name="b"))
    assert a.sha256 != b.sha256
    assert a.sha256 == hashlib.sha256(a.file.read_bytes()).hexdigest()


@pytest.mark.parametrize("n", [10, 22, 45])
def test_a_balanced_part_has_all_values_about_equally_often(n):
    bank = find_bank("pilot")
    part = bank.balanced(n)
    counts = Counter(value for item in part.dilemmas for value in item.values)
    assert len(part.dilemmas) == n
    assert part.controls == bank.controls
    # greedy, so a step from even at times
    assert max(counts.values()) - min(counts[value] for value in bank.values) <= 2
    assert part.version == bank.version
    assert bank.balanced(n).items == part.items


def test_authors_are_balanced_too(write):
    pairs = [("x", "y"), ("y", "z"), ("z", "x")]
    items = [
        {**ITEM, "id": f"{author}{i}", "author": author, "values": pairs[i % 3]}
        for author in ("ada", "bob")
        for i in range(9)
    ]
    bank = read_bank(write(*items))
    chosen = [bank.dilemmas[i] for i in balanced_subset(bank.dilemmas, 6)]
    assert Counter(item.author for item in chosen) == {"ada": 3, "bob": 3}
    assert set(Counter(value for item in chosen for value in item.values).values()) == {4}


def test_more_than_there_is_is_all_and_none_is_refused():
    bank = find_bank("pilot")
    assert bank.balanced(90) is bank
    assert bank.balanced(1000) is bank
    with pytest.raises(InputError, match="give 1 or more"):
        bank.balanced(0)


def test_the_taxonomy_is_whole():
    assert set(SCHWARTZ.phrases) == set(SCHWARTZ.values) == set(SCHWARTZ.human_order)
    assert sorted(value for group in SCHWARTZ.groups.values() for value in group) == sorted(SCHWARTZ.values)
    with pytest.raises(InputError, match="no taxonomy 'zodiac'"):
        taxonomy("zodiac")


def test_a_bank_in_the_current_folder_is_called_like_it(tmp_path, monkeypatch):
    folder = tmp_path / "kitchen"
    folder.mkdir()
    (folder / "items.jsonl").write_text('{"id": "a", "situation": "S", "options": ["x", "y"]}\n', "utf-8")
    monkeypatch.chdir(folder)
    assert find_bank(".").name == read_bank(folder).name == "kitchen"
