"""What a treatment does: the same judge on the same dilemmas, untreated and under each condition, in one ledger.

All arms are asked in one list. Within each block of asks the arms stand in random order, so that a judge that drifts (a
server under load, people who tire) drifts in all arms alike. What is asked, and in which frames, is decided once, on
the untreated arm: choosing frames for each treatment by what it answers would be choosing by the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from weigh.banks.bank import Bank
from weigh.core.abilities import Judge, demand
from weigh.core.documents import read_toml
from weigh.core.errors import InputError
from weigh.core.ledger import Ledger
from weigh.core.question import Condition
from weigh.loops.elicit import Interview, Progress
from weigh.measure.gate import Verdict
from weigh.pipelines.analysis import analysis, summary
from weigh.pipelines.arms import Arms, judged
from weigh.pipelines.compare import compare_arms, is_graded
from weigh.pipelines.pairs import Arm
from weigh.pipelines.profile import Instrument, ask_with, check_instrument, count, first_kind, try_stated
from weigh.pipelines.record import BANK, describe_bank, read_record, write_record, write_values
from weigh.pipelines.run import Run
from weigh.pipelines.sitting import begun, check_same, described, ended, forecast, to_its_end

KEYS = ("system", "persona", "nudge", "prime", "language", "steer")
UNTREATED_NAME = "untreated"


def read_conditions(path: str | Path) -> tuple[Condition, ...]:
    """Read the treatments of a TOML file.

    Parameters
    ----------
    path : str or Path
        One or more tables `[condition.NAME]` with texts under the keys system, persona, nudge, prime, language, steer.

    Raises
    ------
    InputError
        The file is missing or not TOML, holds no treatment, or one with an unknown key, no text, or an unusable name.
    """
    path = Path(path)
    given = read_toml(path, "a TOML file with tables [condition.NAME]")
    tables = given.pop("condition", None)
    if given or not isinstance(tables, dict) or not tables:
        other = f"; it has {', '.join(map(repr, given))} beside them" if given else ""
        raise InputError(f"{path} must hold one or more tables [condition.NAME], and nothing else{other}")
    return tuple(_condition(path, name, table) for name, table in tables.items())


def read_all(paths: Sequence[str | Path]) -> tuple[Condition, ...]:
    """The treatments of several files, in their order; errors as in `read_conditions`."""
    return tuple(condition for path in paths for condition in read_conditions(path))


def measure_conditions(
    judge: Judge,
    bank: Bank,
    conditions: Sequence[Condition],
    folder: str | Path,
    *,
    instrument: Instrument = "auto",
    n_dilemmas: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Run:
    """Measure a judge untreated and under each condition, and compare each treatment with no treatment.

    Every answer is on disk before it counts: after an interruption the same call goes on where it stopped.

    Parameters
    ----------
    judge : Judge
        Who answers; a condition that it is under already counts as untreated.
    bank : Bank
        What is asked.
    conditions : sequence of Condition
        The treatments, each with a name of its own.
    folder : str or Path
        Where the run lies; its `run.json` is the untreated arm's, all arms share its ledger.
    instrument : {"auto", "stated", "evaluative", "fast"}
        How to ask; "auto" is decided on the untreated arm alone.
    n_dilemmas : int, optional
        How many dilemmas, balanced over values and authors; the whole bank otherwise.
    seed : int
        Of the order of the arms, of permutations, halvings, and judges that are sampled.
    progress : Progress, optional
        Told how far it is.
    say : callable
        Told what was decided.

    Returns
    -------
    Run
        The record of the untreated arm, as `weigh.pipelines.profile.measure` gives it, with `comparison` as
        `weigh.pipelines.compare.compare` gives it; None where a verdict is missing as the run was broken off.

    Raises
    ------
    InputError
        No treatment, two of one name, one that this bank or judge cannot be put under, or a folder of another run.
    AbilityError
        The judge cannot do what the instrument or a treatment needs.
    LedgerError
        The folder cannot be written, or another run is writing to it.
    """
    folder = Path(folder)
    check_instrument(judge, bank, instrument)
    check_conditions(judge, bank, conditions)
    asked = bank.balanced(n_dilemmas) if n_dilemmas else bank
    with Ledger(folder) as ledger:
        check_same(folder, judge, bank)
        notes = list(_earlier(folder, len(ledger)))
        bank.copy_to(folder / BANK)
        record = begun(judge, describe_bank(asked)) | {
            "config": {"instrument": instrument, "n_dilemmas": n_dilemmas, "seed": seed},
            "conditions": described(conditions),
        }
        write_record(folder, record)
        interview = Arms(judge, bank.version, ledger, seed, progress, conditions=tuple(conditions))
        chosen, trial = first_kind(instrument), None
        with to_its_end(say) as end:
            if instrument == "auto":
                untreated = Interview(
                    judge, bank.version, ledger, seed, progress, cost=interview.cost, rows=interview.rows
                )
                chosen, trial, record["instrument_why"] = try_stated(untreated, asked, seed)
                say(record["instrument_why"])
            ask_with(interview, asked, "fast" if instrument == "fast" else chosen)
        record |= ended(interview, ledger, end)
        record["notes"] = [*notes, *record["notes"]]
    names = [judge.condition.name, *(judge.condition.and_then(one).name for one in conditions)]
    titles = [UNTREATED_NAME, *(one.name for one in conditions)]
    found = [judged(interview, asked, chosen, name, seed=seed, partial=end.is_partial) for name in names]
    verdict = found[0][1]
    record |= {
        "instrument": chosen,
        "trial": summary(trial) if trial else None,
        **(analysis(verdict, seed) if verdict else {"verdict": None}),
    }
    write_record(folder, record)
    write_values(folder, verdict.values if verdict else None)
    arms = [
        Arm(title, said.table, _said(said), is_graded(answers), str(folder), name, end.status)
        for title, name, (answers, said) in zip(titles, names, found, strict=True)
        if answers is not None and said is not None
    ]
    complete = len(arms) == len(names)
    return Run(record | {"comparison": compare_arms(arms, seed=seed) if complete else None}, folder)


def plan_conditions(
    judge: Judge,
    bank: Bank,
    conditions: Sequence[Condition],
    *,
    instrument: Instrument = "auto",
    n_dilemmas: int | None = None,
) -> dict[str, Any]:
    """What `measure_conditions` would ask in all arms, counted without asking; parameters and errors as there.

    Returns
    -------
    dict
        Keys answers, prompts, tokens, and seconds (None where the judge does not know its speed).
    """
    check_instrument(judge, bank, instrument)
    check_conditions(judge, bank, conditions)
    interview = Arms(judge, bank.version, dry=True, conditions=tuple(conditions))
    untreated = Interview(judge, bank.version, dry=True, cost=interview.cost, counted=interview.counted)
    count(interview, untreated, bank.balanced(n_dilemmas) if n_dilemmas else bank, instrument)
    return forecast(judge, interview.cost)


def check_conditions(judge: Judge, bank: Bank, conditions: Sequence[Condition]) -> None:
    """Say before the first question which treatment cannot be given.

    Raises
    ------
    InputError
        None was given, two have one name, or one asks for a translation or a steering that is not to be had.
    AbilityError
        One steers a judge that does not open its hidden states.
    """
    if not conditions:
        raise InputError("there is no condition; give a TOML file with one or more tables [condition.NAME]")
    names = [condition.name for condition in conditions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two conditions are named {twice[0]!r}; each needs a name of its own")
    for condition in conditions:
        where = f"condition {condition.name!r}"
        # the ledger joins a treatment and a prime as "treatment+prime:value"
        if condition.name in ("", UNTREATED_NAME) or set(condition.name) & {"+", ":"}:
            raise InputError(f"{where} needs a name without '+' and ':' that is not {UNTREATED_NAME!r}")
        if condition.steer:
            demand(judge, "hidden", f"{where}, which sets steer,")
            judge.under(condition)
            raise InputError(f"{where} steers, which no judge here does while other arms are asked; leave `steer` out")
        known = sorted({item.language for item in bank.items})
        if condition.language and known != [condition.language]:
            raise InputError(
                f"{where} asks in {condition.language!r}, but bank {bank.name!r} is in {', '.join(known)} and holds no "
                "translations; measure a translated bank in a run of its own"
            )


def _said(verdict: Verdict) -> dict[str, Any]:
    return {"level": verdict.level, "sentence": verdict.sentence, "also": list(verdict.also)}


def _earlier(folder: Path, n_answers: int) -> tuple[str, ...]:
    try:
        before = read_record(folder)
    except InputError:
        return ()
    if n_answers and not before.get("conditions"):
        return ("the untreated answers were there from an earlier run, so the arms were not asked in one sitting",)
    return ()


def _condition(path: Path, name: str, table: Any) -> Condition:
    where = f"{path}: [condition.{name}]"
    if not isinstance(table, dict):
        raise InputError(f"{where} must be a table with one or more of the keys {', '.join(KEYS)}")
    unknown = [key for key in table if key not in KEYS]
    if unknown:
        raise InputError(f"{where} sets {unknown[0]!r}, which is unknown; the keys are {', '.join(KEYS)}")
    wrong = [key for key, text in table.items() if not isinstance(text, str) or not text.strip()]
    if wrong or not table:
        what = f"{wrong[0]!r} is not a text" if wrong else "it sets nothing"
        raise InputError(f"{where}: {what}; give a text under one or more of the keys {', '.join(KEYS)}")
    if not name.strip():
        raise InputError(f"{where} has no name; give it one, such as [condition.kind]")
    return Condition(name=name, **table)
