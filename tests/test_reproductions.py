"""results.json and the code that its numbers come from belong together; nothing is reproduced here, only compared."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from weigh.core.method import built_in

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the reproductions are no part of the installed package

claims: Any = importlib.import_module("reproductions.claims")

ROW: dict[str, Any] = {
    "slug": "sums", "claim": "it adds", "baseline": 0.5, "ours": {"a": 1, "b": 2}, "need_spec": "ours > baseline",
    "need_used": "ours > baseline", "holds": True, "seeds": (0, 1),
}  # fmt: skip
SCRIPT = '''"""Sums."""
from reproductions.claims import Row

METHOD = ["pool/sums.py"]


def reproduce(seed: int = 0) -> Row:
    return Row(slug="sums", claim="it adds", baseline=1.0, ours=2.0, need_spec="ours > baseline",
               need_used="ours > baseline", holds={holds}, why="{why}", seeds=(seed,))
'''


def test_results_match_their_code() -> None:
    assert claims.stale() == []


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small house with one method, its reproduction and the machinery."""
    (tmp_path / "src/weigh/pool").mkdir(parents=True)
    (tmp_path / "src/weigh/pool/sums.py").write_text("x = 1\n", "utf-8")
    (tmp_path / "reproductions").mkdir()
    for name in ("__init__.py", "__main__.py", "claims.py"):
        (tmp_path / "reproductions" / name).write_text((ROOT / "reproductions" / name).read_text("utf-8"), "utf-8")
    (tmp_path / "reproductions/sums.py").write_text(SCRIPT.format(holds=True, why=""), "utf-8")
    return tmp_path


def reproductions(house: Path, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "reproductions", *given], cwd=house, capture_output=True, text=True)


def stale(house: Path) -> list[str]:
    return claims.stale(house / "reproductions", house / "src" / "weigh")


def test_one_row_is_printed_and_the_code_says_whether_it_holds(house: Path) -> None:
    done = reproductions(house, "sums", "--seed", "4")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    parts = ["slug", "claim", "baseline", "ours", "need_spec", "need_used", "holds", "seconds", "seeds", "why", "hash"]
    assert list(row) == parts
    assert (row["seeds"], row["holds"], sorted(row["hash"])) == ([4], True, ["method", "script"])
    assert not (house / "reproductions/results.json").exists()
    (house / "reproductions/sums.py").write_text(SCRIPT.format(holds=False, why="it does not"), "utf-8")
    assert reproductions(house, "sums").returncode == 1


def test_all_writes_rows_and_a_claim_that_does_not_hold_is_legal_with_its_reason(house: Path) -> None:
    (house / "reproductions/sums.py").write_text(SCRIPT.format(holds=False, why="it does not"), "utf-8")
    assert reproductions(house, "--all").returncode == 0
    rows = json.loads((house / "reproductions/results.json").read_text("utf-8"))
    assert rows["sums"]["holds"] is False
    assert stale(house) == []
    (house / "reproductions/sums.py").write_text(SCRIPT.format(holds=False, why=""), "utf-8")
    failed = reproductions(house, "--all")
    assert failed.returncode == 1
    assert "does not say why" in failed.stderr


def test_stale_rows_are_told(house: Path) -> None:
    assert "no row" in stale(house)[0]
    assert reproductions(house, "sums", "--write").returncode == 0
    assert stale(house) == []
    method, script = house / "src/weigh/pool/sums.py", house / "reproductions/sums.py"
    method.write_text("x = 2\n", "utf-8")
    assert "its method changed" in stale(house)[0]
    method.write_text("x = 1\r\n", "utf-8", newline="")
    assert stale(house) == []
    script.write_text(script.read_text("utf-8") + "# more\n", "utf-8")
    assert "its script changed" in stale(house)[0]
    (house / "src/weigh/pool/sums.py").rename(house / "src/weigh/pool/totals.py")
    assert "pool/sums.py" in stale(house)[0]
    script.unlink()
    assert "no script" in stale(house)[0]


def test_a_broken_script_does_not_cost_the_others_their_rows(house: Path) -> None:
    broken = SCRIPT.format(holds=True, why="").replace("    return", "    1 / 0\n    return")
    (house / "reproductions/a_broken.py").write_text(broken, "utf-8")
    done = reproductions(house, "--all")
    assert done.returncode == 1
    assert "a_broken" in done.stderr
    assert list(json.loads((house / "reproductions/results.json").read_text("utf-8"))) == ["sums"]


@pytest.mark.parametrize("given", [(), ("sums", "--all")])
def test_names_or_all(house: Path, given: tuple[str, ...]) -> None:
    assert reproductions(house, *given).returncode == 2


def test_an_unknown_name_or_file_is_told(house: Path) -> None:
    assert "those there are: sums" in reproductions(house, "summs").stderr
    script = house / "reproductions/sums.py"
    script.write_text(script.read_text("utf-8").replace("pool/sums.py", "pool/gone.py"), "utf-8")
    assert "pool/gone.py" in reproductions(house, "sums").stderr


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"holds": False}, "does not say why"),
        ({"need_used": "ours > 0"}, "not the spec's"),
        ({"claim": ""}, "no claim"),
        ({"seeds": ()}, "no seeds"),
        ({"ours": float("nan")}, "finite"),
        ({"baseline": {"x": float("inf")}}, "finite"),
    ],
)
def test_row_that_cannot_be_published(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        claims.Row(**{**ROW, **changed})


def test_row_becomes_json() -> None:
    row = claims.as_json(claims.Row(**ROW))
    assert json.loads(json.dumps(row))["ours"] == {"a": 1.0, "b": 2.0}


def test_every_method_has_a_reproduction() -> None:
    named = [part for name in claims.scripts() for part in claims.files_of(name)]
    # a method is a file, or a folder of several
    without = [at for at in built_in() if not any(part.startswith((f"{at}.py", f"{at}/")) for part in named)]
    assert without == []
