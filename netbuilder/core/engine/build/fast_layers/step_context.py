"""Whether a layer is called within the training step of a program, and how that is compiled.

Keras says to a layer that it trains, which it also does where a view asks for gradients; there a
layer must give what it is known for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_KIND: ContextVar[str] = ContextVar("netbuilder_training_step", default="")


@contextmanager
def training_step(kind: str) -> Iterator[None]:
    """Around the tracing of a training step.

    Args:
        kind: of compilation: "graph", or one of XLA's, "step" and "loop".
    """
    token = _KIND.set(kind)
    try:
        yield
    finally:
        _KIND.reset(token)


def in_training_step() -> bool:
    """Whether a training step is being traced on this thread."""
    return bool(_KIND.get())


def compiled_by_xla() -> bool:
    """Whether it is one that XLA compiles."""
    return _KIND.get() in ("step", "loop")
