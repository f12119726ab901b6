"""A run as a log of inspect-ai, which `inspect view` shows and `weigh import` turns back into the same run."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalLog,
    EvalMetric,
    EvalResults,
    EvalSample,
    EvalScore,
    EvalSpec,
    EvalStats,
    write_eval_log,
)
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ModelOutput
from inspect_ai.scorer import SampleScore, Score, mean, stderr

from weigh._version import __version__
from weigh.banks.bank import Bank, Item
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.jsonable import plain
from weigh.core.ledger import Reading
from weigh.core.question import SCHEMA_VERSION
from weigh.doors.inspect_scoring import score_of
from weigh.judges.inspect_provider import messages_of
from weigh.judges.letters import LETTERS
from weigh.pipelines.inspect_log import head_of, sample_part
from weigh.pipelines.inspect_rows import ROWS, RUN
from weigh.pipelines.record import RECORDED, bank_of, read_answers, read_record

Row = dict[str, Any]


def export_run(folder: str | Path, out: str | Path) -> Path:
    """Write the log of a run.

    Half of a surrogate pair, which UTF-8 cannot hold, comes back as the text of its escape; all else as it was.

    Parameters
    ----------
    folder : str or Path
        The run's folder.
    out : str or Path
        A file that ends in .eval; one that is there is written over.

    Returns
    -------
    Path
        The log.

    Raises
    ------
    InputError
        The folder holds no run or no answers, or the file's name does not end in .eval.
    """
    folder, out = Path(folder), Path(out)
    if out.suffix != ".eval":
        raise InputError(f"{out} does not end in .eval, as inspect-ai's logs do; give --out FILE.eval")
    record: dict[str, Any] = read_record(folder)
    bank, rows = bank_of(folder, record), _rows(folder)
    if not rows:
        raise InputError(f"{folder} holds no answers yet; there is nothing to export")
    by_question: dict[str, list[Row]] = {}
    for at, row in enumerate(rows):
        by_question.setdefault(str(row["question"]), []).append({**row, "at": at})
    shown = {one["id"]: {**one, "at": at} for at, one in enumerate(record.get("items") or [])}
    samples = [_sample(bank, id, of, shown.get(id)) for id, of in by_question.items()]
    head = head_of(
        bank,
        config=record.get("config") or {},
        method=record.get("method") or "",
        sampled=set(by_question),
        record=_without_items(record, set(by_question)),
    )
    mark = hashlib.sha256("".join(str(row["key"]) for row in rows).encode()).hexdigest()[:22]
    log = EvalLog(
        status="success",
        eval=EvalSpec(
            eval_id=mark, run_id=mark, task_id=mark, created=record["started"], task=f"{RUN}/{bank.name}",
            task_version=bank.card.version, model=str(record["model"]["name"]), config=EvalConfig(epochs=1),
            dataset=EvalDataset(name=bank.name, samples=len(samples), sample_ids=[str(one.id) for one in samples]),
            packages={"weigh": __version__}, metadata={RUN: plain(head)},
        ),
        results=EvalResults(
            total_samples=len(samples), completed_samples=len(samples), scores=[*_metrics(samples), *_profile(record)]
        ),
        stats=EvalStats(started_at=record["started"], completed_at=record.get("finished") or record["started"]),
        samples=samples,
    )  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    write_eval_log(log, str(out.resolve()))
    return out


def _without_items(record: Mapping[str, Any], sampled: set[str]) -> dict[str, Any]:
    """The record less what it says of each item, where every sample keeps its own line of that."""
    items = record.get("items") or []
    return {name: part for name, part in record.items() if name != "items" or {one["id"] for one in items} - sampled}


def _rows(folder: Path) -> list[Row]:
    return _rows_of(read_answers(folder)) if (folder / RECORDED).is_file() else list(Reading(folder))


def _rows_of(answers: Answers) -> list[Row]:
    """Rows as the ledger's, of answers that were recorded elsewhere, whose prompts nobody knows."""
    columns = {name: getattr(answers, name).tolist() for name in ("choice", "p", "mass", "sample", "weight")}
    texts = {name: _texts(answers, name) for name in ("question", "wording", "frame", "condition", "status", "raw")}
    texts |= {"model": _texts(answers, "who"), "source": _texts(answers, "source")}
    rows = []
    for i in range(len(answers)):
        scores = [float(x) for x in answers.scores[i] if not math.isnan(x)]
        row = {name: column[i] for name, column in {**columns, **texts}.items()}
        row |= {
            "order": list(answers.order[i]),
            "scores": scores,
            "detail": {},
            "tokens": 0,
            "seconds": 0.0,
            "prompts": [],
        }
        row = plain({"schema_version": SCHEMA_VERSION, **row})
        rows.append({**row, "key": hashlib.sha256(f"{i} {row}".encode("utf-8", "backslashreplace")).hexdigest()})
    return rows


def _texts(answers: Answers, name: str) -> list[str]:
    """A column of text."""
    return [str(cell) for cell in getattr(answers, name).tolist()]


def _sample(bank: Bank, id: str, rows: Sequence[Row], shown: Mapping[str, Any] | None) -> EvalSample:
    item = bank.by_id.get(id)
    options = list(item.options) if item else []
    part = {**sample_part(bank, id), "options": options, **({"shown": plain(shown)} if shown else {})}
    turns = [turn for prompt in rows[0]["prompts"] for turn in prompt.get("messages", ())]
    said = str(rows[0]["raw"])
    messages: list[ChatMessage] = messages_of([{"role": turn["role"], "content": turn["text"]} for turn in turns])
    score = _score(item, rows, shown)
    return EvalSample(
        id=id,
        epoch=1,
        input=item.situation if item else "\n\n".join(turn["text"] for turn in turns) or id,
        choices=options or None,
        target="A" if item and item.kind == "control" else "",
        messages=[*messages, ChatMessageAssistant(content=said)] if messages else [],
        output=ModelOutput.from_content(str(rows[0]["model"]), said),
        scores=score,
        metadata={
            "family": item.family if item else id,
            "kind": item.kind if item else "choice",
            "author": item.author if item else "",
            RUN: part,
        },
        store={ROWS: rows},
    )


def _score(item: Item | None, rows: Sequence[Row], shown: Mapping[str, Any] | None) -> dict[str, Score]:
    if item is not None and item.options and any(row["order"] for row in rows):
        return {"position_free": score_of(rows, item.options)}
    evidence = (shown or {}).get("evidence")
    if item is None or evidence is None:
        return {}
    first = 0 if evidence > 0 else 1
    told = f"{LETTERS[first]}. {item.options[first]}"
    return {"evidence": Score(value=float(evidence), answer=LETTERS[first], explanation=told)}


def _metrics(samples: Sequence[EvalSample]) -> list[EvalScore]:
    columns: dict[tuple[str, str], list[SampleScore]] = {}
    for sample in samples:
        for scorer, score in (sample.scores or {}).items():
            parts = score.value if isinstance(score.value, dict) else {scorer: score.value}
            for name, value in parts.items():
                if isinstance(value, float) and math.isfinite(value):
                    one = SampleScore(score=Score(value=value), sample_id=sample.id, sample_metadata=sample.metadata)
                    columns.setdefault((scorer, name), []).append(one)
    found = []
    for (scorer, name), scores in columns.items():
        average: Any = mean()
        error: Any = stderr(cluster="family")
        metrics = {"mean": average(scores), "stderr": error(scores)}
        told = {key: EvalMetric(name=key, value=float(value)) for key, value in metrics.items()}
        found.append(EvalScore(name=name, scorer=scorer, scored_samples=len(scores), metrics=told))
    return found


def _profile(record: Mapping[str, Any]) -> list[EvalScore]:
    """The run's values, where a profile may be shown, so that the viewer has them too."""
    values = record.get("values")
    if not values:
        return []
    told = {
        row["item"]: EvalMetric(name=row["item"], value=row["mean"], metadata={"low": row["low"], "high": row["high"]})
        for row in values["values"]
        if row["mean"] is not None
    }
    return [EvalScore(name="values", scorer="values", metrics=told)]
