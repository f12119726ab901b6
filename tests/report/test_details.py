"""The pages behind the page: the prompts, both orders and replies behind each number."""

from __future__ import annotations

import json

from weigh.pipelines.record import read_record
from weigh.report.page import write_report


def test_every_answer_is_there_once(run, read):
    folder = run("fallen back")
    write_report(folder)
    pages = [read(folder, f"details/{path.name}") for path in sorted((folder / "details").glob("*.html"))]
    answers = sum(a.get("class") == "answer" for page in pages for _, a in page.tags)
    assert answers == len((folder / "answers.jsonl").read_bytes().splitlines())
    anchors = [a["id"] for page in pages for _, a in page.tags if (a.get("id") or "").startswith("q-")]
    assert anchors == [f"q-{i}" for i in range(1, 111)]
    assert len(pages) == 3


def test_prompts_orders_and_replies_are_shown(run, read):
    folder = run("ranking")
    ledger = folder / "answers.jsonl"
    rows = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    rows[0] |= {
        "question": "d000", "raw": "I would rather not say.", "status": "refused", "choice": -1, "p": None,
        "prompts": [{
            "messages": [{"role": "system", "text": "Be brief."}, {"role": "user", "text": "A or B?"}],
            "prefill": "Answer:", "continuations": [" A", " B"],
        }],
        "detail": {"letters": {"A": -1.25, "B": -0.5}},
    }  # fmt: skip
    ledger.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    write_report(folder)
    text = read(folder, "details/questions-001.html").flat
    for words in ("I would rather not say.", "Be brief.", "A or B?", "Answer:", "refused", "A: −1.250", "2, 1"):
        assert words in text
    assert "self-direction" in text
    assert "In other words" in text


def test_pages_of_a_longer_run_do_not_stay(run):
    folder = run("ranking")
    write_report(folder)
    stale = folder / "details" / "questions-009.html"
    stale.write_text("old")
    write_report(folder)
    assert not stale.exists()


def test_a_question_that_nobody_knows_is_shown_with_its_answers(run, read):
    folder = run("ranking")
    ledger = folder / "answers.jsonl"
    first = json.loads(ledger.read_text(encoding="utf-8").splitlines()[0])
    with ledger.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(first | {"question": "zzz", "key": "f" * 64, "raw": "stray"}) + "\n")
    write_report(folder)
    text = read(folder, "details/questions-003.html").flat
    assert "A question that only the answers name" in text
    assert "stray" in text


def test_dilemmas_link_to_their_answers(run, read):
    folder = run("ranking")
    front = read(folder)
    places = [a["href"] for tag, a in front.tags if tag == "a" and "#q-" in a["href"]]
    assert len(places) >= 10
    strongest = max(
        (i for i in read_record(folder)["items"] if i["kind"] == "dilemma"), key=lambda i: abs(i["evidence"])
    )
    assert strongest["situation"] in front.text
