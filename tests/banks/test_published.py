"""The user's shelf of published sets: what is there, how it gets there, and what is said when it is not."""

from __future__ import annotations

import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from weigh.banks import published
from weigh.banks.bank import Bank, BankCard, find_bank
from weigh.banks.items import Item
from weigh.banks.published import PublishedSet, folder_of, get, kind_of, published_sets
from weigh.core.errors import InputError

LINES = b"one\ntwo\n"


def read(folder):
    names = (folder / "list.txt").read_text().split()
    if not names:
        raise InputError(f"{folder / 'list.txt'} is empty")
    return Bank.of(BankCard("little", canary="c-1"), [Item(name, name, kind="open") for name in names])


def little(address="http://127.0.0.1:1/list.txt", **rest):
    return PublishedSet("little", "A little set", {"list.txt": address}, (("list.txt",),), "MIT", read, "c-1", **rest)


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.setenv(published.FOLDER, str(tmp_path / "shelf"))
    return tmp_path / "shelf"


@pytest.fixture
def mine(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "list.txt").write_bytes(LINES)
    return folder


def test_a_set_that_is_not_there_says_how_to_get_it(shelf):
    with pytest.raises(InputError, match=r"banks get little.*--from FOLDER.*list\.txt"):
        folder_of(little())


def test_from_a_folder_of_the_users_own(shelf, mine):
    said = []
    assert get(little(), mine, said.append) == shelf / "little"
    assert folder_of(little()) == shelf / "little"
    assert any("MIT" in text for text in said)
    assert any("c-1" in text for text in said)
    assert [path.name for path in shelf.iterdir()] == ["little"]


@pytest.mark.parametrize(
    ("content", "rest", "says"),
    [
        (b"", {}, "is empty"),
        (LINES, {"sha256": {"list.txt": "0" * 64}}, "has sha256"),
    ],
)
def test_a_torn_set_does_not_replace_a_whole_one(shelf, mine, content, rest, says):
    get(little(), mine)
    (mine / "list.txt").write_bytes(content)
    with pytest.raises(InputError, match=says):
        get(little(**rest), mine)
    assert (shelf / "little" / "list.txt").read_bytes() == LINES
    assert [path.name for path in shelf.iterdir()] == ["little"]


def test_a_folder_without_the_files_is_refused(shelf, tmp_path):
    with pytest.raises(InputError, match="lacks"):
        get(little(), tmp_path)


class Serving(BaseHTTPRequestHandler):
    def do_GET(self):
        there = self.path == "/list.txt"
        self.send_response(200 if there else 404)
        self.end_headers()
        self.wfile.write(LINES if there else b"")

    def log_message(self, *given):
        pass


def test_fetched_from_an_address(shelf):
    with ThreadingHTTPServer(("127.0.0.1", 0), Serving) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            at = f"http://127.0.0.1:{server.server_address[1]}"
            digest = hashlib.sha256(LINES).hexdigest()
            folder = get(little(f"{at}/list.txt", sha256={"list.txt": digest}))
            assert (folder / "list.txt").read_bytes() == LINES
            with pytest.raises(InputError, match=r"cannot be fetched.*--from FOLDER"):
                get(little(f"{at}/gone.txt"))
        finally:
            server.shutdown()
            thread.join()


def test_every_published_set_is_complete():
    for name, kind in published_sets().items():
        assert kind.name == name
        assert kind.title
        assert kind.licence
        assert kind.needed
        assert any(set(names) <= set(kind.files) for names in kind.needed), "what is fetched makes no bank"
        assert all(address.startswith("https://") for address in kind.files.values())


def test_a_name_that_nobody_knows(shelf, tmp_path):
    with pytest.raises(InputError, match="did you mean 'pacifaist'"):
        find_bank("pacifist")
    assert kind_of(tmp_path) is None
