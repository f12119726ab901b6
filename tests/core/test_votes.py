"""Votes on upgrades: the columns, the words, and the published edges with their counts."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.votes import Votes

COUNTS = {
    "sourceValueId": ["1", "2"], "wiserValueId": ["2", "3"], "contexts": ["at work|at home", ""],
    "markedWiser": ["3", "2"], "markedNotWiser": ["1", "0"], "markedLessWise": ["2", "0"], "markedUnsure": ["0", "1"],
    "impressions": ["7", "3"],
}  # fmt: skip


def rows(votes):
    columns = (votes.from_, votes.to, votes.vote, votes.weight)
    return set(zip(*(column.tolist() for column in columns), strict=True))


def test_words_are_read_in_any_dress():
    votes = Votes.from_frame(
        {"from": ["a"] * 5, "to": ["b"] * 5, "vote": ["upgrade", " Wiser ", "not sure", "No-Upgrade", "not wiser"]}
    )
    assert votes.vote.tolist() == ["upgrade", "upgrade", "not_sure", "no_upgrade", "no_upgrade"]
    assert votes.who.tolist() == votes.context.tolist() == votes.group.tolist() == [""] * 5


def test_written_and_read_again_they_are_the_same(tmp_path):
    votes = Votes(
        who=["Ada"], from_=["a"], to=["b"], vote=["upgrade"], context=["at work"], group=["north"], weight=[2]
    )
    for name in ("votes.csv", "votes.parquet", "votes.jsonl"):
        votes.write(tmp_path / name)
        assert Votes.from_file(tmp_path / name) == votes
    assert list(Votes.from_file(tmp_path / "votes.csv").to_frame("pyarrow").column_names[:3]) == ["from", "to", "vote"]


def test_other_names_of_columns_are_mapped(tmp_path):
    (tmp_path / "theirs.csv").write_text("person,start,end,said\nAda,a,b,wiser\n", "utf-8")
    read = Votes.from_file(tmp_path / "theirs.csv", {"person": "who", "start": "from", "end": "to", "said": "vote"})
    assert (read.who[0], read.from_[0], read.to[0], read.vote[0]) == ("Ada", "a", "b", "upgrade")


def test_published_counts_become_votes_that_add_up_to_them():
    votes = Votes.from_frame(COUNTS)
    assert rows(votes) == {
        ("1", "2", "upgrade", 3.0), ("1", "2", "no_upgrade", 1.0),
        # two said the step back is an upgrade, and one more impression was a vote on it that did not
        ("2", "1", "upgrade", 2.0), ("2", "1", "not_sure", 1.0),
        ("2", "3", "upgrade", 2.0), ("2", "3", "not_sure", 1.0),
    }  # fmt: skip
    assert set(votes.context.tolist()) == {"at work|at home", ""}


def test_a_step_and_the_step_back_in_one_file_are_not_counted_twice():
    both = {**COUNTS, "sourceValueId": ["1", "2"], "wiserValueId": ["2", "1"]}
    votes = Votes.from_frame(both)
    assert votes.weight.sum() == 3 + 1 + 2 + 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"markedWiser": None}, "markedWiser"),
        ({"markedWiser": ["-1", "2"]}, "row 1"),
        ({"markedUnsure": ["0", "many"]}, "row 2"),
        ({"markedUnsure": ["0", "nan"]}, "row 2"),
        ({"sourceValueId": ["1", ""]}, "id of a value"),
        ({"sourceValueId": ["1", "1"], "wiserValueId": ["2", "2"]}, "stands twice"),
        ({name: ["0", "0"] for name in COUNTS if name.startswith(("marked", "imp"))}, "all counts are 0"),
        ({"wiserValueId": ["1", "3"]}, "other than 'from'"),
    ],
)
def test_counts_that_cannot_be_are_refused(changed, words):
    given = {name: cells for name, cells in {**COUNTS, **changed}.items() if cells is not None}
    with pytest.raises(InputError, match=words):
        Votes.from_frame(given)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"to": ["a"]}, "other than 'from'"),
        ({"vote": ["perhaps"]}, "upgrade, no_upgrade, not_sure"),
        ({"vote": [np.nan]}, "vote"),
        ({"from": [""]}, "from"),
        ({"weight": [-1]}, "0 or more"),
        ({"from": [], "to": [], "vote": []}, "no rows"),
        ({"vote": None}, "column 'vote' is missing"),
        ({"from": None}, "column 'from' is missing"),
    ],
)
def test_votes_that_cannot_be_are_refused(changed, words):
    given = {"from": ["a"], "to": ["b"], "vote": ["upgrade"], **changed}
    with pytest.raises(InputError, match=words):
        Votes.from_frame({name: cells for name, cells in given.items() if cells is not None})
