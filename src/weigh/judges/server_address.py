"""Where a server is, and the key to it: the one may be shown, the other never."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from weigh.core.errors import InputError

KEYS = ("WEIGH_API_KEY", "OPENAI_API_KEY")
HIDDEN = "[key]"
SHORTEST = 8
LOGGERS = ("httpx2", *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
FORM = "http(s)://HOST[:PORT]/v1#MODEL"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of an OpenAI-compatible server, and the model to ask there.

    Parameters
    ----------
    url : str
        Without the model and without a closing slash: "http://127.0.0.1:8000/v1".
    model : str
        As the server calls it.
    host : str
        Its name alone.
    """

    url: str
    model: str
    host: str

    @classmethod
    def of(cls, spec: str) -> Address:
        """The address that a user wrote.

        Raises
        ------
        InputError
            It is no web address, holds a user name or a query, or names no model.
        """
        try:
            parts = urlsplit(spec)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise InputError(f"a server's address has the form {FORM}; what was given cannot be read") from None
        if "@" in parts.netloc:
            # not shown: what stands before the @ is a secret
            raise InputError(
                "a server's address may not hold a user name or password; leave them out: a key goes into WEIGH_API_KEY"
            )
        if parts.query:
            raise InputError(f"a server's address has the form {FORM}, without what follows a question mark")
        if parts.scheme not in ("http", "https") or not host or re.search(r"[\x00-\x20\x7f\\]", spec):
            raise InputError(f"{spec!r} is no server's address; give {FORM}")
        if not parts.fragment:
            raise InputError(f"{spec!r} is only half a judge, as it names no model; give {FORM}")
        shown = f"[{host}]" if ":" in host else host
        at = f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
        return cls(at, unquote(parts.fragment), host)

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this very machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_private(self) -> bool:
        """Whether what is sent there can be read by nobody on the way."""
        return self.url.startswith("https:") or self.is_loopback

    def below(self, path: str) -> str:
        """The address of something on the server; what begins with ^ lies beside /v1, not below it."""
        return self.url.removesuffix("/v1") + path[1:] if path.startswith("^") else self.url + path


class Key:
    """A secret that signs requests; its text is in no representation of it, and `hide` takes it out of others' texts.

    Parameters
    ----------
    text : str
        Empty for none.

    Raises
    ------
    InputError
        It holds what no header can hold.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        if not (text.isascii() and (text.isprintable() or not text)) or " " in text:
            raise InputError(f"the key in {' or '.join(KEYS)} holds spaces or characters that no key has; set it anew")
        self._text = text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return HIDDEN if self._text else "no key"

    def __reduce__(self) -> Any:
        raise TypeError("a key is not stored")

    def sign(self, request: Any) -> Any:
        """The HTTP library's request, with the key in its headers."""
        request.headers["Authorization"] = f"Bearer {self._text}"
        return request

    def hide(self, found: Any) -> Any:
        """The same text, list or mapping with the key taken out wherever it stands."""
        return hidden(found, [self._text])


def hidden(found: Any, secrets: Sequence[str]) -> Any:
    """The same text, list or mapping with each secret taken out wherever it stands.

    Parameters
    ----------
    found : object
        What may hold a secret.
    secrets : sequence of str
        Those of fewer than `SHORTEST` characters are none: taking "EMPTY" or "none" out would change what a model said.
    """
    if isinstance(found, str):
        for secret in secrets:
            found = found.replace(secret, HIDDEN) if len(secret) >= SHORTEST else found
        return found
    if isinstance(found, list):
        return [hidden(part, secrets) for part in found]
    if isinstance(found, dict):
        return {hidden(name, secrets): hidden(part, secrets) for name, part in found.items()}
    return found


class HidingFilter(logging.Filter):
    """Takes a key out of the lines that the HTTP library logs, which hold the headers of what a server sends.

    Parameters
    ----------
    key : Key
        Hidden while the filter is installed.
    """

    def __init__(self, key: Key) -> None:
        super().__init__()
        self._key = key

    def install(self) -> Self:
        """Begin; what a logger hands on does not go through its parents' filters, so each gets this one."""
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self)
        return self

    def remove(self) -> None:
        """End."""
        for name in LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, without the key."""
        record.msg, record.args = self._key.hide(record.getMessage()), ()
        return True


def key_from_environment() -> Key:
    """The key that the environment gives, the more particular name first."""
    return Key(next((text for name in KEYS if (text := os.environ.get(name, "").strip())), ""))
