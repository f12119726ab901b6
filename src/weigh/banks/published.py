"""Published sets of questions: where they come from, where they lie on this machine, and who reads them.

They are never part of this package. `weigh banks get NAME` fetches one into the user's folder, with its licence and
canary; `weigh banks get NAME --from FOLDER` takes it from files that the user has. A set is one module of this folder
with a `SET` and a function `read(folder) -> Bank`, and is named in `MODULES`.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from weigh.banks.bank import Bank
from weigh.core.errors import InputError

MODULES = ("daily_dilemmas", "managerbench", "pacifaist", "utility_engineering", "value_consistency")
FOLDER = "WEIGH_BANKS"
TIMEOUT = 60.0


@dataclass(frozen=True)
class PublishedSet:
    """Where a published set of questions comes from.

    Parameters
    ----------
    name, title : str
        As `weigh measure NAME` says it, and its title.
    files : mapping of str to str
        Address of each file that may be there, by the file's name.
    needed : tuple of tuple of str
        Names of files that make a folder one of this set: all of any one tuple.
    licence : str
        What its makers allow.
    read : callable
        (folder) -> Bank.
    canary : str
        The string by which its makers find it in training data; it stays with the data.
    sha256 : mapping of str to str
        Of files that never change, by name.
    """

    name: str
    title: str
    files: Mapping[str, str]
    needed: tuple[tuple[str, ...], ...]
    licence: str
    read: Callable[[Path], Bank]
    canary: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)

    def is_in(self, folder: Path) -> bool:
        """Whether a folder holds what is needed."""
        return any(all((folder / name).is_file() for name in names) for names in self.needed)


@functools.cache
def published_sets() -> Mapping[str, PublishedSet]:
    """All published sets by name."""
    return {name: importlib.import_module(f"weigh.banks.{name}").SET for name in MODULES}


def kind_of(folder: Path) -> PublishedSet | None:
    """The published set whose files lie in a folder, if any."""
    return next((kind for kind in published_sets().values() if kind.is_in(folder)), None)


def shelf() -> Path:
    """The user's folder of published sets: `$WEIGH_BANKS`, else `banks` in the user's data folder."""
    import platformdirs

    return Path(os.environ.get(FOLDER) or platformdirs.user_data_path("weigh") / "banks")


def folder_of(kind: PublishedSet) -> Path:
    """Where a set lies on this machine.

    Raises
    ------
    InputError
        It is not there; the message says how to get it.
    """
    folder = shelf() / kind.name
    if kind.is_in(folder):
        return folder
    raise InputError(
        f"{kind.name} is not on this machine ({folder}): fetch it by `weigh banks get {kind.name}`, take it from your "
        f"own files by `weigh banks get {kind.name} --from FOLDER`, or give a folder with "
        f"{' or '.join(' and '.join(names) for names in kind.needed)} in place of the name"
    )


def get(kind: PublishedSet, source: Path | None = None, say: Callable[[str], None] = lambda text: None) -> Path:
    """Put a set on the user's shelf, from a folder or from where its makers publish it.

    Parameters
    ----------
    kind : PublishedSet
        Which one.
    source : Path, optional
        A folder that holds its files; without one they are fetched.
    say : callable
        Told of each file, of the licence and of the canary.

    Returns
    -------
    Path
        The folder on the shelf.

    Raises
    ------
    InputError
        The folder lacks the files, one cannot be fetched or has another sha256, or they make no bank.
    """
    if source is not None and not kind.is_in(source):
        raise InputError(f"{source} lacks {' or '.join(' and '.join(names) for names in kind.needed)}")
    target = shelf() / kind.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".getting-") as scratch:
        folder = Path(scratch) / kind.name
        folder.mkdir()
        for name in dict.fromkeys([*kind.files, *(name for names in kind.needed for name in names)]):
            if source is not None and (source / name).is_file():
                shutil.copyfile(source / name, folder / name)
            elif source is None and name in kind.files:
                say(f"fetching {kind.files[name]}")
                (folder / name).write_bytes(_fetched(kind.files[name]))
            if (folder / name).is_file():
                _check(kind, folder / name)
        kind.read(folder)
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    say(f"{kind.title}: {kind.licence}")
    if kind.canary:
        say(f"canary {kind.canary}: keep this line with the data, and the data out of training")
    return target


def _check(kind: PublishedSet, file: Path) -> None:
    wanted = kind.sha256.get(file.name)
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if wanted and found != wanted:
        raise InputError(
            f"{file.name} of {kind.name} has sha256 {found}, expected {wanted}: it is torn, or another version"
        )


def _fetched(address: str) -> bytes:
    import httpx2

    try:
        reply = httpx2.get(address, timeout=TIMEOUT, follow_redirects=True)
        reply.raise_for_status()
    except httpx2.HTTPError as error:
        why = str(error).splitlines()[0]
        raise InputError(
            f"{address} cannot be fetched ({why}); fetch it by other means and give --from FOLDER"
        ) from None
    return reply.content
