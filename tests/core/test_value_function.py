from __future__ import annotations

import hashlib
import importlib.metadata
import json
import pickle
import sys
import types

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.value_function import ABOUT, PARAMS, ValueFunction


def linear(params, states, *, scale=1.0):
    return scale * states @ params["w"] + params["b"]


def careless(path, states):
    raise AssertionError("must not run")


@pytest.fixture
def extension(monkeypatch):
    """An installed extension, as an entry point of the group `weigh.methods` makes one."""
    module = types.ModuleType("toy_extension")
    for function in (linear, careless):
        copy = types.FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
        copy.__kwdefaults__ = function.__kwdefaults__
        copy.__module__ = "toy_extension"
        setattr(module, function.__name__, copy)
    module.system = __import__("os").system
    monkeypatch.setitem(sys.modules, "toy_extension", module)
    point = importlib.metadata.EntryPoint("toy", "toy_extension", "weigh.methods")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: [point])


def a_function(address="toy_extension:linear"):
    # a transposed array is not contiguous, and safetensors would store it scrambled
    return ValueFunction(address, {"w": np.arange(6.0).reshape(3, 2).T, "b": np.float32(1)}, {"scale": 2.0})


@pytest.mark.usefixtures("extension")
def test_saved_and_loaded_agree(tmp_path):
    states = np.ones((4, 2))
    saved = a_function()
    loaded = ValueFunction.load(saved.save(tmp_path / "deep" / "v"))
    np.testing.assert_array_equal(loaded(states), saved(states))
    np.testing.assert_array_equal(loaded.params["w"], [[0, 2, 4], [1, 3, 5]])
    assert sorted(path.name for path in (tmp_path / "deep" / "v").iterdir()) == [PARAMS, ABOUT]


@pytest.mark.usefixtures("extension")
@pytest.mark.parametrize(
    "address",
    ["os:system", "subprocess:run", "toy_extension:system", "toy_extension:careless", "toy_extension_two:f",
     "weigh.core.value_function:os", "weigh.core.tables:write_table", "weigh.core.value_function:importlib"],
)  # fmt: skip
def test_names_in_files_run_nothing_else(tmp_path, address):
    folder = a_function().save(tmp_path)
    about = json.loads((folder / ABOUT).read_text())
    (folder / ABOUT).write_text(json.dumps({**about, "function": address}))
    with pytest.raises(InputError, match=r"not followed|not a value function|is a module|cannot be found"):
        ValueFunction.load(folder)


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    with pytest.raises(InputError, match="not followed"):
        a_function("os:system").save(tmp_path / "v")
    assert not (tmp_path / "v").exists()


@pytest.mark.usefixtures("extension")
def test_torn_changed_and_pickled_files_are_refused(tmp_path):
    folder = a_function().save(tmp_path)
    good = (folder / PARAMS).read_bytes()
    about = json.loads((folder / ABOUT).read_text())
    for data in (good[:-8], b"", good + b"x"):
        (folder / PARAMS).write_bytes(data)
        with pytest.raises(InputError, match="torn"):
            ValueFunction.load(folder)
    # even with a checksum that fits, a pickle is not read
    data = pickle.dumps({"w": 1})
    (folder / PARAMS).write_bytes(data)
    (folder / ABOUT).write_text(json.dumps({**about, "params_sha256": hashlib.sha256(data).hexdigest()}))
    with pytest.raises(InputError, match="not a safetensors file"):
        ValueFunction.load(folder)
    (folder / ABOUT).write_text(json.dumps(about)[:-4])
    with pytest.raises(InputError, match="not JSON"):
        ValueFunction.load(folder)
    (folder / ABOUT).write_text(json.dumps({**about, "schema_version": 99}))
    with pytest.raises(InputError, match="schema_version"):
        ValueFunction.load(folder)
    (folder / ABOUT).unlink()
    with pytest.raises(InputError, match="cannot be read"):
        ValueFunction.load(folder)


@pytest.mark.parametrize("address", ["no colon", "a:b.c", "a:b()", ":f", "../x:f"])
def test_names_have_one_form(address):
    with pytest.raises(InputError, match="module:function"):
        ValueFunction(address, {})


def test_params_are_numbers():
    with pytest.raises(InputError, match="expected numbers"):
        ValueFunction("weigh.a:b", {"w": np.array([object()])})
