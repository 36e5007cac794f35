"""How much memory training needs, and how much there is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from netbuilder.core.check.shapes.shapes import FLOAT_BYTES, Shapes
from netbuilder.core.project.model import Training

#: Values that an optimizer keeps for each trained weight; 2 for those not named.
_SLOTS = {"SGD": 1, "RMSprop": 2, "Adagrad": 1, "Adafactor": 1, "Lion": 1, "Muon": 2}


def training_memory(shapes: Shapes, training: Training) -> int:
    """Bytes that training holds at once, estimated before anything is built.

    Weights, their gradients and the optimizer's values for each, and every layer's output of one
    batch, forward and backward. A rough lower bound: workspaces of the kernels come on top.
    """
    slots = _SLOTS.get(training.optimizer.name, 2)
    weights = shapes.total_parameters + shapes.trainable_parameters * (1 + slots)
    return weights * FLOAT_BYTES + 2 * shapes.activation_bytes * training.batch_size


def machine_memory() -> int | None:
    """Bytes of memory that this process may use at most; None where the system does not say."""
    found = [size for size in (_installed(), _control_group()) if size]
    return min(found) if found else None


def _installed() -> int | None:
    if sys.platform == "win32":
        return _windows()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def _control_group() -> int | None:
    """The limit of a container (Linux control groups, version 2 and 1)."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return int(Path("/sys/fs/cgroup", name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
    return None


def _windows() -> int | None:
    """``GlobalMemoryStatusEx`` of kernel32: total physical memory."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((f"size{n}", ctypes.c_ulonglong) for n in range(7)),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  only there on Windows
    return int(status.size0) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
