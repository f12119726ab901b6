from __future__ import annotations

import textwrap

import numpy as np
import pytest

from weigh.core.abilities import Chooser, Scorer
from weigh.core.errors import InputError, WeighError
from weigh.core.question import Ask, Prompt, Question
from weigh.judges.scripted import Scripted, scripted

QUESTION = Question.of("q", "It rains.", ("Stay in.", "Go out."))
SCRIPT = """
    from weigh.core.question import Reply

    def reply(ask): return Reply(choice=1, raw="so be it")
    def index(ask): return 1
    def scores(ask): return [0.0, 2.0]
    def array(ask):
        import numpy as np
        return np.array([3, 1])
    def letter(ask): return " A\\n"
    def text(ask): return "Go out."
    def babble(ask): return "A."
    def nothing(ask): return None
    def three(ask): return [1.0, 2.0, 3.0]
    def yes(ask): return True
    def far(ask): return 2
    def beyond(ask): return Reply(choice=2)
    def many(ask): return Reply(choice=0, scores=(1.0, 0.0, 0.0))
    def nan(ask): return [float("nan"), 1.0]
    def crash(ask): raise KeyError("lost")
    def stop(ask): raise KeyboardInterrupt

    def both(ask): return 0
    both.logprobs = lambda prompt: [-float(len(text)) for text in prompt.continuations]
    def short(ask): return 0
    short.logprobs = lambda prompt: [-1.0]
    def words(ask): return 0
    words.logprobs = lambda prompt: "none"

    class Box:
        def method(self, ask): return 1
    box = Box()
    number = 3
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    name = f"script_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(textwrap.dedent(SCRIPT))
    monkeypatch.syspath_prepend(tmp_path)
    return name


def answer(spec, order=(0, 1)):
    (reply,) = scripted(spec).choose([Ask(QUESTION, "letters", order=order)])
    return reply


@pytest.mark.parametrize(
    ("function", "choice", "status"),
    [
        ("reply", 1, "ok"),
        ("index", 1, "ok"),
        ("scores", 1, "ok"),
        ("array", 0, "ok"),
        ("text", 1, "ok"),
        ("babble", -1, "malformed"),
        ("nan", -1, "malformed"),
        ("box.method", 1, "ok"),
    ],
)
def test_what_a_script_may_answer(script, function, choice, status):
    reply = answer(f"{script}:{function}")
    assert (reply.choice, reply.status) == (choice, status)


def test_scores_are_kept_and_texts_are_raw(script):
    assert answer(f"{script}:scores").scores == (0.0, 2.0)
    assert answer(f"{script}:babble").raw == "A."


@pytest.mark.parametrize(("order", "choice"), [((0, 1), 0), ((1, 0), 1), ((), 0)])
def test_a_letter_stands_for_the_place_shown(script, order, choice):
    assert answer(f"{script}:letter", order).choice == choice


@pytest.mark.parametrize("function", ["nothing", "three", "yes", "far", "beyond", "many"])
def test_what_is_no_answer_is_named(script, function):
    with pytest.raises(WeighError, match=rf"script '{script}:{function}' answered question 'q' with"):
        answer(f"{script}:{function}")


def test_what_a_script_raises_names_script_and_question(script):
    with pytest.raises(
        WeighError, match=rf"script '{script}:crash' failed on question 'q': KeyError: 'lost'"
    ) as caught:
        answer(f"{script}:crash")
    assert isinstance(caught.value.__cause__, KeyError)
    # an interruption is no fault of the script
    with pytest.raises(KeyboardInterrupt):
        answer(f"{script}:stop")


def test_it_scores_text_only_where_the_script_does(script):
    plain, both = scripted(f"{script}:index"), scripted(f"{script}:both")
    assert isinstance(plain, Chooser)
    assert not isinstance(plain, Scorer)
    assert isinstance(both, Chooser)
    assert isinstance(both, Scorer)
    (scores,) = both.logprobs([Prompt((" a", " bcd"), text="x")])
    np.testing.assert_array_equal(scores, [-2.0, -4.0])


@pytest.mark.parametrize("function", ["short", "words"])
def test_scores_of_another_number_are_named(script, function):
    judge = scripted(f"{script}:{function}")
    with pytest.raises(WeighError, match="expected 2 numbers, one a continuation"):
        judge.logprobs([Prompt((" a", " b"), text="x")])


def test_the_fingerprint_follows_name_and_source(script, tmp_path):
    first, other = Scripted(f"{script}:index"), Scripted(f"{script}:text")
    assert first.fingerprint == Scripted(f"{script}:index").fingerprint != other.fingerprint
    (tmp_path / f"{script}.py").write_text(textwrap.dedent(SCRIPT) + "# changed\n")
    assert Scripted(f"{script}:index").fingerprint != first.fingerprint


def test_the_current_folder_is_looked_in_and_left_out_again(tmp_path, monkeypatch):
    import sys

    (tmp_path / "lying_here.py").write_text("def f(ask): return 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry not in ("", str(tmp_path))])
    before = list(sys.path)
    assert scripted("lying_here:f").choose([Ask(QUESTION, "letters")])[0].choice == 0
    assert sys.path == before
    sys.modules.pop("lying_here")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("module", "module:function"),
        (":f", "module:function"),
        ("no_such_module_here:f", "there is no module 'no_such_module_here'"),
        ("json:no_such", "no function 'no_such'"),
        ("json.no_such:f", "there is no module"),
    ],
)
def test_a_script_that_is_not_there_is_named(spec, message):
    with pytest.raises(InputError, match=message):
        scripted(spec)


def test_a_script_that_is_no_function_or_breaks_on_import_is_named(script, tmp_path):
    with pytest.raises(InputError, match="no function 'number'"):
        scripted(f"{script}:number")
    (tmp_path / "torn_script.py").write_text("1 / 0\n")
    with pytest.raises(InputError, match="ZeroDivisionError"):
        scripted("torn_script:f")
    (tmp_path / "wanting_script.py").write_text("import not_installed_anywhere\n")
    with pytest.raises(InputError, match="importing script 'wanting_script' failed: No module named 'not_installed"):
        scripted("wanting_script:f")
