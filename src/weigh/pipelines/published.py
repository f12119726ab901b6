"""A live judge and a published instrument: ask it, untreated and under treatments, score it, write a run folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Bank
from weigh.core.abilities import Judge
from weigh.core.evidence import Answers
from weigh.core.ledger import Ledger
from weigh.core.question import Condition
from weigh.loops.elicit import Interview, Progress
from weigh.pipelines.conditions import UNTREATED_NAME, check_conditions
from weigh.pipelines.instruments import Instrument, check_options, instrument_of, limited, scored
from weigh.pipelines.record import BANK, describe_bank, write_record
from weigh.pipelines.run import Run
from weigh.pipelines.sitting import begun, check_same, described, ended, forecast, to_its_end


def measure_published(
    judge: Judge,
    bank: Bank,
    folder: str | Path,
    *,
    conditions: Sequence[Condition] = (),
    options: Mapping[str, Any] | None = None,
    reader: Judge | None = None,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Run:
    """Ask a judge a published set, untreated and under each condition, score it, and write a run folder.

    Every answer is on disk before it counts: after an interruption the same call goes on where it stopped.

    Parameters
    ----------
    judge : Judge
        Who answers.
    bank : Bank
        Whose card names the method.
    folder : str or Path
        Where the run lies; made if it is not there.
    conditions : sequence of Condition
        Treatments, each asked beside no treatment and compared with it item by item.
    options : mapping, optional
        The instrument's own options, of its asking, reading and scoring.
    reader : Judge, optional
        Who reads free text, for instruments that need one; the judge itself by default.
    limit : int, optional
        How many items, evenly spread over the bank.
    seed : int
        Of what is drawn, and of judges that are sampled.
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
        The bank names no method, an option is unknown, or the folder holds a run of another judge or bank.
    AbilityError
        The judge cannot do what the instrument needs.
    LedgerError
        The folder cannot be written, or another run is writing to it.
    """
    folder, options = Path(folder), dict(options or {})
    instrument = instrument_of(bank.card.method)
    check_options(instrument, options)
    options = {"seed": seed, **options}
    if conditions:
        check_conditions(judge, bank, conditions)
    asked = limited(instrument, bank, limit)
    arms = {UNTREATED_NAME: judge, **{one.name: judge.under(one) for one in conditions}}
    with Ledger(folder) as ledger:
        check_same(folder, judge, bank)
        asked.copy_to(folder / BANK)
        record = begun(judge, describe_bank(asked) | {"id": bank.version}) | {
            "method": instrument.address,
            "instrument": instrument.address,
            "config": {"options": options, "limit": limit, "seed": seed, "reader": reader.name if reader else None},
            "conditions": described(conditions),
        }
        write_record(folder, record)
        interview = Interview(judge, bank.version, ledger, seed, progress)
        with to_its_end(say) as end:
            _ask(instrument, judge, arms, asked, interview, reader, options)
        record |= ended(interview, ledger, end)
    answers = interview.answers() if interview.rows else None
    found = {}
    for name in arms:
        if answers is None:
            break
        mine = answers.select(_rows_of(name, arms, answers))
        if len(mine):
            found[name] = mine
    record |= scored(instrument, found, asked, options, who=judge.name, partial=end.is_partial)
    write_record(folder, record)
    return Run(record, folder)


def _ask(
    instrument: Instrument,
    judge: Judge,
    arms: Mapping[str, Judge],
    bank: Bank,
    interview: Interview,
    reader: Judge | None,
    options: Mapping[str, Any],
) -> None:
    for name, arm in arms.items():
        # other judges' sittings of one interview: they share its ledger, rows and cost
        instrument.module.ask(replace(interview, judge=arm), bank, **instrument.takes("ask", options))
        read = getattr(instrument.module, "read", None)
        if read is not None and interview.rows:
            reading = replace(interview, judge=_reading(reader or judge, arm.condition))
            answers = interview.answers()
            mine = answers.select(_rows_of(name, arms, answers))
            read(reading, mine, bank, **instrument.takes("read", options))


def _rows_of(name: str, arms: Mapping[str, Judge], answers: Answers) -> NDArray[np.bool_]:
    """Which answers are an arm's: those under its condition, and under that with another of the instrument's own."""
    given = answers.condition.astype(str)

    def under(condition: str) -> NDArray[np.bool_]:
        return (given == condition) | np.char.startswith(given, f"{condition}+")

    own = arms[name].condition.name
    others = [arm.condition.name for other, arm in arms.items() if other != name]
    # the untreated arm has what no treatment has
    return under(own) if name != UNTREATED_NAME else ~np.any([under(one) for one in others] or [given != given], axis=0)


def _reading(reader: Judge, treatment: Condition) -> Judge:
    """Who reads what was said under a treatment: under its name alone, so that its rows stay with the arm's."""
    own = reader.condition.name
    name = treatment.name.removeprefix(f"{own}+") if own else treatment.name
    return reader if name == own else reader.under(Condition(name=name))


def plan_published(
    judge: Judge, bank: Bank, *, n_arms: int = 1, options: Mapping[str, Any] | None = None, limit: int | None = None
) -> dict[str, Any]:
    """What `measure_published` would ask, counted without asking; what a reader would read is not counted.

    Returns
    -------
    dict
        Keys answers, prompts, tokens, and seconds (None where the judge does not know its speed).
    """
    instrument = instrument_of(bank.card.method)
    check_options(instrument, options or {})
    interview = Interview(judge, bank.version, dry=True)
    instrument.module.ask(interview, limited(instrument, bank, limit), **instrument.takes("ask", options or {}))
    return forecast(judge, interview.cost, n_arms=n_arms)
