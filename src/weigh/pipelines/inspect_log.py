"""Logs of inspect-ai read as answers: those of our tasks and of exported runs whole, other people's as far as they go.

Ours keep each answer, as the ledger has it, in the store of its sample, and each item of the bank beside it; what has
no sample of its own stands in the log's head. What a log says is data by somebody else, and checked as it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item, item_of
from weigh.core.errors import InputError, need
from weigh.core.evidence import Answers
from weigh.pipelines.inspect_foreign import foreign_rows
from weigh.pipelines.inspect_rows import ROWS, RUN, Row, checked_rows
from weigh.pipelines.record import describe_bank

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

SCHEMA = 1
#: what is read of a log of ours: the rest repeats it
LEFT_OUT = {"events", "messages", "attachments", "output"}


@dataclass(frozen=True)
class InspectLog:
    """What a log of inspect-ai holds for us.

    Parameters
    ----------
    who : str
        The model, as the log calls it.
    rows : list of dict
        Answers in the form of the ledger's rows.
    bank : Bank or None
        The questions; None where none could be made of the samples.
    head : mapping
        Of a log of ours: `bank`, `config`, `method` and, of an exported run, `record`; empty for other people's.
    status : str
        What became of the eval: "success", "started", "cancelled" or "error".
    started, finished : str
        When, as the log has it.
    notes : tuple of str
        What is missing, in words.
    """

    who: str
    rows: list[Row]
    bank: Bank | None
    head: Mapping[str, Any] = field(default_factory=dict)
    status: str = "success"
    started: str = ""
    finished: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether it is of a task of ours or an exported run."""
        return bool(self.head)

    @property
    def instrument(self) -> Literal["auto", "stated", "evaluative"]:
        """Whose answers the gate judges: those of the instrument that an exported run went on with."""
        chosen = self._record.get("instrument")
        return "stated" if chosen == "stated" else "evaluative" if chosen == "evaluative" else "auto"

    @property
    def condition(self) -> str:
        """Name of the condition that counts as untreated."""
        model = self._record.get("model")
        return str(model.get("condition") or "") if isinstance(model, Mapping) else ""

    @property
    def _record(self) -> Mapping[str, Any]:
        record = self.head.get("record")
        return record if isinstance(record, Mapping) else {}

    def answers(self) -> Answers:
        """The answers.

        Raises
        ------
        InputError
            There are none.
        """
        return Answers.from_rows(self.rows)


def is_log(path: str | Path) -> bool:
    """Whether a file's name is that of a log of inspect-ai."""
    return Path(path).suffix == ".eval"


def head_of(
    bank: Bank, *, config: Mapping[str, Any], method: str, sampled: set[str], record: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a log of ours holds beside its samples.

    Parameters
    ----------
    bank : Bank
        What is asked.
    config : mapping
        As a run's record has it.
    method : str
        Address of the instrument; empty for banks that the gate judges.
    sampled : set of str
        Ids of the samples; items without a sample of their own are kept here.
    record : mapping, optional
        What `run.json` holds, of an exported run.
    """
    items = [[place, item.line()] for place, item in enumerate(bank.items) if item.id not in sampled]
    head = {"schema": SCHEMA, "bank": describe_bank(bank), "config": dict(config), "method": method, "items": items}
    return head | ({"record": dict(record)} if record is not None else {})


def sample_part(bank: Bank, id: str) -> dict[str, Any]:
    """What a sample holds of the bank: its item and the item's place; nothing for a question that is no item."""
    place = next((place for place, item in enumerate(bank.items) if item.id == id), None)
    return {} if place is None else {"place": place, "item": bank.items[place].line()}


def read_log(path: str | Path) -> InspectLog:
    """Read a log of inspect-ai.

    Parameters
    ----------
    path : str or Path
        A file that ends in .eval, or a log in JSON.

    Raises
    ------
    InputError
        It is not there, torn, no such log, by a newer weigh, or holds no answer that can be used.
    MissingExtra
        inspect-ai is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist; give a log of inspect-ai, such as logs/….eval")
    library: Any = need("inspect_ai.log", "inspect")
    head = _opened(library, path, header_only=True)
    ours = (head.eval.metadata or {}).get(RUN)
    is_ours = isinstance(ours, Mapping)
    log = _opened(library, path, **({"exclude_fields": LEFT_OUT} if is_ours else {"resolve_attachments": True}))
    samples = _in_order(log)
    if not samples:
        raise InputError(
            f"{path} holds no samples: the eval {_ended(log)}; `inspect log recover` may find those of an eval that "
            "was killed"
        )
    notes = _missing(log, samples)
    if is_ours:
        return _ours(path, log, ours, samples, notes)
    who = str(log.eval.model)
    rows, items, told = foreign_rows(samples, who)
    if not rows:
        why = "; ".join(told) or "no choices"
        raise InputError(
            f"{path}: none of {len(samples)} samples answers a multiple-choice question ({why}); such tasks "
            "have the solver multiple_choice() and the scorer choice(), or our permuted_choice()"
        )
    bank = Bank.of(BankCard(name=str(log.eval.task).rpartition("/")[2] or "inspect"), items) if items else None
    return InspectLog(who, rows, bank, notes=(*notes, *told), **_times(log))


def _opened(library: Any, path: Path, **how: Any) -> EvalLog:
    try:
        return library.read_eval_log(str(path.resolve()), **how)
    except Exception as error:  # zip, zstd, JSON and pydantic each have errors of their own
        said = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path} is no log of inspect-ai, or a torn one ({type(error).__name__}: {said}); "
            "`inspect log recover` may rebuild what an eval that was killed has left"
        ) from None


def _in_order(log: EvalLog) -> list[EvalSample]:
    """Samples in the dataset's order; inspect-ai gives them by the names of their files."""
    place = {str(id): at for at, id in enumerate(log.eval.dataset.sample_ids or ())}
    return sorted(log.samples or (), key=lambda sample: (place.get(str(sample.id), len(place)), sample.epoch))


def _ended(log: EvalLog) -> str:
    if log.status == "error":
        said = " ".join((log.error.message if log.error else "").split())[:200]
        return f"ended in an error ({said})"
    return {"started": "was started and did not end", "cancelled": "was cancelled"}.get(log.status, "is empty")


def _missing(log: EvalLog, samples: Sequence[EvalSample]) -> list[str]:
    notes = []
    if log.status != "success":
        notes.append(f"the eval {_ended(log)}")
    epochs = log.eval.config.epochs or 1
    expected = log.results.total_samples if log.results else (log.eval.dataset.samples or 0) * epochs
    if expected > len(samples):
        notes.append(f"{expected - len(samples)} of {expected} samples are not in the log")
    if failed := sum(sample.error is not None for sample in samples):
        notes.append(f"{failed} of {len(samples)} samples ended in an error")
    return notes


def _ours(
    path: Path, log: EvalLog, head: Mapping[str, Any], samples: Sequence[EvalSample], notes: Sequence[str]
) -> InspectLog:
    if not isinstance(head.get("schema"), int) or head["schema"] > SCHEMA:
        raise InputError(f"{path} is by a newer weigh (its schema is {head.get('schema')!r}); upgrade weigh")
    rows: list[Row] = []
    parts: list[tuple[Any, Any]] = [tuple(part) for part in head.get("items", ()) if _is_pair(part)]
    shown: list[tuple[Any, Any]] = []
    without = 0
    for sample in samples:
        part = sample.metadata.get(RUN)
        if isinstance(part, Mapping):
            parts.append((part.get("place"), part.get("item")))
            shown += [(part["shown"].get("at"), part["shown"])] if isinstance(part.get("shown"), Mapping) else []
        given = sample.store.get(ROWS, [])
        without += not given and sample.error is None and not head.get("record")
        rows += checked_rows(given, f"{path}, sample {str(sample.id)[:60]!r}")
    # a run asks question by question or frame by frame; its answers come back in the order in which they were given
    rows.sort(key=lambda row: row.pop("at", 0))
    if not rows:
        raise InputError(f"{path} holds {len(samples)} samples and no answer: {'; '.join(notes) or 'none was given'}")
    notes = [*notes, *([f"{without} of {len(samples)} samples hold no answers"] if without else [])]
    bank = _bank(path, head, parts)
    record = head.get("record")
    head = dict(head)
    if isinstance(record, Mapping) and "items" not in record and shown:
        items = [{name: x for name, x in one.items() if name != "at"} for _, one in sorted(shown, key=_by_place)]
        head["record"] = dict(record) | {"items": items}
    return InspectLog(str(log.eval.model), rows, bank, head, **_times(log), notes=tuple(notes))


def _times(log: EvalLog) -> dict[str, Any]:
    stats = log.stats
    return {"status": log.status, "started": str(stats.started_at), "finished": str(stats.completed_at)}


def _bank(path: Path, head: Mapping[str, Any], parts: Iterable[tuple[Any, Any]]) -> Bank:
    """The bank that was asked, of the items in the log."""
    told = head.get("bank")
    told = told if isinstance(told, Mapping) else {}
    items: dict[int, Item] = {}
    for place, line in parts:
        if isinstance(place, int) and isinstance(line, str):
            try:
                items[place] = item_of(json.loads(line), str(told.get("language") or "en"))
            except ValueError as error:
                raise InputError(f"{path}: item {place} of its bank cannot be used: {error}") from None
    known = {name: told[name] for name in BankCard.__dataclass_fields__ if name in told}
    texts = {name: str(value) for name, value in known.items() if name not in ("authors", "default")}
    authors = tuple(map(str, known["authors"])) if isinstance(known.get("authors"), list | tuple) else ()
    card = BankCard(**{"name": "inspect", **texts, "authors": authors, "sha256": ""})  # pyright: ignore[reportArgumentType]
    if not items:
        raise InputError(f"{path} holds none of its bank's items; say which bank it answers with --bank NAME")
    return Bank.of(card, [items[place] for place in sorted(items)])


def _is_pair(part: Any) -> bool:
    return isinstance(part, list | tuple) and len(part) == 2


def _by_place(part: tuple[Any, Any]) -> int:
    return part[0] if isinstance(part[0], int) else 0
