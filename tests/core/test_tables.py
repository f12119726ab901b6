from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.tables import read_table, write_table

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8)
CELLS = st.lists(
    st.one_of(TEXT, st.from_regex(r"\A'{0,2}[=+\-@\t\r\n]['=+\-@\t\r\n0-9.]{0,4}\Z")), min_size=1, max_size=6
)


def given_file(folder, name, content):
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@settings(max_examples=150, deadline=None)
@given(CELLS, st.data())
def test_text_comes_back_from_csv_and_no_cell_is_a_formula(tmp_path_factory, cells, data):
    file = tmp_path_factory.mktemp("csv") / "t.csv"
    other = data.draw(st.lists(TEXT, min_size=len(cells), max_size=len(cells)))
    write_table(file, {"x": cells, "=y": other})
    back = read_table(file, typed=False)
    assert back == {"x": cells, "=y": other}
    import csv

    with file.open(newline="", encoding="utf-8") as stream:
        for cell in (cell for row in csv.reader(stream) for cell in row):
            assert not cell.startswith(("=", "@", "\t", "\r"))
            if cell.startswith(("+", "-")):
                float(cell)


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_numbers_text_lists_and_gaps_come_back(tmp_path, ending):
    file = write_table(
        tmp_path / f"deep/t.{ending}",
        {"n": [0.1, -math.pi, math.nan], "s": ["ä,b\n", "", "007"], "l": [[1, 0], [0, 1], []]},
    )
    back = read_table(file)
    np.testing.assert_array_equal(np.array(back["n"], dtype=float), [0.1, -math.pi, math.nan])
    assert back["s"] == ["ä,b\n", "", "007"]
    lists = back["l"] if ending in ("jsonl", "parquet") else [json.loads(cell) for cell in back["l"]]
    assert lists == [[1, 0], [0, 1], []]
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_bom_crlf_blank_lines_and_mapped_names(tmp_path):
    file = given_file(tmp_path, "t.csv", b'\xef\xbb\xbfperson,item\r\nAda,"a\r\nb"\r\n\r\nBo,c\r\n')
    assert read_table(file, {"person": "who"}) == {"who": ["Ada", "Bo"], "item": ["a\r\nb", "c"]}
    lines = given_file(tmp_path, "t.jsonl", b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"b": "x"}\r\n')
    assert read_table(lines) == {"a": [1, None], "b": [None, "x"]}


def test_codes_stay_text(tmp_path):
    back = read_table(given_file(tmp_path, "t.csv", "id,n\n007,1e3\n12,\n"))
    assert back["id"] == ["007", "12"]
    np.testing.assert_array_equal(back["n"], [1000.0, math.nan])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "empty"),
        ("b.csv", "x,y\n", "no rows"),
        ("c.csv", "x,y\n1,2\n3\n", "line 3 has 1 cells; expected 2"),
        ("d.csv", 'x,y\n1,"2\n', "torn"),
        ("e.csv", "x,x\n1,2\n", "'x' twice"),
        ("f.csv", "x;y\n1;2\n", "semicolons"),
        ("g.csv", b"x,y\n\xff,2\n", "not UTF-8"),
        ("h.csv", "x,\n1,2\n", "empty column name"),
        ("a.jsonl", '{"x": 1}\n{"x": \n', "line 2 is not JSON"),
        ("b.jsonl", "[1]\n", "line 1 holds a list"),
        ("c.jsonl", '{"x": 1, "x": 2}\n', "line 1.*twice"),
        ("d.jsonl", "[" * 100_000, "line 1"),
        ("a.parquet", "PAR1 nothing", "not a whole Parquet"),
        ("a.xlsx", "x", "ending '.xlsx' is unknown"),
    ],
)
def test_broken_files_are_named_with_their_line(tmp_path, name, content, message):
    file = given_file(tmp_path, name, content)
    with pytest.raises(InputError, match=message) as caught:
        read_table(file)
    assert str(file) in str(caught.value)


def test_columns_that_are_not_there_or_clash(tmp_path):
    file = given_file(tmp_path, "t.csv", "x,y\n1,2\n")
    with pytest.raises(InputError, match=r"no column 'z'.*found: x, y"):
        read_table(file, {"z": "who"})
    with pytest.raises(InputError, match="two columns are named 'y'"):
        read_table(file, {"x": "y"})
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "u.csv")
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"]), tmp_path / "twice.parquet")
    with pytest.raises(InputError, match="'x' stands twice"):
        read_table(tmp_path / "twice.parquet")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    file = write_table(tmp_path / "t.parquet", {"x": [1]})
    before = file.read_bytes()
    with pytest.raises(InputError, match="mixes types"):
        write_table(file, {"x": [1, "a"]})
    with pytest.raises(InputError, match="equal length"):
        write_table(file, {"x": [1], "y": []})
    assert file.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_lone_surrogates_and_long_replies_do_not_stop_a_write(tmp_path, ending):
    back = read_table(write_table(tmp_path / f"t.{ending}", {"raw": ["\ud800", "x" * 200_000]}))
    assert back["raw"][0] == ("\ud800" if ending == "jsonl" else "\\ud800")
    assert len(back["raw"][1]) == 200_000
