"""The ledger: one JSON line an answer, appended and synced before it counts, so that a killed run loses nothing.

A row is acknowledged only once it is on disk, is found again by its key, and is never rewritten. Lines end at a newline
byte and nowhere else. One process writes at a time, under a lock of the operating system, which a kill releases; any
number may read. Opening mends what a kill or a power cut can leave behind, says so in `notes`, throws nothing away.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic_core import from_json

from weigh.core.errors import InputError, LedgerError, WeighError
from weigh.core.question import SCHEMA_VERSION

_ANSWERS, _TORN, _LOCK, _PID = "answers.jsonl", "answers.torn", ".lock", ".lock.pid"
_CHUNK = 1 << 20
_READ, _APPEND = getattr(os, "O_BINARY", 0), getattr(os, "O_BINARY", 0) | os.O_APPEND | os.O_CREAT
_FULL = "disk is full; nothing acknowledged was lost; free space (or lift a limit) and run the same command again"
_FAULTS = {
    **dict.fromkeys(("ENOSPC", "EFBIG", "EDQUOT"), _FULL),
    **dict.fromkeys(("EROFS", "EACCES", "EPERM"), "read-only or not permitted; give a folder that you may write to"),
    **dict.fromkeys(("ENOTDIR", "EEXIST"), "a file is in the place of the folder; give another folder"),
    "ENOENT": "no run was recorded there, or the folder cannot be made; check its name",
}
# int refuses NaN and Infinity, which are not JSON.
_DECODE = json.JSONDecoder(parse_constant=int).decode


class Ledger(contextlib.AbstractContextManager["Ledger"]):
    """The answers of one run, on disk; `key in ledger` and `len(ledger)` work as for a dict.

    Parameters
    ----------
    folder : path-like
        The run's folder; made where it is missing, unless `readonly`.
    readonly : bool
        Read what is there, also beside a running writer: takes no lock and changes nothing on disk.

    Attributes
    ----------
    path : Path
        The file of answers, `answers.jsonl` in the folder.
    torn : int
        Rows dropped when opening: a last line cut short (kept in `answers.torn`), damaged lines in the middle.
    notes : tuple of str
        What was found and done when opening, in words.

    Raises
    ------
    LedgerError
        Another process writes there, the folder cannot be used, the disk is full, or a newer weigh wrote some rows;
        later, when another program has changed the file, or the ledger is closed.
    """

    def __init__(self, folder: str | os.PathLike[str], *, readonly: bool = False) -> None:
        self._folder = Path(os.path.abspath(folder))
        self.path = self._folder / _ANSWERS
        self.torn, self.notes = 0, tuple[str, ...]()
        # Where each row starts, shifted by 32 bits, and its size: one int a row keeps a long ledger small.
        self._index: dict[str, int] = {}
        self._guard, self._process, self._readonly, self._sound = threading.Lock(), os.getpid(), readonly, not readonly
        with _in_words(self._folder), contextlib.ExitStack() as held:
            if not readonly:
                self._folder.mkdir(parents=True, exist_ok=True)
                held.callback(_locked(self._folder).release)
                held.callback((self._folder / _PID).unlink, missing_ok=True)
                (self._folder / _PID).write_text(str(self._process), encoding="ascii")
            self._fd = os.open(self.path, _READ | os.O_RDONLY if readonly else _APPEND | os.O_RDWR, 0o666)
            held.callback(os.close, self._fd)
            self._open()
            self._close = weakref.finalize(self, _let_go, held.pop_all(), self._process)

    def __exit__(self, *_: object) -> None:
        self.close()

    def __contains__(self, key: object) -> bool:
        return key in self._index

    def __len__(self) -> int:
        return len(self._index)

    def append(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Write a batch of answers, which count once this returns, and say how many were new.

        Parameters
        ----------
        rows : iterable of mapping
            JSON-able, each with `schema_version` and `key`; tuples come back as lists. A key that is already there is
            skipped, so that asking twice does not count twice.

        Raises
        ------
        InputError
            A row lacks a needed field or is not strict JSON; none of the batch is written.
        LedgerError
            The batch did not reach the disk and was taken back as a whole; all rows before it stay.
        """
        lines: dict[str, bytes] = {}
        for row in rows:
            lines.setdefault(_key_of_row(row), _line(row))
        with self._using():
            fresh = {key: line for key, line in lines.items() if key not in self._index}
            start = self._write(b"".join(fresh.values())) if fresh else 0
            for key, line in fresh.items():
                self._index[key] = start << 32 | len(line)
                start += len(line)
        return len(fresh)

    def get(self, key: str) -> dict[str, Any]:
        """The row of a key.

        Parameters
        ----------
        key : str
            As `weigh.core.question.key_of` makes it.

        Raises
        ------
        KeyError
            No answer has this key.
        """
        return next(self._rows([self._index[key]], 0))

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows that are there now, in the order of the file, read a chunk at a time."""
        return self._rows(list(self._index.values()), _CHUNK)

    def close(self) -> None:
        """Close the file and release the lock; closing twice does nothing."""
        with self._guard:
            self._close()

    def _open(self) -> None:
        scan = _Scan(self._fd)
        for _ in scan:
            pass
        self._index, self.torn = scan.index, len(scan.damaged)
        self.notes = scan.notes(kept=not self._readonly)
        if self._readonly or scan.line.endswith(b"\n"):
            return
        if scan.is_cut_short:
            with open(os.open(self._folder / _TORN, os.O_WRONLY | _APPEND, 0o666), "wb") as beside:
                _write_all(beside.fileno(), scan.line + b"\n")
            # Only now: a kill in between leaves the line in both places, never in none.
            os.ftruncate(self._fd, scan.start)
            os.fsync(self._fd)
        else:
            self._write(b"\n")

    def _write(self, data: bytes) -> int:
        """Append and sync, all or nothing; gives the place where the data starts."""
        if not self._sound:
            raise LedgerError(f"{str(self.path)!r} is read only, or a write could not be undone; reopen it to write")
        before = os.fstat(self._fd).st_size
        # A second interrupt, while the first is handled, must not let a later row be glued to half a line.
        self._sound = False
        try:
            _write_all(self._fd, data)
        except BaseException:
            with contextlib.suppress(OSError):
                if os.fstat(self._fd).st_size > before:
                    os.ftruncate(self._fd, before)
                self._sound = True
            raise
        self._sound = True
        return before

    @contextlib.contextmanager
    def _using(self) -> Iterator[None]:
        with self._guard, _in_words(self._folder):
            if not self._close.alive or os.getpid() != self._process:
                raise LedgerError(f"{str(self._folder)!r} is closed, or was opened before a fork; open it again")
            yield

    def _rows(self, places: list[int], ahead: int) -> Iterator[dict[str, Any]]:
        base, chunk = 0, b""
        for place in places:
            start, size = divmod(place, 1 << 32)
            if start + size > base + len(chunk):
                with self._using():
                    os.lseek(self._fd, start, os.SEEK_SET)
                    base, chunk = start, os.read(self._fd, max(size, ahead))
            try:
                row = _decoded(chunk[start - base : start - base + size])
            except ValueError as error:
                raise LedgerError(f"another program changed {str(self.path)!r}; open the ledger again") from error
            yield row


class Reading:
    """The answers of a run from first to last, each read and decoded once: half the work of opening the ledger for it.

    Takes no lock and changes nothing on disk, also beside a running writer, whose rows are met up to the end of the
    file. The rows can be gone through once.

    Parameters
    ----------
    folder : path-like
        The run's folder.

    Raises
    ------
    LedgerError
        No run was recorded there, or its file cannot be read; while going through the rows, a newer weigh wrote some.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(os.path.abspath(folder))
        with _in_words(self._folder):
            fd = os.open(self._folder / _ANSWERS, _READ | os.O_RDONLY)
        self._scan, self._close = _Scan(fd), weakref.finalize(self, os.close, fd)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if not self._close.alive:
            raise LedgerError(f"the answers in {str(self._folder)!r} have been gone through; make another Reading")
        try:
            with _in_words(self._folder):
                yield from self._scan
        finally:
            self._close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found, as `Ledger.notes` says it; complete once the last row is out."""
        return self._scan.notes(kept=False)


class _Scan:
    """One pass over the lines of a ledger: the rows, each key once, and what was met on the way."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.index: dict[str, int] = {}
        self.damaged: list[int] = []
        self.repeats, self.start, self.number, self.line = 0, 0, 0, b"\n"

    def __iter__(self) -> Iterator[dict[str, Any]]:
        # A device has no length, and reading one might never end.
        if not os.fstat(self._fd).st_size:
            return
        index, start, stop, number, line = self.index, 0, 0, 0, b""
        with open(self._fd, "rb", buffering=_CHUNK, closefd=False) as lines:
            for number, line in enumerate(lines, 1):
                start, stop = stop, stop + len(line)
                try:
                    row = _decoded(line)
                    key = _key_of_row(row)
                except (ValueError, RecursionError):
                    self.damaged += [number] if line.strip() else []
                    continue
                if key in index:
                    self.repeats += 1
                    continue
                index[key] = start << 32 | len(line)
                yield row
        self.start, self.number, self.line = start, number, line

    @property
    def is_cut_short(self) -> bool:
        """Whether the last line is half a row."""
        return not self.line.endswith(b"\n") and self.damaged[-1:] == [self.number]

    def notes(self, *, kept: bool) -> tuple[str, ...]:
        """In words; `kept` where half a row is set aside in a file of its own."""
        numbers = self.damaged[: len(self.damaged) - self.is_cut_short]
        found = {
            "the last line was cut short and dropped" + f"; see {_TORN}" * kept: self.is_cut_short,
            f"{len(numbers)} damaged line(s) skipped and left in the file: {str(numbers[:20])[1:-1]}": numbers,
            f"{self.repeats} row(s) repeat a key; the first of each counts": self.repeats,
        }
        return tuple(text for text, is_so in found.items() if is_so)


def archive(folder: str | os.PathLike[str]) -> Path | None:
    """Set an earlier run aside, so that the folder can be used afresh, and say where it is now; None if there was none.

    Parameters
    ----------
    folder : path-like
        The run's folder. It is renamed to the first of `folder.1`, `folder.2`, … that is free; nothing is deleted.

    Raises
    ------
    LedgerError
        A running process writes there, the folder is not a run's, it is the current one, or it cannot be renamed.
    """
    old = Path(os.path.abspath(folder))
    with _in_words(old):
        names = set(os.listdir(old)) if os.path.lexists(old) else set()
        if not names - {_LOCK, _PID}:
            return None
        if not names & {_ANSWERS, "run.json"}:
            raise LedgerError(f"{str(old)!r} holds other files and no {_ANSWERS}, so it stays; give another folder")
        if Path.cwd().is_relative_to(old.resolve()):
            raise LedgerError(f"{str(old)!r} cannot be renamed from within; go to its parent and run again")
        with contextlib.ExitStack() as held:
            held.callback(_locked(old).release)
            if os.name == "nt":  # Windows renames no folder in which a file is open.
                held.close()
            new = next(path for n in count(1) if not os.path.lexists(path := old.with_name(f"{old.name}.{n}")))
            os.rename(old, new)
        return new


def _decoded(line: bytes) -> Any:
    try:
        return from_json(line, allow_inf_nan=False)
    except ValueError:
        # It reads what ours reads at twice the speed, but for lone surrogates and very deep nesting.
        return _DECODE(line.decode("utf-8"))


def _key_of_row(row: Any) -> str:
    # dict stands first, as a question to an abstract class takes longer than the rest
    version, key = (row.get("schema_version"), row.get("key")) if isinstance(row, dict | Mapping) else (None, None)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise LedgerError(f"row {key!r} has schema_version {version}, above our {SCHEMA_VERSION}; upgrade weigh")
    # Lone surrogates, which are not printable, would not come back from JSON as they were.
    if type(version) is not int or version < 1 or not isinstance(key, str) or not key or not key.isprintable():
        raise InputError(f"a row needs schema_version and a printable key, as to_row makes; got {version!r}, {key!r}")
    return key


def _line(row: Mapping[str, Any]) -> bytes:
    ordered = {"schema_version": row["schema_version"], "key": row["key"], **row}
    try:
        text = json.dumps(ordered, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"row {row['key']!r} is not strict JSON ({error}); use null for NaN, plain numbers") from error
    # For the lone surrogates, which UTF-8 cannot hold, the replacement is just JSON's own escape.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _write_all(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]
    os.fsync(fd)


def _locked(folder: Path) -> FileLock:
    lock, pid = FileLock(folder / _LOCK, thread_local=False), folder / _PID
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        holder = f"process {pid.read_text('ascii', 'replace'):.9}" if pid.is_file() else "another process"
        raise LedgerError(f"{holder} is writing to {str(folder)!r}; wait, end it, or give another folder") from error
    return lock


@contextlib.contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except WeighError:
        raise
    except (OSError, ValueError) as error:
        name = errno.errorcode.get(getattr(error, "errno", None) or 0, "")
        text = _FAULTS.get(name, "cannot be used; check the disk or give another folder")
        raise LedgerError(f"{str(folder)!r}: {text} ({error})") from error


def _let_go(held: contextlib.ExitStack, process: int) -> None:
    # A forked child must not release what its parent holds.
    if os.getpid() == process:
        held.close()
