"""A run folder: `run.json` beside the ledger, the bank that was asked, and `values.parquet`."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from weigh._version import __version__
from weigh.banks.bank import Bank, read_bank
from weigh.core.documents import is_file
from weigh.core.errors import InputError, LedgerError, WeighError
from weigh.core.evidence import Answers
from weigh.core.jsonable import plain
from weigh.core.ledger import Ledger
from weigh.core.question import SCHEMA_VERSION
from weigh.core.values import Values

RECORD = "run.json"
BANK = "bank"
RECORDED = "recorded.parquet"
VALUES = "values.parquet"
# What using a record of the wrong shape can raise.
_MISSHAPEN = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write `run.json` whole or not at all.

    Raises
    ------
    LedgerError
        The folder cannot be written.
    """
    text = json.dumps(
        {"schema_version": SCHEMA_VERSION, **plain(record)}, indent=1, ensure_ascii=False, allow_nan=False
    )
    scratch = folder / f".{RECORD}.{os.getpid()}"
    try:
        scratch.write_bytes(text.encode("utf-8", "backslashreplace") + b"\n")
        scratch.replace(folder / RECORD)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise LedgerError(
            f"{folder / RECORD} could not be written ({error}); free space or give another --out"
        ) from error


def write_values(folder: Path, values: Values | None) -> None:
    """Write `values.parquet`, or remove what an earlier record has left where no values may be shown."""
    if values is None:
        (folder / VALUES).unlink(missing_ok=True)
    else:
        values.write_parquet(folder / VALUES)


@contextlib.contextmanager
def as_written(what: str) -> Iterator[None]:
    """Turn what comes of using a record of the wrong shape into one sentence; weigh's own errors pass.

    Parameters
    ----------
    what : str
        The record, for the message.

    Raises
    ------
    InputError
        Something in it is missing or of another kind.
    """
    try:
        yield
    except WeighError:
        raise
    except _MISSHAPEN as error:
        raise InputError(
            f"{what} is not as weigh writes it ({error!r:.200}); run the same command again, no answer is lost"
        ) from error


def now() -> str:
    """The time for a record, to the second, in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def describe_bank(bank: Bank) -> dict[str, Any]:
    """A bank's card and counts, as plain data."""
    counts = {"n_items": len(bank.items), "n_dilemmas": len(bank.dilemmas), "n_controls": len(bank.controls)}
    return {**asdict(bank.card), "id": bank.version, "sha256": bank.sha256, "values": list(bank.values), **counts}


def recorded_record(who: str, source: str, bank: Mapping[str, Any]) -> dict[str, Any]:
    """The head of a record of answers that were given elsewhere.

    Parameters
    ----------
    who : str
        The judge's name.
    source : str
        File that the answers came from.
    bank : mapping
        The bank's card and counts, as `describe_bank` gives them.
    """
    at = now()
    return {
        "weigh": __version__,
        "started": at,
        "finished": at,
        "status": "recorded",
        "model": {"name": who, "kind": "recorded answers", "source": source},
        "bank": dict(bank),
        "cost": None,
        "notes": [],
    }


def write_recorded(folder: Path, record: Mapping[str, Any], answers: Answers, bank: Bank) -> None:
    """Write the run folder of recorded answers: record, answers and bank.

    Raises
    ------
    InputError
        The folder holds a run already.
    LedgerError
        The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / RECORD).exists():
        raise InputError(f"{folder} holds a run already; give another --out")
    bank.copy_to(folder / BANK)
    answers.write(folder / RECORDED)
    write_record(folder, record)


def read_record(folder: str | Path) -> dict[str, Any]:
    """Read `run.json`.

    Raises
    ------
    InputError
        The folder holds no run, or a torn or newer one.
    """
    path = Path(folder) / RECORD
    if not is_file(path):
        raise InputError(f"{folder} holds no {RECORD}; give the folder of a run that `weigh measure` or `score` wrote")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is torn: {error}; run the same `weigh measure` again, no answer is lost") from error
    if not isinstance(record, dict) or not isinstance(record.get("schema_version"), int):
        raise InputError(f"{path} is no record of a run")
    if record["schema_version"] > SCHEMA_VERSION:
        raise InputError(
            f"{path} has schema {record['schema_version']}, this weigh knows {SCHEMA_VERSION}; upgrade weigh"
        )
    return record


def read_answers(folder: str | Path) -> Answers:
    """All answers of a run, recorded ones where it holds those."""
    recorded = Path(folder) / RECORDED
    if recorded.is_file():
        return Answers.from_file(recorded)
    with Ledger(folder, readonly=True) as ledger:
        if not len(ledger):
            raise InputError(f"{folder} holds no answers yet")
        return Answers.from_rows(ledger.rows())


def bank_of(folder: str | Path, record: Mapping[str, Any]) -> Bank:
    """The bank that a run asked, as it was then."""
    bank = read_bank(Path(folder) / BANK)
    n = record.get("config", {}).get("n_dilemmas")
    return bank.balanced(n) if isinstance(n, int) and n > 0 else bank


def own_names(runs: Sequence[tuple[str, str, str]]) -> list[str]:
    """Names of runs by which tables tell them apart.

    Parameters
    ----------
    runs : sequence of (str, str, str)
        Name of the judge, of its condition ("" for none), and folder of each.
    """
    plain = [f"{name} under {condition}" if condition else name for name, condition, _ in runs]
    names = list(plain)
    # what tells them apart, the shortest first; the number is for one folder given twice
    apart = [(Path(folder).name, folder, f"{folder}, no. {n}") for n, (*_, folder) in enumerate(runs, start=1)]
    for step in range(3):
        twice = {name for name, n in Counter(names).items() if n > 1}
        names = [f"{plain[i]} ({apart[i][step]})" if name in twice else name for i, name in enumerate(names)]
    return names


def folder_name(*parts: str) -> str:
    """A safe folder name from names that users and files give: no separators, no leading dot, no reserved names."""
    text = "-".join(re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip("-.") or "x" for part in parts)[:100]
    reserved = re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", text)
    return f"_{text}" if reserved else text
