"""What must not get out, and where nothing must go: keys, redirects, proxies, false addresses."""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path

import pytest

from weigh.banks.bank import find_bank
from weigh.core.errors import InputError
from weigh.core.question import Ask, Prompt, Question
from weigh.judges.server import server
from weigh.judges.server_address import Address
from weigh.judges.server_limits import ServerOptions
from weigh.judges.server_transport import ServerError, Transport
from weigh.pipelines.profile import measure
from weigh.report.page import write_report

sys.path.append(str(Path(__file__).parent))
from fake_server import FakeServer


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("WEIGH_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["WEIGH_API_KEY", "OPENAI_API_KEY"])
def test_the_key_reaches_the_server_and_nothing_else(name, tmp_path, monkeypatch, caplog, capfd):
    canary = "sk-canary-0123456789abcdef"
    monkeypatch.setenv(name, canary)
    caplog.set_level(0)

    def echo(path, body):
        # the server tells the key back: in a reply, in its token, or in an error
        given = fake.requests[-1][1].get("Authorization", "none")
        if "Dilemma 1." in json.dumps(body):
            return 400, {"X-Echo": given}, {"error": {"message": f"bad key {given}", "headers": {given: given}}}
        if "Dilemma 2." in json.dumps(body):
            return 302, {"Location": f"https://elsewhere.example/?{given}"}, ""
        if path.endswith("/chat/completions") and "Dilemma 3." in json.dumps(body):
            return 200, {}, {"choices": [{"message": {"content": given}}], "id": given}
        return None

    with FakeServer(answer=echo, logprobs=False) as fake:
        judge = server(fake.spec, ServerOptions(samples=2, retries=0))
        assert fake.requests[-1][1]["Authorization"] == f"Bearer {canary}"
        seen = [judge.name, judge.fingerprint, str(judge.describe()), repr(judge.transport.key), str(judge.spent())]
        for i in (1, 2):
            with pytest.raises(ServerError) as caught:
                judge.choose([Ask(Question.of("q", f"Dilemma {i}.", ("Go.", "Stay.")), "letters", order=(0, 1))])
            seen += ["".join(traceback.format_exception(caught.value)), str(caught.value.said), repr(caught.value)]
            seen.append(str(caught.value.__context__))
        assert "[key]" in seen[-4]
        (reply,) = judge.choose([Ask(Question.of("q", "Dilemma 3.", ("Go.", "Stay.")), "letters", order=(0, 1))])
        assert reply.status == "malformed"
        seen += [str(reply), *judge.write([Prompt((), text="Dilemma 3.")])]
        measure(judge, find_bank("pilot"), tmp_path / "run", instrument="stated", n_dilemmas=12)
        write_report(tmp_path / "run")
    files = [file for file in (tmp_path / "run").rglob("*") if file.is_file()]
    assert len(files) > 3
    seen += [file.read_bytes().decode("utf-8", "replace") for file in files]
    seen += [caplog.text, *capfd.readouterr()]
    assert not [text for text in seen if canary in text]


def test_the_more_particular_key_wins_and_none_is_sent_in_the_clear(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-general-0123456789")
    monkeypatch.setenv("WEIGH_API_KEY", "sk-particular-0123456789")
    with FakeServer() as fake:
        server(fake.spec)
        assert {headers["Authorization"] for _, headers, _ in fake.requests} == {"Bearer sk-particular-0123456789"}
    for spec, is_sent in {
        "https://api.example/v1#m": True, "http://api.example/v1#m": False, "http://192.168.1.5:8000/v1#m": False,
        "http://localhost:8000/v1#m": True, "http://[::1]:8000/v1#m": True, "http://127.0.0.1.example/v1#m": False,
        "http://localhost.example/v1#m": False, "http://0x7f000001/v1#m": False,
    }.items():  # fmt: skip
        assert Transport(Address.of(spec)).sends_key is is_sent, spec
    monkeypatch.setenv("WEIGH_API_KEY", "two words\nX-Evil: 1")
    with pytest.raises(InputError, match="set it anew") as caught:
        Transport(Address.of("https://api.example/v1#m"))
    assert "Evil" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "/v1/other", "file:///etc/passwd"])
def test_no_redirect_is_followed(status, target):
    with FakeServer() as other, FakeServer(answer=lambda path, body: (status, {"Location": target}, "")) as fake:
        to = other.url if target.startswith("/") else target
        fake.answer = lambda path, body: (status, {"Location": to}, "")
        with pytest.raises(ServerError, match=r"a redirect to .* which is not followed; give that address itself"):
            server(fake.spec)
        assert not other.requests


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("http://ada:secret@127.0.0.1/v1#m", "user name or password"),
        ("https://secret@host/v1#m", "user name or password"),
        ("http://host/v1?key=secret#m", "question mark"),
        ("file:///v1#m", "is no server's address"),
        ("ftp://host/v1#m", "is no server's address"),
        ("http:///v1#m", "is no server's address"),
        ("http://ho st/v1#m", "is no server's address"),
        ("http://host\\@evil/v1#m", "user name or password"),
        ("http://host:99999/v1#m", "cannot be read"),
        ("http://[::1/v1#m", "cannot be read"),
        ("http://host/v1", "names no model"),
    ],
)
def test_only_plain_addresses_are_taken(spec, message):
    with pytest.raises(InputError, match=message) as caught:
        server(spec)
    assert "secret" not in str(caught.value)


def test_a_proxy_never_sees_what_stays_on_this_machine(monkeypatch):
    with FakeServer() as proxy, FakeServer() as fake:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        server(fake.spec)
        assert not proxy.requests
        # elsewhere the environment decides
        with pytest.raises(ServerError):
            Transport(Address.of("http://weigh.invalid/v1#m")).get("/models", retries=0)
        assert len(proxy.requests) == 1
