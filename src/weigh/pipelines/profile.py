"""The main job: ask a judge, let the gate say what the answers are worth, and record it all.

`auto` tries forced choice on the controls and a balanced quarter of the bank first, and goes on with it where the judge
passes the controls and survives the order swap; else it evaluates options under opposite frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np

from weigh._version import __version__
from weigh.banks.bank import Bank, balanced_subset
from weigh.core.abilities import Chooser, Judge, Scorer, demand
from weigh.core.errors import InputError
from weigh.core.ledger import Ledger
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.loops.elicit import Interview, Progress
from weigh.measure import evaluative, stated
from weigh.measure.gate import Verdict, gate
from weigh.pipelines.record import BANK, now, read_record, write_record
from weigh.pipelines.run import Run

Instrument = Literal["auto", "stated", "evaluative", "fast"]
INSTRUMENTS: tuple[Instrument, ...] = ("auto", "stated", "evaluative", "fast")


def measure(
    judge: Judge,
    bank: Bank,
    folder: str | Path,
    *,
    instrument: Instrument = "auto",
    n_dilemmas: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Run:
    """Measure what a judge gives priority to, and write a run folder.

    Every answer is on disk before it counts: after an interruption the same call goes on where it stopped.

    Parameters
    ----------
    judge : Judge
        Who answers.
    bank : Bank
        What is asked.
    folder : str or Path
        Where the run lies; made if it is not there.
    instrument : {"auto", "stated", "evaluative", "fast"}
        How to ask.
    n_dilemmas : int, optional
        How many dilemmas, balanced over values and authors; the bank's default otherwise.
    seed : int
        Of permutations, halvings, and judges that are sampled.
    progress : Progress, optional
        Told how far it is.
    say : callable
        Told what was decided.

    Returns
    -------
    Run
        The record that `run.json` holds, as a dict that shows itself in a notebook.

    Raises
    ------
    InputError
        The folder holds a run of another judge or bank, or the bank does not fit the instrument.
    AbilityError
        The judge cannot do what the instrument needs.
    LedgerError
        The folder cannot be written, or another run is writing to it.
    """
    folder = Path(folder)
    check_instrument(judge, instrument)
    asked = bank.balanced(n_dilemmas) if n_dilemmas else bank
    with Ledger(folder) as ledger:
        check_same(folder, judge, bank)
        bank.copy_to(folder / BANK)
        record = {
            "weigh": __version__,
            "started": now(),
            "finished": None,
            "status": "running",
            "model": dict(judge.describe()),
            "bank": describe_bank(asked),
            "config": {"instrument": instrument, "n_dilemmas": n_dilemmas, "seed": seed},
        }
        write_record(folder, record)
        interview = Interview(judge, bank.version, ledger, seed, progress)
        status, trial = "complete", None
        chosen: str = "evaluative" if instrument == "fast" else instrument
        try:
            if instrument == "auto":
                chosen, trial, why = try_stated(interview, asked, seed)
                record["instrument_why"] = why
                say(why)
            ask_with(interview, asked, "fast" if instrument == "fast" else chosen)
        except KeyboardInterrupt as stop:
            status = "interrupted"
            # a limit of the run's own says which it was
            say(str(stop) or "interrupted: every answer so far is kept, and the same command goes on from here")
        notes = [*ledger.notes, *_bounded(interview)]
    if chosen == "auto":
        chosen = "stated"  # broken off during the trial, which is forced choice
    verdict = _judge(interview, asked, chosen, seed)
    record |= {
        "finished": now(),
        "status": status,
        "instrument": chosen,
        "cost": cost_of(interview),
        "notes": notes,
        "trial": summary(trial) if trial else None,
        **(analysis(verdict, seed) if verdict else {"verdict": None}),
    }
    write_record(folder, record)
    if verdict and verdict.values is not None:
        verdict.values.write_parquet(folder / "values.parquet")
    else:
        (folder / "values.parquet").unlink(missing_ok=True)
    return Run(record, folder)


def _bounded(interview: Interview) -> list[str]:
    """How many answers rest on a bound, as a server named its likeliest tokens only."""
    n = sum("bounded" in row["detail"] for row in interview.rows.values())
    return [f"{n} answers rest on a bound: a letter was not among the tokens that the server listed"] if n else []


def cost_of(interview: Interview) -> dict[str, float]:
    """What all answers of the run cost, those of earlier sittings included."""
    rows = interview.rows.values()
    return {
        "answers": len(rows),
        "reused": interview.cost.reused,
        "prompts": sum(len(row["prompts"]) for row in rows),
        "tokens": sum(row["tokens"] for row in rows),
        "seconds": round(sum(row["seconds"] for row in rows), 2),
    }


def _judge(interview: Interview, bank: Bank, instrument: str, seed: int) -> Verdict | None:
    if not interview.rows:
        return None
    kind = "evaluative" if instrument == "evaluative" else "stated"
    try:
        return gate(interview.answers(), bank, instrument=kind, condition=interview.judge.condition.name, seed=seed)
    except InputError:
        return None  # broken off before the first answer that this instrument can use


def plan(judge: Judge, bank: Bank, *, instrument: Instrument = "auto", n_dilemmas: int | None = None) -> dict[str, Any]:
    """What `measure` would ask, counted without asking.

    Returns
    -------
    dict
        Keys answers, prompts, tokens, and seconds (None where the judge does not know its speed).
    """
    check_instrument(judge, instrument)
    asked = bank.balanced(n_dilemmas) if n_dilemmas else bank
    interview = Interview(judge, bank.version, dry=True)
    if instrument == "auto":
        quarter = [asked.dilemmas[i] for i in balanced_subset(asked.dilemmas, max(1, len(asked.dilemmas) // 4))]
        stated.ask(interview, asked, items=quarter, primes=False)
    ask_with(interview, asked, "evaluative" if instrument == "auto" and isinstance(judge, Scorer) else instrument)
    cost = interview.cost
    speed = getattr(judge, "tokens_per_second", None)
    seconds = round(cost.tokens / speed()) if speed is not None and cost.tokens else None
    return {"answers": cost.asked, "prompts": cost.calls, "tokens": cost.tokens or None, "seconds": seconds}


def check_instrument(judge: Judge, instrument: Instrument) -> None:
    """Say before the first question what the judge lacks for the instrument."""
    if instrument not in INSTRUMENTS:
        raise InputError(f"no instrument {instrument!r}; give one of {', '.join(INSTRUMENTS)}")
    if instrument in ("evaluative", "fast"):
        demand(judge, "logprobs", f"--instrument {instrument}")
    if instrument == "stated" or not isinstance(judge, Scorer):
        demand(judge, "choose", f"--instrument {instrument}")


def ask_with(interview: Interview, bank: Bank, instrument: str) -> None:
    """Ask a bank with an instrument; "fast" is one opposite frame without primes."""
    if instrument == "evaluative":
        evaluative.ask(interview, bank)
    elif instrument == "fast":
        evaluative.ask(interview, bank, frames=evaluative.FAST_FRAMES, primes=False)
    else:
        stated.ask(interview, bank)


def try_stated(interview: Interview, bank: Bank, seed: int) -> tuple[str, Verdict | None, str]:
    """The instrument that `auto` settles on, the trial behind it if there was one, and why in words."""
    judge = interview.judge
    if not isinstance(judge, Scorer):
        return "stated", None, "forced choice: this judge chooses, and does not score text"
    if not isinstance(judge, Chooser):
        return "evaluative", None, "opposite frames: this judge scores text, and does not choose"
    quarter = [bank.dilemmas[i] for i in balanced_subset(bank.dilemmas, max(1, len(bank.dilemmas) // 4))]
    stated.ask(interview, bank, items=quarter, primes=False)
    trial = gate(interview.answers(), bank, instrument="stated", condition=judge.condition.name, seed=seed)
    failed = [
        finding for finding in trial.findings if finding.name in ("controls", "order swap") and not finding.passed
    ]
    if not failed:
        return (
            "stated",
            trial,
            "forced choice: it passed the controls and survived the order swap on a quarter of the bank",
        )
    says = {"controls": "of controls right", "order swap": "of choices survive an order swap"}
    reasons = " and ".join(f"only {f.value:.0%} {says[f.name]}" for f in failed if f.value is not None)
    return "evaluative", trial, f"opposite frames, as forced choice measures nothing on this model: {reasons}"


def analysis(verdict: Verdict, seed: int) -> dict[str, Any]:
    """All that a page shows of a verdict, as plain data.

    Parameters
    ----------
    verdict : Verdict
        From the gate.
    seed : int
        Of the simulated distance to the human order.
    """
    table, values = verdict.table, verdict.values
    found = summary(verdict)
    found["items"] = _items(verdict)
    found["unanswered"] = int((~np.isfinite(table.rows(list(verdict.kept) or None)[0])).sum())
    if values is None:
        return found
    found["specifications"] = table.specifications(verdict.kept)
    found["ranking"] = [list(tier) for tier in values.ranking().tiers]
    if table.bank.taxonomy:
        theory = table.bank.taxonomy
        found["groups"] = _groups(values, theory.groups)
        found["circle"] = list(theory.values) if theory.circular else None
        found["human"] = _distance(values, theory.human_order, seed) if theory.human_order else None
    return found


def summary(verdict: Verdict) -> dict[str, Any]:
    """Verdict, findings and statuses as plain data."""
    return {
        "verdict": {"level": verdict.level, "sentence": verdict.sentence, "also": list(verdict.also)},
        "findings": [finding.to_json() for finding in verdict.findings],
        "values": verdict.values.to_json() if verdict.values is not None else None,
        "statuses": dict(verdict.table.statuses),
        "frames": list(verdict.table.frames),
        "kept_frames": [verdict.table.frames[i] for i in verdict.kept],
    }


def _items(verdict: Verdict) -> list[dict[str, Any]]:
    table = verdict.table
    y, _ = table.rows(list(verdict.kept) or None)
    z = table.z(list(verdict.kept) or None)
    found = []
    for i, item in enumerate(table.bank.dilemmas):
        by_wording = {wording: float(z[w, i]) for w, wording in enumerate(table.wordings)}
        found.append({
            "id": item.id, "kind": "dilemma", "situation": item.situation, "options": list(item.options),
            "values": list(item.values), "author": item.author, "evidence": float(y[i]), "by_wording": by_wording,
        })  # fmt: skip
    chosen = list(verdict.kept) or list(range(len(table.frames)))
    for i, item in enumerate(table.bank.controls):
        right = int((table.controls[chosen, i] > 0).sum())
        found.append({
            "id": item.id, "kind": "control", "situation": item.situation, "options": list(item.options),
            "right_in_frames": right, "n_frames": len(chosen),
        })  # fmt: skip
    return found


def _groups(values: Values, groups: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    from scipy.special import stdtrit

    assert values.cov is not None
    width = float(stdtrit(values.notes["dof"], 0.975))
    found = []
    for name, members in groups.items():
        weights = np.array([item in members for item in values.items], dtype=float)
        if weights.sum() == 0:
            continue
        weights /= weights.sum()
        mean, half = float(weights @ values.mean), width * float(np.sqrt(weights @ values.cov @ weights))
        found.append({"group": name, "members": list(members), "mean": mean, "low": mean - half, "high": mean + half})
    return found


def _distance(values: Values, order: tuple[str, ...], seed: int, n_draws: int = 2000) -> dict[str, Any]:
    """Rank correlation with the order that people give, with an interval over the profile's own uncertainty."""
    assert values.cov is not None
    shared = [item for item in order if item in values.items]
    place = [values.items.index(item) for item in shared]
    human = np.arange(len(shared), 0, -1, dtype=float)
    draws = rng(seed, "human order").multivariate_normal(values.mean, values.cov, n_draws, method="svd")[:, place]
    ranks = np.vstack([values.mean[place], draws]).argsort(axis=1).argsort(axis=1).astype(float)
    ranks -= ranks.mean(axis=1, keepdims=True)
    centred = human - human.mean()
    rho = ranks @ centred / np.sqrt((ranks**2).sum(axis=1) * (centred**2).sum())
    low, high = np.percentile(rho[1:], [2.5, 97.5])
    return {"order": shared, "rank_correlation": float(rho[0]), "low": float(low), "high": float(high)}


def describe_bank(bank: Bank) -> dict[str, Any]:
    """A bank's card and counts, as plain data."""
    counts = {"n_items": len(bank.items), "n_dilemmas": len(bank.dilemmas), "n_controls": len(bank.controls)}
    return {**asdict(bank.card), "id": bank.version, "sha256": bank.sha256, "values": list(bank.values), **counts}


def check_same(folder: Path, judge: Judge, bank: Bank) -> None:
    """Refuse a folder that holds a run of another model, other weights or another bank."""
    try:
        before = read_record(folder)
    except InputError:
        return  # none there, or a torn one, which is written anew
    old = (
        before.get("model", {}).get("name"),
        before.get("model", {}).get("fingerprint"),
        before.get("bank", {}).get("id"),
    )
    new = (judge.name, judge.fingerprint, bank.version)
    for what, a, b in zip(("model", "model's weights or precision", "bank"), old, new, strict=True):
        if a is not None and a != b:
            raise InputError(
                f"{folder} holds a run with another {what} ({a!s:.40}, now {b!s:.40}); "
                "give another --out, or --fresh to set the old run aside"
            )
