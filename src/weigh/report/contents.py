"""What stands on the page, as plain data: from a run's record to words, rows and lists for the template to lay out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weigh._version import __version__
from weigh.core.values import Values
from weigh.measure import gate
from weigh.report import texts
from weigh.report.shown import brief, count, number, percent

Record = Mapping[str, Any]
# What may lie beside a page.
FILES = {
    "run.json": "all that this page shows, as JSON",
    "values.json": "all that this page shows, as JSON",
    "answers.jsonl": "every answer, one JSON line each",
    "recorded.parquet": "the recorded answers",
    "values.parquet": "values, intervals, covariance",
    "bank/items.jsonl": "the questions",
    "bank/card.toml": "the bank's card",
}
OF_A_RUN = tuple(name for name in FILES if name != "values.json")
STATUSES = ("ok", "refused", "malformed", "low-mass")
N_DRIVERS = 10
MAX_MATRIX = 16
MAX_PAIRS = 60
MAX_ROWS = 60


def part(record: Record, name: str) -> dict[str, Any]:
    """A mapping inside a record; empty where the run stopped before it was written."""
    found = record.get(name)
    return dict(found) if isinstance(found, Mapping) else {}


def bank_title(record: Record) -> str:
    """The title of the bank that was asked, else its name."""
    bank = part(record, "bank")
    return str(bank.get("title") or bank.get("name") or "")


def about_of(record: Record) -> dict[str, str]:
    """What stands at the head of each page of a run: model, bank, version of weigh."""
    model = str(part(record, "model").get("name") or "unnamed model")
    return {"model": model, "bank": bank_title(record), "version": __version__}


def files_of(folder: Path, names: Sequence[str]) -> list[dict[str, str]]:
    """Those of some files that lie in a folder, with what they hold."""
    return [{"path": name, "what": FILES[name]} for name in names if (folder / name).is_file()]


def verdict_of(record: Record) -> dict[str, Any]:
    """The verdict in words: level, sentence, what it means, what to do next, and what must be said beside it."""
    verdict = part(record, "verdict")
    if not verdict:
        said = texts.UNFINISHED if record.get("status") == "running" else texts.NONE_YET
        return {"level": "none", "sentence": "", "said": said, "also": [], "next": said.next}
    level, sentence = str(verdict.get("level")), str(verdict.get("sentence"))
    # a published instrument has findings of its own, whose sentences say what they mean
    said = texts.plainly(level, sentence) if record.get("method") else texts.said(level, sentence)
    also = [texts.ALSO[also] for also in verdict.get("also") or () if also in texts.ALSO]
    steps = [step for one in (said, *also) for step in one.next]
    instrument, config = record.get("instrument"), part(record, "config")
    if config.get("instrument") == "fast":
        steps.append("Ask in all frames with `weigh measure --instrument evaluative`: the fast mode asks in one.")
    elif instrument == "evaluative":
        # advice to do what was done helps nobody
        steps = [step for step in steps if "--instrument evaluative" not in step]
    level = level if level in texts.BY_LEVEL else "none"
    return {"level": level, "sentence": sentence, "said": said, "also": also, "next": steps}


def values_of(record: Record) -> Values | None:
    """The profile, where the verdict lets one be shown."""
    given, level = record.get("values"), part(record, "verdict").get("level")
    return Values.from_json(given) if given and level in gate.SHOWN else None


def profile_of(values: Values, record: Record) -> dict[str, Any]:
    """Rows from the highest value to the lowest, which are clear of zero, and which pairs differ beyond doubt."""
    rows = sorted(values.to_json()["values"], key=lambda row: -row["mean"])
    ranking = values.ranking()
    n = len(ranking.items)
    above = {item: [other for other in ranking.items if ranking.beats(item, other)] for item in ranking.items}
    pairs = [{"above": a, "below": b, **values.contrast(a, b)._asdict()} for a, others in above.items() for b in others]
    matrix = [
        {"item": a, "cells": [_sign(ranking, a, b) for b in ranking.items]} for a in ranking.items
    ] if n <= MAX_MATRIX else []  # fmt: skip
    known = [row for row in rows if row["low"] is not None]
    return {
        "rows": rows,
        "higher": [row for row in known if row["low"] > 0],
        "lower": [row for row in reversed(known) if row["high"] < 0],
        "pairs": sorted(pairs, key=lambda pair: -pair["difference"])[:MAX_PAIRS],
        "n_pairs": len(pairs),
        "n_all_pairs": n * (n - 1) // 2,
        "matrix": matrix,
        "tiers": [list(tier) for tier in ranking.tiers],
        "notes": values.notes,
        "unit": "item SD" if values.scale.unit == "item SD" else values.scale.unit or "value",
        "missing": _missing(values, rows),
    }


def checks_of(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each diagnostic against its threshold, ready to be laid out."""
    return [_check(finding) for finding in findings]


def questions_of(record: Record, bank: Any) -> list[dict[str, Any]]:
    """Every question with what is known of it: from the record, else from the bank's copy beside it."""
    items = {item["id"]: item for item in record.get("items") or ()}
    if bank is None:
        return [dict(item) for item in items.values()]
    found = []
    for item in bank.items:
        other = item.paraphrase
        found.append({
            "id": item.id, "kind": "dilemma" if item.kind == "choice" else item.kind, "situation": item.situation,
            "options": list(item.options), "values": list(item.values), "author": item.author,
            "paraphrase": {"situation": other[0], "options": list(other[1])} if other else None,
            **items.pop(item.id, {}),
        })  # fmt: skip
    return [*found, *(dict(item) for item in items.values())]


def drivers_of(record: Record, values: Values, places: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The dilemmas whose evidence is strongest, along with the profile and against it."""
    mean = dict(zip(values.items, values.mean.tolist(), strict=True))
    along, against = [], []
    for item in record.get("items") or ():
        pair, evidence = item.get("values") or (), item.get("evidence")
        if item.get("kind") != "dilemma" or not evidence or len(pair) != 2 or not set(pair) <= mean.keys():
            continue
        won = 0 if evidence > 0 else 1
        row = {
            "href": places.get(item["id"], ""), "situation": item["situation"], "strength": abs(evidence),
            "option": item["options"][won], "other": item["options"][1 - won],
            "value": pair[won], "over": pair[1 - won],
        }  # fmt: skip
        (along if evidence * (mean[pair[0]] - mean[pair[1]]) > 0 else against).append(row)
    strongest = {"along": along, "against": against}
    return {name: sorted(rows, key=lambda row: -row["strength"])[:N_DRIVERS] for name, rows in strongest.items()}


def statuses_of(counts: Mapping[tuple[str, bool, str], int]) -> dict[str, Any]:
    """Answers by frame and status; the totals."""
    frames = sorted({(frame, under) for frame, under, _ in counts})
    rows = [
        {"frame": frame or "recorded", "under": under, "cells": [counts.get((frame, under, s), 0) for s in STATUSES]}
        for frame, under in frames
    ]
    totals = [sum(row["cells"][i] for row in rows) for i in range(len(STATUSES))]
    return {"names": STATUSES, "rows": rows[:MAX_ROWS], "hidden": max(0, len(rows) - MAX_ROWS), "totals": totals}


def frames_of(record: Record) -> list[dict[str, Any]]:
    """The frames with their controls, and whether each was kept."""
    kept = record.get("kept_frames") or ()
    controls = next((f for f in record.get("findings") or () if f.get("name") == "controls"), {})
    evidence = part(controls, "evidence")
    right, n = part(evidence, "by_frame"), evidence.get("n")
    return [
        {"frame": frame or "recorded", "right": right.get(frame), "n": n, "kept": frame in kept}
        for frame in (record.get("frames") or ())[:MAX_ROWS]
    ]


def facts_of(record: Record, n_answers: int) -> dict[str, list[tuple[str, str]]]:
    """Lists of names and texts: cost, model, bank."""
    cost, model, bank, config = (part(record, name) for name in ("cost", "model", "bank", "config"))
    spent = [
        ("answers", count(cost.get("answers", n_answers))),
        ("of them taken over from an earlier sitting", count(cost["reused"]) if cost.get("reused") else ""),
        ("prompts", count(cost.get("prompts")) if cost else ""),
        ("tokens computed", count(cost.get("tokens")) if cost.get("tokens") else ""),
        ("seconds of computing", count(cost.get("seconds")) if cost.get("seconds") else ""),
        ("begun", str(record.get("started") or "")),
        ("finished", str(record.get("finished") or "not finished")),
        ("seed", str(config.get("seed", ""))),
    ]
    known = {
        "name": "name", "kind": "kind", "source": "file", "parameters": "parameters", "precision": "precision",
        "rounding_nats": "", "threads": "threads", "device": "device", "tokens_per_second": "tokens a second",
        "condition": "asked throughout under", "weights_sha256": "", "fingerprint": "",
    }  # fmt: skip
    about = [
        (title, _fact(model[name])) for name, title in known.items() if title and model.get(name) not in (None, "")
    ]
    if model.get("rounding_nats") is not None:
        moved = f"a text's log-probability by {number(model['rounding_nats'])} nats at most, measured against fp32"
        about.append(("what rounding moves", moved))
    for name, title in (("weights_sha256", "weights sha256"), ("fingerprint", "fingerprint")):
        if model.get(name):
            about.append((title, f"{str(model[name])[:16]}…"))
    about += [(name.replace("_", " "), _fact(value)) for name, value in model.items() if name not in known]
    authors = bank.get("authors") or ()
    card = [
        ("title", str(bank.get("title") or bank.get("name") or "")),
        ("authors", ", ".join(map(str, authors)) or "not named"),
        ("licence", str(bank.get("licence") or "unknown")),
        ("version", str(bank.get("id") or bank.get("version") or "")),
        ("language", str(bank.get("language") or "")),
        ("taxonomy", str(bank.get("taxonomy") or "none")),
        ("dilemmas", count(bank.get("n_dilemmas"))),
        ("controls", count(bank.get("n_controls"))),
        ("how it was drafted", str(bank.get("drafting") or "not said")),
    ]
    return {name: [row for row in rows if row[1]] for name, rows in (("cost", spent), ("model", about), ("bank", card))}


def is_by_one(record: Record) -> bool:
    """Whether all dilemmas are by one author."""
    return len({item.get("author") for item in record.get("items") or () if item.get("kind") == "dilemma"}) == 1


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return count(value) if isinstance(value, int) and value >= 10_000 else brief(value)


def _sign(ranking: Any, a: str, b: str) -> str:
    if a == b:
        return ""
    return "▲" if ranking.beats(a, b) else "▼" if ranking.beats(b, a) else "=" if ranking.tied(a, b) else "·"


def _missing(values: Values, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    bounds = values.notes.get("bounds_if_missing_were_extreme") or {}
    return [
        {**row, "least": bounds[row["item"]][0], "most": bounds[row["item"]][1]}
        for row in rows
        if row["item"] in bounds
    ]


def _check(finding: Mapping[str, Any]) -> dict[str, Any]:
    name = str(finding.get("name"))
    tag, title, kind, otherwise = texts.CHECKS.get(name, ("", name, "number", ""))
    value, threshold, passed = finding.get("value"), finding.get("threshold"), finding.get("passed")
    evidence, sentence = part(finding, "evidence"), finding.get("sentence") or ""
    if passed and value is None:
        # not failed for want of a number, which nobody would read as passed
        passed, sentence = None, "There was no number to be had, so that nothing is held against the profile."
    form = percent if kind == "share" else number
    digits = {"digits": 4 if value is not None and value < 0.01 else 3} if kind == "p" else {}
    bound = (
        "–"
        if threshold is None
        else f"{'below' if evidence.get('direction') == 'below' else 'at least'} {form(threshold)}"
    )
    if threshold is not None and name == "paraphrase":
        bound += ", interval above 0"
    if threshold is not None and name == "authors":
        bound = f"upper end {bound}"
    interval = list(evidence.get("interval") or ())
    known = len(interval) == 2 and None not in interval
    return {
        "name": name, "tag": tag, "title": title, "claim": finding.get("claim") or "", "otherwise": otherwise,
        "passed": passed, "result": {True: "pass", False: "fail", None: "unchecked"}[passed],
        "value": "–" if value is None else form(value, **digits),
        "interval": f"{form(interval[0])} to {form(interval[1])}" if known else "",
        "threshold": bound,
        "more": _more(name, evidence),
        "sentence": "" if passed else sentence,
    }  # fmt: skip


def _more(name: str, evidence: Mapping[str, Any]) -> str:
    n = evidence.get("n")
    if name == "controls" and "right" in evidence:
        return f"{evidence['right']} of {n}"
    if name == "order swap" and n:
        size = evidence.get("bias_in_sd")
        return f"{count(n)} pairs" + (f"; place weighs {number(size, 1)} SD of the signal" if size is not None else "")
    if name == "primed" and "by_prime" in evidence:
        return f"{n} dilemmas; " + ", ".join(
            f"{prime}: {percent(share)}" for prime, share in evidence["by_prime"].items()
        )
    if name == "signal" and evidence.get("n_permutations"):
        return f"{count(evidence['n_permutations'])} permutations"
    if name == "authors" and evidence.get("authors"):
        return f"{len(evidence['authors'])} authors"
    return f"{count(n)} dilemmas" if n else ""
