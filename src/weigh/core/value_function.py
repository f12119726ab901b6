"""A value function: from a state or a text to what is expected of it, in a form that can be saved and trusted.

What is saved is data only: parameters as safetensors, and the name of the function that reads them. A file from a
stranger can name only functions that this package, or an installed extension of it, made for the purpose.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import inspect
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.jsonable import plain
from weigh.core.whole import write_whole

SCHEMA_VERSION = 1
PARAMS, ABOUT = "params.safetensors", "value_function.json"
_ADDRESS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


@dataclass(frozen=True, eq=False)
class ValueFunction:
    """Expected value of states, by a named function and its parameters.

    Parameters
    ----------
    function : str
        "module:function". The function is called as function(params, states, **spec); so that a file cannot run just
        any function by its name, its first two parameters must bear these names.
    params : mapping of str to array
        Parameters, of numbers.
    spec : mapping
        Further keyword arguments, JSON-able.

    Raises
    ------
    InputError
        A name of another form, parameters that are not arrays of numbers, or a spec that JSON cannot hold.
    """

    function: str
    params: Mapping[str, NDArray[Any]]
    spec: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.function, str) or not _ADDRESS.fullmatch(self.function):
            raise InputError(
                f"function is {self.function!r}; expected 'module:function', as in 'weigh.nets.linear:value'"
            )
        params = {str(name): np.array(array, order="C") for name, array in self.params.items()}
        for name, array in params.items():
            if array.dtype.kind not in "buif":
                raise InputError(f"params[{name!r}] is an array of {array.dtype}; expected numbers")
            array.flags.writeable = False
        object.__setattr__(self, "params", params)
        object.__setattr__(self, "spec", plain(dict(self.spec), "spec"))

    def __call__(self, states: Any) -> Any:
        """Value of each state, as the named function gives it."""
        return _resolved(self.function)(self.params, states, **self.spec)

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write `params.safetensors` and `value_function.json`.

        Parameters
        ----------
        folder : path
            Made where it is missing.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        InputError
            `load` would refuse the function's name.
        """
        from safetensors.numpy import save

        _trusted(self.function)
        home = Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        data = save({name: np.ascontiguousarray(array) for name, array in self.params.items()})
        about = {
            "schema_version": SCHEMA_VERSION,
            "function": self.function,
            "spec": self.spec,
            "params_sha256": hashlib.sha256(data).hexdigest(),
        }
        write_whole(home / PARAMS, data)
        # the description comes last: with its checksum it vouches for the parameters
        write_whole(home / ABOUT, json.dumps(about, indent=2, ensure_ascii=True).encode())
        return home

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> ValueFunction:
        """Read what `save` wrote.

        Parameters
        ----------
        folder : path
            Holds `params.safetensors` and `value_function.json`.

        Raises
        ------
        InputError
            A file is missing, torn, changed or of another kind, such as a pickle; or it names a function that is
            neither of weigh nor of an installed extension (entry-point group `weigh.methods`), or no value
            function at all.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        home = Path(folder)
        about = _described(home / ABOUT)
        data = _read(home / PARAMS)
        if hashlib.sha256(data).hexdigest() != about["params_sha256"]:
            raise InputError(
                f"{home / PARAMS}: the file is torn, or not the one that was saved with {ABOUT} (sha256 differs); "
                "save the value function again"
            )
        _trusted(about["function"])
        try:
            params = load(data)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{home / PARAMS}: this is not a safetensors file ({error}); pickles and torch files are not read: "
                "save the value function with ValueFunction.save"
            ) from error
        return cls(about["function"], params, about["spec"])


def _described(file: Path) -> dict[str, Any]:
    try:
        about = json.loads(_read(file).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: this is not JSON ({error}); save the value function again") from error
    kinds = {"schema_version": int, "function": str, "spec": dict, "params_sha256": str}
    wrong = [key for key, kind in kinds.items() if not isinstance(about, dict) or not isinstance(about.get(key), kind)]
    if wrong or about["schema_version"] != SCHEMA_VERSION:
        raise InputError(
            f"{file}: {', '.join(wrong) or 'schema_version'} cannot be used; expected what version {SCHEMA_VERSION} of "
            "ValueFunction.save writes"
        )
    return about


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}); expected a folder that save() wrote") from error


def _trusted(address: str) -> None:
    module = address.partition(":")[0]
    if not _ADDRESS.fullmatch(address) or not _ours(module):
        raise InputError(
            f"the function {address!r} is neither in weigh nor in a module of an installed extension, so its name in a "
            "file is not followed; install the extension (entry-point group 'weigh.methods') that brings it"
        )
    function = _resolved(address)
    home = getattr(function, "__module__", None) or ""
    if not _ours(home) or _first_two(function) != ["params", "states"]:
        raise InputError(
            f"{address!r} is not a value function; expected one defined in weigh or an extension as "
            f"{address.partition(':')[2]}(params, states, ...)"
        )


def _ours(module: str) -> bool:
    if module.startswith("weigh."):
        return True
    listed = {point.module for point in importlib.metadata.entry_points(group="weigh.methods")}
    return any(module == name or module.startswith(f"{name}.") for name in listed)


def _first_two(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)[:2]
    except (TypeError, ValueError):
        return []


def _resolved(address: str) -> Callable[..., Any]:
    module, _, name = address.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"{address!r} cannot be found ({error}); check the name, or install what brings it") from error
    if not callable(function):
        raise InputError(f"{address!r} is a {type(function).__name__}; expected a function(params, states, ...)")
    return function
