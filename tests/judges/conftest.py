"""A tiny language model for the tests of judges, and where caches lie meanwhile."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from tiny_models import save_model

USER_CACHE = os.environ.get("WEIGH_CACHE")


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Tests write no fingerprints into the user's cache."""
    patch = pytest.MonkeyPatch()
    patch.setenv("WEIGH_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


@pytest.fixture(scope="module")
def user_cache():
    """Where the user's converted model lies, which takes 15 s to make."""
    patch = pytest.MonkeyPatch()
    patch.setenv("WEIGH_CACHE", USER_CACHE) if USER_CACHE else patch.delenv("WEIGH_CACHE", raising=False)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def build(tmp_path_factory, cache):
    """Builds the folder of a tiny model."""
    return lambda kind="llama", **config: save_model(tmp_path_factory.mktemp(kind), kind, **config)


@pytest.fixture(scope="session")
def tiny_folder(build):
    return build()


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    from weigh.judges.local import LocalModel

    return LocalModel(tiny_folder, name="tiny", precision="fp32", threads=1)
