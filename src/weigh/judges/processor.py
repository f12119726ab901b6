"""What the processor can do and how busy it is."""

from __future__ import annotations

import os

import psutil

from weigh.core.errors import need


def has_bf16(device: str = "cpu") -> bool:
    """Whether bf16 is faster than fp32 here: matrix units for it, not mere support."""
    torch = need("torch", "llm")
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    if device != "cpu":
        return False
    return any(flag in cpu_flags() for flag in ("avx512_bf16", "amx_bf16", "bf16"))


def cpu_flags() -> frozenset[str]:
    """Features that the processor reports; empty where the system does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.lower().startswith(("flags", "features")):
                    return frozenset(line.split(":", 1)[1].split())
    except OSError:
        pass
    return frozenset()


def choose_threads() -> int:
    """Threads for which there are idle cores; two threads beside a busy process run ten times slower than one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    busy = psutil.cpu_percent(interval=0.2) / 100 * (psutil.cpu_count() or cores)
    return max(1, min(cores, round(cores - busy)))
