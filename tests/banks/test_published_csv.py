from __future__ import annotations

import pytest

from weigh.banks.published_csv import csv_rows, literal
from weigh.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[nan, 'a', nan]", [None, "a", None]),
        ("['nan', \"it's\"]", ["nan", "it's"]),
        ("{3, 1}", {1, 3}),
        ("set()", set()),
        ("Counter({'a': 2})", {"a": 2}),
        (
            "{'a': defaultdict(<class 'list'>, {'x': [1]}), 'b': defaultdict(<class 'int'>, {})}",
            {"a": {"x": [1]}, "b": {}},
        ),
        ("defaultdict(<function <lambda> at 0x7fb24defa550>, {'sup': defaultdict(<class 'list'>, {})})", {"sup": {}}),
    ],
)
def test_cells_are_read_as_python_prints_them(text, wanted):
    assert literal(text, "here") == wanted


@pytest.mark.parametrize(
    "text",
    ["", "[1, ", "__import__('os').system('true')", "[x for x in ()]", "a.b", "1 +", "(" * 3000, "'\x00", "open('x')"],
)
def test_anything_else_is_refused_and_never_run(text):
    with pytest.raises(InputError, match="line 7"):
        literal(text, "line 7")


def test_rows_come_with_their_line_and_a_row_number_has_no_name(tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes('\ufeff,a\n0,"x\ny"\n1,z\n'.encode())
    assert list(csv_rows(file)) == [(3, {"": "0", "a": "x\ny"}), (4, {"": "1", "a": "z"})]


@pytest.mark.parametrize("torn", [b"a,b\n1,2\n3\n", b"a,b\n1,2\n3,4,5\n", b"a,b\n1,2\n\xff,3\n"])
def test_a_torn_file_is_named_with_its_line(tmp_path, torn):
    file = tmp_path / "t.csv"
    file.write_bytes(torn)
    with pytest.raises(InputError, match=r"t\.csv, line \d+.*torn"):
        list(csv_rows(file))
