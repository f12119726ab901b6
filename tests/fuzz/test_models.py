"""Folders of models that somebody changed, torn files, other templates and weights: loaded, or refused in words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.fuzz.fuzzing import fuzz
from tests.fuzz.readers import Reader
from tests.judges.conftest import save_model

from weigh.core.errors import InputError
from weigh.core.question import Ask, Question
from weigh.judges import letters

pytest.importorskip("torch", reason="torch is not installed")

TEMPLATES = {
    "is no template": "{% for", "calls what is not there": "{{ messages.nothing() }}",
    "divides by zero": "{{ 1 / 0 }}",
    "reaches for Python": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "reads files": "{% include '/etc/passwd' %}",
    "changes what it is given": "{{ messages.clear() }}", "refuses": "{{ raise_exception('no') }}",
    "calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("WEIGH_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield save_model(tmp_path_factory.mktemp("model"))
    patch.undo()


def asked(folder: Path) -> object:
    from weigh.judges.local import LocalModel

    judge = LocalModel(folder, precision="fp32", threads=1)
    judge.describe()
    asks = [
        Ask(Question.of("q", "It rains.", ("Stay.", "Go.")), letters.FRAME, order=order) for order in ((0, 1), (1, 0))
    ]
    return judge.choose(asks)


def test_the_model_itself_is_asked(folder):
    assert len(asked(folder)) == 2


FILES = ("config.json", "tokenizer_config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja")


@pytest.mark.parametrize("name", FILES)
def test_changed_files_of_a_model_are_loaded_or_refused_in_words(name, folder):
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    if name not in files:
        pytest.skip(f"this transformers writes no {name}")
    # the file that is changed comes alone among those that may be
    rest = {other: data for other, data in files.items() if other != name}

    def read(at):
        for other, data in rest.items():
            (at / other).write_bytes(data)
        asked(at)

    found = fuzz(f"model {name}", Reader({name: files[name]}, read), lambda number: number < 5)
    assert {where: what for where, what in found.crashes.items() if where != "slow"} == {}


@pytest.mark.parametrize("why", TEMPLATES)
def test_a_template_is_run_in_a_sandbox_or_refused(why, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "m")
    for name in ("chat_template.jinja", "tokenizer_config.json"):
        path = tmp_path / "m" / name
        if name.endswith(".jinja"):
            path.write_text(TEMPLATES[why])
        elif path.is_file() and "chat_template" in (given := json.loads(path.read_text())):
            path.write_text(json.dumps({**given, "chat_template": TEMPLATES[why]}))
    with pytest.raises(InputError):
        asked(tmp_path / "m")


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "model.gguf"])
def test_a_pickle_by_any_name_is_not_loaded(name, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "m")
    (tmp_path / "m" / "model.safetensors").unlink()
    # a pickle that would make a file
    (tmp_path / "m" / name).write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "pwned").encode() + b"'\ntR.")
    with pytest.raises(InputError):
        asked(tmp_path / "m")
    assert not (tmp_path / "pwned").exists()
