"""The ledger keeps what it acknowledged, whatever happens: kills, cut files, full disks, second writers."""

from __future__ import annotations

import errno
import json
import os
import random
import runpy
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError, LedgerError
from weigh.core.ledger import Ledger, Reading, _decoded, archive
from weigh.core.question import SCHEMA_VERSION, Ask, Question, Reply, key_of, to_row

WRITER = Path(__file__).with_name("ledger_writer.py")
SOURCE = str(Path(__file__).parents[2] / "src")
row_of: Callable[[int], dict[str, Any]] = runpy.run_path(str(WRITER))["row_of"]


def small(n: int, **rest: Any) -> dict[str, Any]:
    return {"schema_version": 1, "key": f"key{n}", "n": n, **rest}


def fill(folder: Path, n: int) -> Path:
    with Ledger(folder) as ledger:
        ledger.append(small(i) for i in range(n))
    return ledger.path


def well_formed(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    assert content.endswith(b"\n")
    return [json.loads(line) for line in content.split(b"\n")[:-1]]


def child(folder: Path, mode: str, number: int = 0) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(WRITER), str(folder), mode, str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": SOURCE})


def said(process: subprocess.Popen[bytes]) -> list[str]:
    out, _ = process.communicate(timeout=60)
    # A line that the kill cut short was not said.
    return out.decode("utf-8").split("\n")[:-1]


@contextmanager
def at_once() -> Iterator[None]:
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < 10  # what waits for a lock, a disk or a retry takes longer


# --- rows in, rows out ---------------------------------------------------------------------------------------------


def test_round_trip(tmp_path: Path) -> None:
    asks = [
        Ask(Question.of(f"q{i}", "Tea or\nmilk?\u2028", ["tea", "milk"]), "letters", order=(1, 0)) for i in range(5)
    ]
    replies = [Reply.from_scores([0.1 * i, -1 / 3], raw="A\r\n") for i in range(5)]
    keys = [key_of(ask, [], judge="j", bank="b", seed=None) for ask in asks]
    rows = [to_row(a, r, [], key=k, who="m") for a, r, k in zip(asks, replies, keys, strict=True)]
    with Ledger(tmp_path / "deep" / "run") as ledger:
        assert ledger.append(rows[:2]) == 2
        assert ledger.append(iter(rows[2:])) == 3
        assert ledger.append([]) == 0
        assert [ledger.get(key) for key in keys] == rows == list(ledger.rows())
    with Ledger(tmp_path / "deep" / "run") as ledger:
        assert len(ledger) == 5
        assert keys[4] in ledger
        assert "other" not in ledger
        assert [ledger.get(key) for key in keys] == rows == list(ledger.rows())
        assert (ledger.torn, ledger.notes) == (0, ())
        with pytest.raises(KeyError):
            ledger.get("other")
    assert ledger.path == tmp_path / "deep" / "run" / "answers.jsonl"


def test_schema_version_and_key_come_first(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append([{"a": 1, "key": "k", "b": (1, 2), "schema_version": 1}])
        assert ledger.path.read_bytes() == b'{"schema_version":1,"key":"k","a":1,"b":[1,2]}\n'


_hostile = st.sampled_from(
    ["\ud800", "\udfff", "\ud83d\ude00", "\x00", "\u2028", "\u2029", "\x85", "\r\n", "\u202e", "\\"]
)
_text = st.lists(_hostile | st.characters() | st.characters(categories=["Cs"]), max_size=12).map("".join)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(_text, _json), min_size=1, max_size=6))
def test_any_text_comes_back(contents: list[tuple[str, Any]]) -> None:
    rows = [small(n, raw=raw, detail=detail) for n, (raw, detail) in enumerate(contents)]
    # The reference is plain ASCII JSON, which knows two lone surrogates side by side only as the character they form.
    expected = [json.loads(json.dumps(row)) for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        with Ledger(folder) as ledger:
            ledger.append(rows)
            assert list(ledger.rows()) == expected
        with Ledger(folder) as ledger:
            assert list(ledger.rows()) == expected
            assert [ledger.get(f"key{n}") for n in range(len(rows))] == expected
            assert ledger.torn == 0
        assert ledger.path.read_bytes().count(b"\n") == len(rows)


def test_a_key_counts_once(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        assert ledger.append([small(1, raw="first"), small(1, raw="second"), small(2)]) == 2
        assert ledger.append([small(1, raw="third")]) == 0
        assert [row.get("raw") for row in ledger.rows()] == ["first", None]
    with open(ledger.path, "ab") as file:
        file.write(json.dumps(small(2, raw="by hand")).encode() + b"\n")
    with Ledger(tmp_path) as ledger:
        assert len(ledger) == 2
        assert list(ledger.rows())[1] == small(2) == ledger.get("key2")
        assert "1 row(s) repeat a key" in ledger.notes[0]
        assert ledger.torn == 0


@pytest.mark.parametrize(
    "row",
    [
        {"key": "k"},
        {"schema_version": 1},
        {"schema_version": "1", "key": "k"},
        {"schema_version": True, "key": "k"},
        {"schema_version": 0, "key": "k"},
        {"schema_version": 1, "key": ""},
        {"schema_version": 1, "key": 3},
        {"schema_version": 1, "key": "a\ud800"},
        ["schema_version", "key"],
    ],
)
def test_rows_need_their_fields(tmp_path: Path, row: Any) -> None:
    with Ledger(tmp_path) as ledger:
        with pytest.raises(InputError, match="schema_version"):
            ledger.append([small(1), row])
        assert len(ledger) == 0
        assert ledger.path.read_bytes() == b""


_deep: list[Any] = []
for _ in range(100_000):
    _deep = [_deep]


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {1, 2}, b"x", 10**5000, _deep], ids=lambda v: type(v).__name__
)
def test_only_strict_json_and_the_error_names_the_key(tmp_path: Path, value: Any) -> None:
    with Ledger(tmp_path) as ledger:
        with pytest.raises(InputError, match="key7"):
            ledger.append([small(1), small(7, p=value)])
        assert len(ledger) == 0
        ledger.append([small(1)])
    assert well_formed(ledger.path) == [small(1)]


def test_a_row_counts_only_once_it_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, bool]] = []
    sync = os.fsync
    with Ledger(tmp_path) as ledger:

        def watched(fd: int) -> None:
            seen.append(("key1" in ledger, b"key1" in ledger.path.read_bytes()))
            sync(fd)

        monkeypatch.setattr(os, "fsync", watched)
        ledger.append([small(1)])
        assert seen == [(False, True)]
        assert "key1" in ledger


def test_rows_is_a_view_of_now_and_a_closed_ledger_says_so(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append([small(0), small(1)])
        rows = ledger.rows()
        next(rows)
        ledger.append([small(2)])
        assert [row["n"] for row in rows] == [1]
    ledger.close()
    for use in (lambda: ledger.get("key1"), lambda: list(ledger.rows()), lambda: ledger.append([small(3)])):
        with pytest.raises(LedgerError, match="closed"):
            use()


def test_rows_longer_than_a_chunk(tmp_path: Path) -> None:
    rows = [small(n, raw="é" * size) for n, size in enumerate([10, 700_000, 5, 1_500_000, 400_000, 7])]
    with Ledger(tmp_path) as ledger:
        ledger.append(rows)
        assert list(ledger.rows()) == rows
        assert ledger.get("key3") == rows[3]


def test_threads_may_append_at_once(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        tasks = [
            threading.Thread(target=lambda t=t: [ledger.append([small(100 * t + i), small(i)]) for i in range(20)])
            for t in range(1, 5)
        ]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        assert len(ledger) == 100
        assert all(ledger.get(row["key"]) == row for row in ledger.rows())
    assert len(well_formed(ledger.path)) == 100


# --- opening what is damaged ----------------------------------------------------------------------------------------


def test_truncated_at_every_byte_of_the_last_200(tmp_path: Path) -> None:
    whole = fill(tmp_path / "whole", 12).read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
    assert len(whole) - 200 < ends[-4]
    for cut in range(201):
        folder = tmp_path / str(cut)
        folder.mkdir()
        kept = whole[: len(whole) - cut]
        (folder / "answers.jsonl").write_bytes(kept)
        # A row is whole with or without its newline.
        n = sum(end - 1 <= len(kept) for end in ends)
        rest = kept[ends[n - 1] :]
        with Ledger(folder, readonly=True) as ledger:
            assert (len(ledger), ledger.torn, len(ledger.notes)) == (n, bool(rest), bool(rest))
        assert (folder / "answers.jsonl").read_bytes() == kept
        with Ledger(folder) as ledger:
            assert (len(ledger), ledger.torn, len(ledger.notes)) == (n, bool(rest), bool(rest))
            assert list(ledger.rows()) == [small(i) for i in range(n)]
            ledger.append([small(99)])
            assert ledger.get("key99") == small(99)
        assert well_formed(ledger.path) == [*(small(i) for i in range(n)), small(99)]
        assert (folder / "answers.torn").exists() == bool(rest)
        if rest:
            assert (folder / "answers.torn").read_bytes() == rest + b"\n"


def test_torn_lines_pile_up_beside_the_file(tmp_path: Path) -> None:
    path = fill(tmp_path, 2)
    for piece in (b'{"schema_version":1,"ke', b"\x00\x00\xff"):
        with open(path, "ab") as file:
            file.write(piece)
        with Ledger(tmp_path) as ledger:
            assert ledger.torn == 1
            assert "answers.torn" in ledger.notes[0]
    assert (tmp_path / "answers.torn").read_bytes() == b'{"schema_version":1,"ke\n\x00\x00\xff\n'
    assert well_formed(path) == [small(0), small(1)]


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"\xff\xfe\x00",
        b"\x00" * 40,
        b"[1]",
        b'"text"',
        b'{"schema_version":1}',
        b'{"schema_version":1,"key":"key1","p":NaN}',
        b"[" * 100_000,
        b'{"schema_version":1,"key":"a"}{"schema_version":1,"key":"b"}',
    ],
    ids=lambda b: repr(b[:12]),
)
def test_a_damaged_line_in_the_middle(tmp_path: Path, damage: bytes) -> None:
    path = fill(tmp_path, 4)
    lines = path.read_bytes().split(b"\n")
    lines[1] = damage
    lines.insert(1, b"")
    path.write_bytes(before := b"\n".join(lines))
    with Ledger(tmp_path) as ledger:
        assert ledger.torn == 1
        assert "line(s)" in ledger.notes[0]
        assert ledger.notes[0].endswith(" 3")
        assert len(ledger.notes) == 1
        assert "key1" not in ledger
        assert [row["n"] for row in ledger.rows()] == [0, 2, 3]
        assert path.read_bytes() == before
        ledger.append([small(1)])
    with Ledger(tmp_path) as ledger:
        assert [row["n"] for row in ledger.rows()] == [0, 2, 3, 1]
        assert ledger.torn == 1
    assert not (tmp_path / "answers.torn").exists()


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_rows_of_a_newer_weigh(tmp_path: Path, newline: bytes) -> None:
    path = fill(tmp_path, 2)
    content = path.read_bytes() + json.dumps({"schema_version": SCHEMA_VERSION + 1, "id": "x"}).encode() + newline
    path.write_bytes(content)
    for readonly in (True, False):
        with pytest.raises(LedgerError, match="upgrade weigh"):
            Ledger(tmp_path, readonly=readonly)
    assert path.read_bytes() == content
    path.write_bytes(b"")
    with Ledger(tmp_path) as ledger, pytest.raises(LedgerError, match="upgrade weigh"):
        ledger.append([{"schema_version": SCHEMA_VERSION + 1, "key": "k"}])


def test_a_file_changed_underneath_is_not_believed(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append([small(0), small(1)])
        ledger.path.write_bytes(b"short")
        with pytest.raises(LedgerError, match="another program changed"):
            ledger.get("key1")


def test_readonly_changes_nothing(tmp_path: Path) -> None:
    path = fill(tmp_path, 3)
    with open(path, "ab") as file:
        file.write(b'{"torn')

    def state() -> list[tuple[str, int, bytes]]:
        return sorted((p.name, p.stat().st_mtime_ns, p.read_bytes()) for p in tmp_path.iterdir())

    before, inside = state(), tmp_path.stat().st_mtime_ns
    with Ledger(tmp_path, readonly=True) as ledger:
        assert [row["n"] for row in ledger.rows()] == [0, 1, 2]
        assert ledger.torn == 1
        with pytest.raises(LedgerError, match="read only"):
            ledger.append([small(9)])
    assert (state(), tmp_path.stat().st_mtime_ns) == (before, inside)
    with Ledger(tmp_path) as writer, Ledger(tmp_path, readonly=True) as reader:
        writer.append([small(3)])
        assert (len(writer), len(reader)) == (4, 3)
    with pytest.raises(LedgerError, match="no run"):
        Ledger(tmp_path / "missing", readonly=True)
    assert not (tmp_path / "missing").exists()


# --- reading in one pass --------------------------------------------------------------------------------------------


def test_a_reading_finds_what_the_ledger_finds(tmp_path: Path) -> None:
    path = fill(tmp_path, 5)
    whole = path.read_bytes()
    lines = whole.split(b"\n")
    lines[1:2] = [b"", b"{", json.dumps(small(0, raw="again")).encode()]
    for content in (whole, whole[:-7], b"\n".join(lines), b"\n".join(lines)[:-7], b""):
        path.write_bytes(content)
        reading = Reading(tmp_path)
        rows = list(reading)
        with Ledger(tmp_path, readonly=True) as ledger:
            assert rows == list(ledger.rows())
            assert reading.notes == ledger.notes
    assert path.read_bytes() == b""


def test_a_reading_is_gone_through_once_beside_a_writer(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no run"):
        Reading(tmp_path)
    with Ledger(tmp_path) as ledger:
        ledger.append([small(0)])
        reading = Reading(tmp_path)
        ledger.append([small(1)])
        assert [row["n"] for row in reading] == [0, 1]
        with pytest.raises(LedgerError, match="gone through"):
            list(reading)


def test_a_reading_of_a_newer_weigh(tmp_path: Path) -> None:
    path = fill(tmp_path, 1)
    with open(path, "ab") as file:
        file.write(json.dumps({"schema_version": SCHEMA_VERSION + 1, "key": "x"}).encode() + b"\n")
    rows = iter(Reading(tmp_path))
    assert next(rows) == small(0)
    with pytest.raises(LedgerError, match="upgrade weigh"):
        next(rows)


@settings(max_examples=200, deadline=None)
@given(_json)
def test_lines_are_decoded_as_json_is(content: Any) -> None:
    line = json.dumps({"a": content}, ensure_ascii=False).encode("utf-8", "backslashreplace")
    assert repr(_decoded(line)) == repr(json.loads(line))
    for broken in (line[:-1], line + b"}", line.replace(b":", b":NaN,", 1), line[:-1] + b"\xff}"):
        with pytest.raises(ValueError):  # noqa: PT011 - of whichever decoder
            _decoded(broken)


# --- kills and locks ------------------------------------------------------------------------------------------------


def test_fifty_kills_lose_no_acknowledged_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(20)
    folder, acknowledged, torn, start = tmp_path / "run", set[int](), 0, time.perf_counter()
    for kill in range(50):
        process = child(folder, "crawl" if kill % 2 else "go", 10**6)
        assert process.stdout is not None
        lines: list[str] = []
        if kill % 5 == 4:
            # These die while Python starts, while the folder is locked, or while the file is opened.
            time.sleep(dice.uniform(0.0, 0.2))
        else:
            torn += int(process.stdout.readline().split()[1])
            # Some batches first, as on a busy machine a sleep alone may see none.
            lines += [process.stdout.readline().decode() for _ in range(dice.randrange(4))]
            time.sleep(dice.uniform(0.0, 0.03))
        process.send_signal(signal.SIGKILL)
        lines += said(process)
        assert process.returncode == -signal.SIGKILL
        new = [int(n) for line in lines if not line.startswith("ready") for n in line.split()]
        assert acknowledged.isdisjoint(new), "an acknowledged question was asked again"
        acknowledged.update(new)
        if folder.exists() and kill % 3:
            with Ledger(folder, readonly=not kill % 2) as ledger:
                torn += ledger.torn
                assert ledger.torn <= 1
                assert all(row_of(n)["key"] in ledger for n in acknowledged)
                for row in map(row_of, new):
                    assert ledger.get(row["key"]) == json.loads(json.dumps(row))
    with Ledger(folder, readonly=True) as ledger:
        total = len(ledger) + 20
    assert said(child(folder, "go", total))[-1].endswith(str(total - 1))
    assert said(child(tmp_path / "unbroken", "go", total))[0] == "ready 0"
    whole = (folder / "answers.jsonl").read_bytes()
    assert whole == (tmp_path / "unbroken" / "answers.jsonl").read_bytes()
    assert len(acknowledged) > 100
    assert torn > 0, "no kill hit the middle of a write, so this run has shown nothing"
    with capsys.disabled():
        print(f"\n50 kills: {total} rows, {torn} torn seen, {time.perf_counter() - start:.1f} s")


def test_a_second_writer_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    process = child(tmp_path, "hold")
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready 0\n"
        for attempt in (Ledger, archive):
            with at_once(), pytest.raises(LedgerError) as caught:
                attempt(tmp_path)
            assert f"process {process.pid} " in str(caught.value)
            assert repr(str(tmp_path)) in str(caught.value)
            assert "give another folder" in str(caught.value)
        assert (tmp_path / ".lock.pid").read_text() == str(process.pid)
        assert len(Ledger(tmp_path, readonly=True)) == 2
    finally:
        process.kill()
        process.communicate(timeout=60)
    # The dead writer left its lock file and its process id behind; neither binds anyone.
    assert (tmp_path / ".lock").exists()
    assert (tmp_path / ".lock.pid").exists()
    with at_once(), Ledger(tmp_path) as ledger:
        ledger.append([small(2)])
        assert len(ledger) == 3
        assert (tmp_path / ".lock.pid").read_text() == str(os.getpid())
    assert not (tmp_path / ".lock.pid").exists()


def test_the_lock_is_freed_on_close_on_error_and_when_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with pytest.raises(LedgerError, match=f"process {os.getpid()} "):
        Ledger(tmp_path)
    with pytest.raises(LedgerError, match=f"process {os.getpid()} "):
        Ledger(tmp_path)
    ledger.close()
    with pytest.raises(RuntimeError, match="mine"), Ledger(tmp_path):
        raise RuntimeError("mine")
    (tmp_path / "answers.jsonl").write_text('{"schema_version": 99}\n')
    for _ in range(2):
        with pytest.raises(LedgerError, match="upgrade"):
            Ledger(tmp_path)
    (tmp_path / "answers.jsonl").write_text("")
    forgotten = Ledger(tmp_path)
    del forgotten
    closer = Ledger(tmp_path)
    task = threading.Thread(target=closer.close)
    task.start()
    task.join()
    Ledger(tmp_path).close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_neither_writes_nor_unlocks(tmp_path: Path) -> None:
    assert said(child(tmp_path, "fork")) == ["ready 0", "child 0", "still locked True"]
    assert [row["n"] for row in well_formed(tmp_path / "answers.jsonl")] == [0, 1]


# --- faults ---------------------------------------------------------------------------------------------------------


def failing_write(monkeypatch: pytest.MonkeyPatch, fault: BaseException, *, after: int = 1) -> None:
    """From now on `after` writes are short, and the next one fails."""
    write, left = os.write, [after]

    def half(fd: int, data: Any) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise fault
        return write(fd, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_disk_that_fills_up_in_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, after: int
) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append([small(0)])
        before = ledger.path.read_bytes()
        with monkeypatch.context() as patch:
            failing_write(patch, OSError(number, os.strerror(number)), after=after)
            with at_once(), pytest.raises(LedgerError, match=r"disk is full.*run the same command again"):
                ledger.append([small(i, raw="x" * 500) for i in range(1, 6)])
        assert ledger.path.read_bytes() == before
        assert [row["n"] for row in ledger.rows()] == [0]
        assert ledger.append([small(i) for i in range(6)]) == 5
    assert [row["n"] for row in well_formed(ledger.path)] == [0, 1, 2, 3, 4, 5]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_device_that_is_full(tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").symlink_to("/dev/full")
    with Ledger(tmp_path) as ledger:
        for _ in range(2):
            with at_once(), pytest.raises(LedgerError, match="disk is full"):
                ledger.append([small(0)])
        assert len(ledger) == 0
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_file_size_limit(tmp_path: Path) -> None:
    lines = said(child(tmp_path, "limit", 30_000))
    at = next(i for i, line in enumerate(lines) if line.startswith("refused"))
    assert "disk is full" in lines[at]
    acknowledged = [int(n) for line in lines[1:at] for n in line.split()]
    rows = well_formed(tmp_path / "answers.jsonl")
    # What was refused left no byte behind, and once there is room again the next row follows on.
    assert [row["n"] for row in rows] == [*acknowledged, len(acknowledged)]
    assert int(lines[at].split()[1]) == len((tmp_path / "answers.jsonl").read_bytes()) - len(
        (tmp_path / "answers.jsonl").read_bytes().split(b"\n")[-2] + b"\n"
    )


def test_a_failed_sync_takes_the_batch_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append([small(0)])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
            with pytest.raises(LedgerError, match="check the disk"):
                ledger.append([small(1)])
        assert "key1" not in ledger
        assert well_formed(ledger.path) == [small(0)]


def test_an_interrupt_in_the_middle_of_a_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append([small(0)])
        with monkeypatch.context() as patch:
            failing_write(patch, KeyboardInterrupt())
            with pytest.raises(KeyboardInterrupt):
                ledger.append([small(1), small(2)])
        ledger.append([small(3)])
        assert list(ledger.rows()) == [small(0), small(3)] == well_formed(ledger.path)


def test_a_batch_that_cannot_be_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append([small(0)])
        with monkeypatch.context() as patch:
            failing_write(patch, OSError(errno.ENOSPC, "full"))
            patch.setattr(os, "ftruncate", lambda fd, length: (_ for _ in ()).throw(OSError(errno.EIO, "no")))
            with pytest.raises(LedgerError, match="disk is full"):
                ledger.append([small(1, raw="x" * 100)])
        # Gluing a row to the half line would lose it.
        with pytest.raises(LedgerError, match="reopen"):
            ledger.append([small(2)])
    with Ledger(tmp_path) as ledger:
        assert ledger.torn == 1
        ledger.append([small(2)])
    assert well_formed(ledger.path) == [small(0), small(2)]


def test_a_full_disk_while_a_torn_line_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fill(tmp_path, 1)
    with open(path, "ab") as file:
        file.write(b'{"half')
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        failing_write(patch, OSError(errno.ENOSPC, "full"))
        with pytest.raises(LedgerError, match="disk is full"):
            Ledger(tmp_path)
    assert path.read_bytes() == before
    with Ledger(tmp_path) as ledger:
        assert (len(ledger), ledger.torn) == (1, 1)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
@pytest.mark.parametrize("call", ["open", "mkdir"])
def test_a_place_where_nothing_may_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    fill(tmp_path, 2)
    real = getattr(os, call)

    def refusing(path: Any, flags: int = os.O_RDWR, *rest: Any, **more: Any) -> Any:
        if call == "mkdir" or flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, flags, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refusing)
        folder = tmp_path if call == "open" else tmp_path / "new"
        with at_once(), pytest.raises(LedgerError, match="read-only or not permitted"):
            Ledger(folder)
        with Ledger(tmp_path, readonly=True) as ledger:
            assert len(ledger) == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LedgerError, match="not permitted"):
        Ledger(tmp_path)
    tmp_path.chmod(0o700)


def test_places_that_are_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "odd" / "answers.jsonl").mkdir(parents=True)
    for place, words in {
        tmp_path / "file": "a file is in the place",
        tmp_path / "file" / "under": "a file is in the place",
        tmp_path / "odd": "cannot be used",
        "/proc/weigh/run": "cannot be made|not permitted",
        "a\0b": "cannot be used",
        tmp_path / ("x" * 300): "cannot be used",
    }.items():
        with at_once(), pytest.raises(LedgerError, match=words):
            Ledger(place)
    assert (tmp_path / "file").read_text() == "mine"


# --- folders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sp ace", "zeile\n2", "\u202e\u2028😀", "%s{0}", "-rf", "a.1", "\udcff"], ids=ascii)
def test_odd_folder_names(tmp_path: Path, name: str) -> None:
    fill(tmp_path / name, 3)
    with Ledger(tmp_path / name) as ledger:
        assert len(ledger) == 3
        with pytest.raises(LedgerError) as caught:
            Ledger(tmp_path / name)
        str(caught.value).encode("utf-8")
    assert archive(tmp_path / name) == tmp_path / f"{name}.1"


def test_links_and_relative_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with Ledger(tmp_path / "link") as ledger:
        ledger.append([small(0)])
        with pytest.raises(LedgerError, match="is writing to"):
            Ledger(tmp_path / "real")
    monkeypatch.chdir(tmp_path)
    with Ledger("real") as ledger:
        monkeypatch.chdir("/")
        ledger.append([small(1)])
    assert sorted(p.name for p in (tmp_path / "real").iterdir()) == [".lock", "answers.jsonl"]
    monkeypatch.chdir(tmp_path)
    assert archive("link/") == tmp_path / "link.1"
    assert len(well_formed(tmp_path / "real" / "answers.jsonl")) == 2


def test_keys_are_never_paths(tmp_path: Path) -> None:
    with Ledger(tmp_path / "run") as ledger:
        ledger.append([{"schema_version": 1, "key": "../../escape", "question": "/etc/passwd"}])
    assert sorted(p.name for p in tmp_path.rglob("*")) == [".lock", "answers.jsonl", "run"]


def test_fresh_sets_the_earlier_run_aside(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert archive(run) is None
    for n in (1, 2, 4):
        fill(run, n)
        (run / "page.html").write_text(str(n))
        (tmp_path / "run.3").touch()
        new = archive(run)
        assert new == tmp_path / f"run.{n}"
        assert len(well_formed(new / "answers.jsonl")) == n
        assert (new / "page.html").read_text() == str(n)
        assert not run.exists()
    with Ledger(run):
        with pytest.raises(LedgerError, match="is writing to"):
            archive(run)
        assert run.exists()
    with Ledger(tmp_path / "run.1") as ledger:
        assert len(ledger) == 1


def test_fresh_moves_nothing_but_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    assert archive(tmp_path / "empty") is None
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").touch()
    (tmp_path / "file").touch()
    fill(tmp_path / "here", 1)
    monkeypatch.chdir(tmp_path / "here")
    for place, words in {"home": "other files", "file": "a file is in the place", "here": "from within"}.items():
        with pytest.raises(LedgerError, match=words):
            archive(tmp_path / place)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "file", "here", "home"]
    assert os.listdir(tmp_path / "home") == ["thesis.tex"]


def test_a_long_ledger_stays_small_in_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    n, filler = 100_000, "x" * 300
    with open(tmp_path / "answers.jsonl", "w", encoding="ascii") as file:
        file.writelines(f'{{"schema_version":1,"key":"{i:064x}","n":{i},"raw":"{filler}"}}\n' for i in range(n))
    start = time.perf_counter()
    with Ledger(tmp_path) as ledger:
        opened = time.perf_counter()
        assert sum(row["n"] for row in ledger.rows()) == n * (n - 1) // 2
        done = time.perf_counter()
        assert ledger.get(f"{77:064x}")["n"] == 77
    tracemalloc.start()
    try:
        with Ledger(tmp_path) as ledger:
            index, peak = tracemalloc.get_traced_memory()
            assert len(ledger) == n
            tracemalloc.reset_peak()
            for count, _ in enumerate(ledger.rows()):
                if count == 5_000:
                    break
            streaming = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    with capsys.disabled():
        print(f"\n100,000 rows: open {opened - start:.2f} s, iterate {done - opened:.2f} s, index {index / 1e6:.0f} MB")
    assert index < 40e6
    assert peak < 45e6
    assert streaming < index + 8e6
