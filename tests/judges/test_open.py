from __future__ import annotations

import subprocess
import sys

import pytest

from weigh.core.abilities import ABILITIES, INSTEAD, abilities
from weigh.core.errors import InputError
from weigh.judges import KINDS, open_judge


def test_each_spec_opens_its_judge(tmp_path, monkeypatch):
    (tmp_path / "answers.csv").write_text("question,choice,who\nq,1,ada\n")
    (tmp_path / "opened_script.py").write_text("def f(ask): return 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    specs = {
        f"recorded:{tmp_path / 'answers.csv'}": "Recorded",
        f"people:{tmp_path / 'answers.csv'}": "People",
        "scripted:opened_script:f": "Scripted",
    }
    for spec, kind in specs.items():
        judge = open_judge(spec)
        assert type(judge).__name__ == kind
        assert set(abilities(judge)) <= set(KINDS[spec.partition(":")[0]].abilities)


def test_a_local_model_is_opened_with_its_options(tiny_folder):
    said = []
    judge = open_judge(f"hf:{tiny_folder}", precision="fp32", threads=1, say=said.append)
    assert judge.name == f"hf:{tiny_folder}"
    assert judge.describe()["precision"].startswith("fp32")
    assert abilities(judge) == KINDS["hf"].abilities
    assert any(text.startswith("loading") for text in said)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "there are: smol"),
        ("gpt-7", "there are: smol"),
        ("smoll", "did you mean smol"),
        ("smol:2", "no judge 'smol:2'"),
        ("record:x.csv", "did you mean recorded:FILE"),
        ("hf:", "only half a judge; give hf:FOLDER or hf:ORG/MODEL"),
        ("recorded", "only half a judge"),
        ("http://localhost:8000/v1", "names no model; give http"),
        ("https:", "only half a judge"),
        ("inspect:", "only half a judge; give inspect:PROVIDER/MODEL"),
        ("inspct:openai/gpt-4o", "did you mean inspect:PROVIDER/MODEL"),
    ],
)
def test_what_there_is_not_is_named_with_what_there_is(spec, message):
    with pytest.raises(InputError, match=message):
        open_judge(spec)


@pytest.mark.parametrize(
    "spec", ["http://ada:secret@host/v1", "hf:https://secret@hub.example/org/model", "x://secret@h"]
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(spec):
    with pytest.raises(InputError, match="user name or password") as caught:
        open_judge(spec)
    assert "secret" not in str(caught.value)


def test_a_map_is_for_files(tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("id,choice\nq,1\n")
    assert open_judge(f"recorded:{file}", map={"id": "question"}).describe()["answers"] == 1
    with pytest.raises(InputError, match="leave out --map"):
        open_judge("scripted:json:loads", map={"id": "question"})


def test_the_table_knows_only_abilities_that_exist():
    assert all(set(kind.abilities) <= set(ABILITIES) and kind.spec and kind.what for kind in KINDS.values())
    # every remedy that an error names can be opened
    for remedy in INSTEAD.values():
        for spec in ("recorded:", "scripted:", "people:", "hf:", "inspect:"):
            assert spec not in remedy or spec[:-1] in KINDS


def test_opening_a_file_loads_no_torch(tmp_path):
    (tmp_path / "a.csv").write_text("question,choice\nq,1\n")
    code = "import sys; from weigh.judges import open_judge; open_judge(sys.argv[1]); print('torch' in sys.modules)"
    given = [sys.executable, "-c", code, f"recorded:{tmp_path / 'a.csv'}"]
    done = subprocess.run(given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
