"""`weigh view` as browsers, other sites, other users and hostile folders meet it."""

from __future__ import annotations

import http.client
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import quote

import pytest
from tests.hostile.serving import serving

from weigh.banks.bank import find_bank
from weigh.core.errors import InputError
from weigh.doors import view as door
from weigh.doors.cli import main
from weigh.doors.view import ViewServer, view
from weigh.pipelines.record import read_record, write_record
from weigh.pipelines.score import read_recorded, score

HOSTILE = [
    "<script>window.pwned=1<", "'\"><img src=x onerror=window.pwned=1>", "a\u202eb", "two  spaces ", "100%2e", "%2e%2e",
    "new\nline", "{{7*7}}", "javascript:alert(1)", "a?b#c&d", "\x1b[2J",
]  # fmt: skip

NOWHERE = [
    "/a", "/a/", "/a/details", "/a/details/", "/a/bank/", "/secret.txt", "/a/secret.txt", "/favicon.ico",
    "/a/.lock",
    "/../secret.txt", "/a/../../secret.txt", "/a/../a/run.json", "/./a/run.json", "/a//run.json", "/%2e%2e/secret",
    "/a/%2e%2e/a/run.json", "/a%2f..%2fa/run.json", "/a%2Frun.json", "/..%5ca/run.json", "/a%5crun.json",
    "/a\\run.json", "/a/run.json%00.html", "/a%00/run.json", "/%252e%252e/run.json", "/%c0%ae%c0%ae/run.json",
    "/etc/passwd", "//etc/passwd", "/%2fetc%2fpasswd", "/a/RUN.JSON%20", "/a/run.json/", "/a/details/../run.json",
    "/a/details/%2e%2e%2frun.json", "/link/run.json", "/link/report.html", "/a/compare.json",
    "/a/bank/card.toml/",
    "/linked/run.json", "/pipe/compare.html", "/folder/compare.html", "/C:/run.json", "/~root/run.json", "*",
    "/" + "a/" * 3000 + "run.json", "/" + "x" * 5000 + "/run.json", "/a/run.json;x", "/é/run.json",
    "file:///etc/passwd", "a/run.json", "/a/details/questions-001.html", "/a/details/questions-1.html%0a",
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run folder, made once."""
    at, bank = tmp_path_factory.mktemp("made"), find_bank("pilot")
    rows = [{"question": item.id, "choice": k % 2, "p": 0.9} for k, item in enumerate(bank.items)]
    (at / "them.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    score(read_recorded(at / "them.jsonl", bank)["them"], bank, who="them", folder=at / "run")
    return at / "run"


@pytest.fixture
def folder(tmp_path, made):
    shutil.copytree(made, tmp_path / "runs" / "a")
    return tmp_path / "runs"


@pytest.fixture
def server(folder):
    with serving(folder) as one:
        yield one


def ask(server, path="/", method="GET", *, cookie=True, body=None, **headers):
    """Status, headers and body of an answer."""
    given = {"Cookie": f"{server.cookie}={server.token}"} if cookie else {}
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    try:
        connection.request(method, path, body, given | {name.replace("_", "-"): v for name, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def send(server, raw):
    """The answer to bytes that no client would send."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as connection:
        connection.sendall(raw)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def check_headers(headers):
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "script" not in headers["Content-Security-Policy"]
    assert "Python" not in headers.get("Server", "")


def test_it_listens_on_this_machine_only(server):
    assert server.socket.getsockname()[0] == "127.0.0.1"
    assert server.url.startswith(f"http://127.0.0.1:{server.server_port}/?token=")
    assert len(server.token) >= 40


def test_the_token_is_exchanged_for_a_cookie(server):
    status, headers, body = ask(server, f"/a/run.json?token={server.token}", cookie=False)
    assert (status, headers["Location"], body) == (303, "/a/run.json", b"")
    check_headers(headers)
    pair, *marks = headers["Set-Cookie"].split("; ")
    assert set(marks) == {"Path=/", "HttpOnly", "SameSite=Strict"}
    assert ask(server, "/a/run.json", cookie=False, Cookie=pair)[0] == 200
    # cookies of other programs on this host stand beside it
    assert ask(server, cookie=False, Cookie=f"x=[y]; bad cookie; {pair}; {server.cookie}=old")[0] == 200


@pytest.mark.parametrize("path", ["//evil.example/", "http://evil.example/", "/\\evil", "/a%0d%0aX:1", "/<b>", "//"])
def test_the_redirect_stays_here(server, path):
    host = f"localhost:{server.server_port}"
    status, headers, _ = ask(server, f"{path}?token={server.token}", cookie=False, Host=host)
    assert status == 303
    assert headers["Location"].startswith("/")
    assert not headers["Location"].startswith(("//", "/\\"))
    assert set(headers) >= {"Location", "Set-Cookie"}
    assert "X" not in headers


def test_without_token_or_cookie_nothing_is_told(server):
    wrong = ("", "x", server.token[:-1], server.token + "x", "ä", quote("\ud800", errors="surrogatepass"), "a&" * 20)
    for path in ("/", "/a/report.html", "/nothing", *(f"/?token={quote(one, safe='&%')}" for one in wrong)):
        status, headers, body = ask(server, path, cookie=False)
        assert status == 403, path
        assert b"token that `weigh view` printed" in body
        assert "Set-Cookie" not in headers
        check_headers(headers)
    for cookie in (f"{server.cookie}=x", f"weigh={server.token}", server.token, "", ";;==;", f"{server.cookie}=\xff"):
        assert ask(server, cookie=False, Cookie=cookie)[0] == 403
    assert not (server.runs.root / "a" / "report.html").exists()


def test_only_its_own_names_are_answered(server):
    port = server.server_port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
        assert ask(server, Host=host)[0] == 200
    evil = ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.0.0.1:{port}.evil", "",
            f"evil@127.0.0.1:{port}", f"[::1]:{port}", f"0.0.0.0:{port}", f"127.1:{port}",
            # names that others let point here, and spellings of ours that a careless comparison takes for it
            f"127.0.0.1.nip.io:{port}", f"localtest.me:{port}", f"localhost.:{port}", f"2130706433:{port}",
            f"0x7f.1:{port}", f"localhost:{port}@evil", f"http://localhost:{port}", f"localhost:0{port}",
            f"localhost:{port}, evil", f"local\xadhost:{port}", f"[::ffff:127.0.0.1]:{port}")  # fmt: skip
    for host in evil:
        status, headers, _ = ask(server, f"/?token={server.token}", Host=host)
        assert status == 421, host
        assert "Set-Cookie" not in headers
        check_headers(headers)
    cookie = f"Cookie: {server.cookie}={server.token}\r\n"
    one = f"Host: 127.0.0.1:{port}\r\n"
    for hosts in ("", one + one, one + "Host: evil\r\n"):
        assert b" 421 " in send(server, f"GET / HTTP/1.1\r\n{hosts}{cookie}\r\n".encode()).splitlines()[0]


def test_other_sites_are_refused(server):
    port = server.server_port
    for origin in (f"http://127.0.0.1:{port}", f"http://localhost:{port}"):
        assert ask(server, Origin=origin)[0] == 200
    for origin in ("null", "http://evil.example", f"https://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", ""):
        status, headers, _ = ask(server, f"/?token={server.token}", Origin=origin)
        assert status == 403, origin
        check_headers(headers)
        assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_nothing_but_get_and_head(server, method):
    for body in (None, b"x" * 1000):
        status, headers, _ = ask(server, "/", method, body=body)
        assert status == 405
        assert headers["Allow"] == "GET, HEAD"
        check_headers(headers)


def test_head_is_get_without_its_body(server):
    for path in ("/", "/a/report.html", "/a/run.json", "/nothing"):
        got, told = ask(server, path), ask(server, path, "HEAD")
        assert told[0] == got[0]
        assert told[2] == b""
        assert told[1]["Content-Length"] == got[1]["Content-Length"] == str(len(got[2]))


def test_known_files_have_fixed_types(server, folder):
    (folder / "a" / "answers.jsonl").write_text("{}\n")
    (folder / "a" / "values.parquet").write_bytes(b"PAR1")
    (folder / "a" / "compare.html").write_text("<script>window.pwned = 1</script>")
    types = {
        "": "text/html; charset=utf-8", "a/report.html": "text/html; charset=utf-8",
        "a/details/questions-001.html": "text/html; charset=utf-8", "a/compare.html": "text/html; charset=utf-8",
        "a/run.json": "application/json; charset=utf-8", "a/answers.jsonl": "text/plain; charset=utf-8",
        "a/bank/items.jsonl": "text/plain; charset=utf-8", "a/bank/card.toml": "text/plain; charset=utf-8",
        "a/values.parquet": "application/vnd.apache.parquet",
    }  # fmt: skip
    for path, kind in types.items():
        status, headers, body = ask(server, f"/{path}")
        assert (status, headers["Content-Type"]) == (200, kind), path
        check_headers(headers)
        if path:
            assert body == (folder / path).read_bytes()


def test_what_has_no_address_is_not_found(server, folder, tmp_path, made):
    (folder / "secret.txt").write_text("secret")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "a" / "secret.txt").write_text("secret")
    shutil.copytree(made, tmp_path / "outside")
    (folder / "linked").mkdir()
    (folder / "pipe").mkdir()
    (folder / "folder" / "compare.html").mkdir(parents=True)
    if os.name == "posix":
        (folder / "link").symlink_to(tmp_path / "outside")
        (folder / "linked" / "run.json").symlink_to(tmp_path / "outside" / "run.json")
        (folder / "a" / "compare.json").symlink_to("/etc/passwd")
        os.mkfifo(folder / "pipe" / "compare.html")
    cookie = f"{server.cookie}={server.token}"
    for path in NOWHERE:
        head = f"GET {path} HTTP/1.1\r\nHost: localhost:{server.server_port}\r\nCookie: {cookie}\r\n\r\n"
        answer = send(server, head.encode("utf-8"))
        assert b" 404 " in answer.splitlines()[0], path
        assert b"secret" not in answer.split(b"\r\n\r\n", 1)[1]
    assert not (tmp_path / "outside" / "report.html").exists()


def test_what_is_no_request_is_refused(server, capfd):
    cases = {
        b"\r\n\r\n": None, b"GET\r\n\r\n": 400, b"GET / HTTP/9.9\r\n\r\n": 505, b"GET / / HTTP/1.1\r\n\r\n": 400,
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n": 414, b"\x16\x03\x01\x02\x00\x01\x00\r\n": 400,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n": 431, b"GET /\r\n\r\n": None,
    }  # fmt: skip
    for raw, status in cases.items():
        try:
            answer = send(server, raw)
        except ConnectionError:
            continue  # a request need not be read to its end to be refused
        assert b"<html" not in answer
        assert status is None or answer.startswith((f"HTTP/1.0 {status}".encode(), b"Bad Re", b"HTTP V")), raw[:30]
    assert ask(server)[0] == 200
    assert capfd.readouterr().err == ""


def test_hostile_names_are_reached_by_the_links_of_the_list(server, folder, made):
    for name in HOSTILE:
        shutil.copytree(made, folder / name)
    page = ask(server)[2].decode()
    for name in HOSTILE:
        link = f"/{quote(name, safe='')}/report.html"
        assert f'href="{link}"' in page
        assert ask(server, link)[0] == 200
        assert (folder / name / "report.html").is_file()
        assert ask(server, f"{link.removesuffix('report.html')}details/questions-001.html")[0] == 200
    assert "<script" not in page
    assert "\u202e" not in page
    assert "⟦U+202E⟧" in page


def test_a_run_without_a_page_says_why(server, folder):
    (folder / "b").mkdir()
    (folder / "b" / "run.json").write_text("{\x1b")
    status, headers, body = ask(server, "/b/report.html")
    assert (status, headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert b"run.json is torn" in body
    assert b"\x1b" not in body
    check_headers(headers)


def test_a_fault_is_one_line_and_not_the_end(server, monkeypatch, capfd):
    def fails():
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr(server.runs, "html", fails)
    with pytest.raises(http.client.BadStatusLine):
        ask(server)
    assert ask(server, "/a/run.json")[0] == 200
    err = capfd.readouterr().err
    assert "by chance" in err
    assert "Traceback" not in err
    assert server.token not in err


def test_a_file_that_shrinks_or_grows_meanwhile_ends(server, folder, monkeypatch):
    record = folder / "a" / "run.json"
    size, real = record.stat().st_size, os.fstat
    for change in (-100, 100):
        monkeypatch.setattr(door.os, "fstat", lambda number, by=change: Size(real(number), by))
        try:
            body = ask(server, "/a/run.json")[2]
        except http.client.IncompleteRead as error:
            body = error.partial
        monkeypatch.undo()
        assert len(body) == min(size, size + change)


class Size:
    """What fstat said before the file changed."""

    def __init__(self, real, by):
        self.st_mode, self.st_size = real.st_mode, real.st_size + by


def test_200_at_once_are_answered_by_few_threads(server, monkeypatch):
    most, html = [0], server.runs.html

    def slow():
        most[0] = max(most[0], threading.active_count())
        time.sleep(0.01)
        return html()

    monkeypatch.setattr(server.runs, "html", slow)
    others = threading.active_count()
    paths = ["/", "/a/report.html", "/a/run.json", "/nothing"] * 50
    with ThreadPoolExecutor(200) as pool:
        found = list(pool.map(lambda path: ask(server, path)[0], paths))
    assert found == [200, 200, 200, 404] * 50
    assert most[0] <= others + 200 + door.MAX_AT_ONCE


def test_connections_beyond_the_bound_wait(folder, monkeypatch):
    monkeypatch.setattr(door, "MAX_AT_ONCE", 2)
    monkeypatch.setattr(door._Handler, "timeout", 0.3)
    with serving(folder) as server:
        at = ("127.0.0.1", server.server_port)
        idle = [socket.create_connection(at) for _ in range(4)]
        began = time.monotonic()
        assert ask(server)[0] == 200
        assert time.monotonic() - began > 0.2
        for one in idle:
            one.close()


def test_clients_that_send_a_byte_now_and_then_do_not_keep_others_out(folder, monkeypatch):
    monkeypatch.setattr(door, "MAX_AT_ONCE", 2)
    monkeypatch.setattr(door, "HEAD_SECONDS", 1.0)
    stop = threading.Event()

    def drip(begins):
        with socket.create_connection(("127.0.0.1", server.server_port)) as one, suppress(OSError):
            one.sendall(begins)
            while not stop.wait(0.1):
                one.sendall(b"x")

    with serving(folder) as server:
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\nContent-Length: 999999\r\n\r\n"
        heads = (b"GET /", b"GET / HTTP/1.1\r\nX: ", head.encode())
        slow = [threading.Thread(target=drip, args=(begins,)) for begins in heads]
        for one in slow:
            one.start()
        try:
            began = time.monotonic()
            assert ask(server)[0] == 200
            assert time.monotonic() - began < door.IDLE_SECONDS
        finally:
            stop.set()
            for one in slow:
                one.join()


def test_the_owner_may_take_time(folder, monkeypatch):
    monkeypatch.setattr(door, "HEAD_SECONDS", 0.5)
    with serving(folder) as server:
        html = server.runs.html
        monkeypatch.setattr(server.runs, "html", lambda: time.sleep(1.5) or html())
        assert ask(server)[0] == 200


def test_closing_ends_idle_connections(folder):
    with serving(folder) as server:
        idle = socket.create_connection(("127.0.0.1", server.server_port))
        ask(server)
        began = time.monotonic()
    assert time.monotonic() - began < door.IDLE_SECONDS
    assert idle.recv(10) == b""
    idle.close()


def test_two_servers_do_not_share_cookies_or_ports(server, folder):
    with serving(folder) as other:
        assert ask(other, cookie=False, Cookie=f"{server.cookie}={server.token}")[0] == 403
    with pytest.raises(InputError, match="is in use; give another --port"):
        ViewServer(folder, server.server_port)
    with pytest.raises(InputError, match="cannot be had"):
        ViewServer(folder, 70_000)


@pytest.mark.parametrize(("tty", "wanted", "opened"), [(True, True, 1), (False, True, 0), (True, False, 0)])
def test_a_browser_is_opened_for_a_person_only(folder, monkeypatch, capsys, tty, wanted, opened):
    seen = []
    monkeypatch.setattr(door.webbrowser, "open", seen.append)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: tty, raising=False)

    def stops(*given):
        server = ViewServer(*given)
        later = threading.Timer(0.5, server.shutdown)
        later.start()
        return server

    monkeypatch.setattr(door, "ViewServer", stops)
    view(folder, browser=wanted)
    out = capsys.readouterr().out
    assert out.startswith("http://127.0.0.1:")
    assert seen == [out.strip()] * opened


def test_errors_of_the_command_are_one_sentence(server, folder, monkeypatch, capsys):
    for args, says in (
        ([str(folder / "gone")], "run `weigh measure` first"),
        ([str(folder), "--port", str(server.server_port)], "is in use"),
    ):
        monkeypatch.setattr(sys, "argv", ["weigh", "view", *args])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert ended.value.code == 2
        assert out == ""
        assert says in err
        assert err.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_ctrl_c_ends_it_cleanly(folder):
    # a shell that runs the tests in the background would have SIGINT ignored
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from weigh.doors.cli import main; main()"
    args = [sys.executable, "-c", code, "view", str(folder), "--no-browser"]
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            assert select.select([child.stdout], [], [], 60)[0]
            url = child.stdout.readline().decode().strip()
            port = int(url.split(":")[2].split("/")[0])
            with socket.create_connection(("127.0.0.1", port)):
                child.send_signal(signal.SIGINT)
                out, err = child.communicate(timeout=30)
        finally:
            child.kill()
    assert child.returncode == 0
    assert out == b""
    assert b"Traceback" not in err
    assert b"Ctrl-C ends it" in err


@pytest.mark.parametrize("width", [400, 1280])
def test_in_a_browser_nothing_runs_and_nothing_is_blocked(server, folder, made, browser, width):
    evil = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>\u202e"
    for name in HOSTILE:
        shutil.copytree(made, folder / name)
        record = read_record(folder / name)
        record["model"] |= {"name": f"{name} {evil}", "condition": evil}
        record["bank"] |= {"name": evil, "title": evil}
        write_record(folder / name, record | {"status": "complete", "instrument": evil, "finished": evil})
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    base = server.url.split("/?")[0]
    browser.get(server.url)
    assert browser.current_url == f"{base}/"
    for script in ("return window.pwned === undefined", "return document.cookie === ''"):
        assert browser.execute_script(script)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    links = browser.execute_script("return [...document.querySelectorAll('td a, th a')].map(e => e.href)")
    assert len(links) == len(HOSTILE) + 1
    inside = [f"{base}/a/{path}" for path in ("details/questions-001.html", "run.json", "bank/items.jsonl")]
    for link in [*links, *inside]:
        browser.get(link)
        assert browser.execute_script("return window.pwned === undefined")
        assert browser.execute_script("return document.body.innerText.length") > 100
    assert browser.get_log("browser") == []
    # a page that was brought along is shown, and is deaf
    (folder / "a" / "compare.html").write_text(f"<p>brought {evil}<iframe src=//evil.example></iframe>")
    browser.get(f"{base}/a/compare.html")
    assert browser.execute_script("return window.pwned === undefined")
    assert "brought" in browser.execute_script("return document.body.innerText")
    assert all("Content Security Policy" in one["message"] for one in browser.get_log("browser"))
