"""Keeps small what a run pays before its first step: tracing, and TensorFlow's graph optimizer."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def no_collection() -> Iterator[None]:
    """Let Python's garbage collector rest.

    Tracing makes hundreds of thousands of objects that stay; going through all of them again and
    again to find garbage takes a tenth of its time.
    """
    resting = not gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not resting:
            gc.enable()


@contextmanager
def unoptimized_calls(wanted: bool = True) -> Iterator[None]:
    """Run TensorFlow's functions as traced, on this thread.

    Its graph optimizer takes 0.1 to 0.2 s at the first call of a program. What it gains a step,
    up to a tenth, does not bring that back in a network so small that XLA takes over soon.
    """
    options = _call_options() if wanted else None
    if options is None:
        yield
        return
    from tensorflow.python.eager import context

    held = context.context()
    usual = held.function_call_options
    held.function_call_options = options
    try:
        yield
    finally:
        held.function_call_options = usual


@cache
def _call_options() -> Any:
    """TensorFlow's options without its graph optimizer; None where it does not know such."""
    # No public interface sets this for a thread: `tf.config.optimizer` does for the process.
    try:
        from tensorflow.core.protobuf import config_pb2
        from tensorflow.python.eager import context

        config = config_pb2.ConfigProto()
        config.CopyFrom(context.context().config)
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        return context.FunctionCallOptions(config_proto=config)
    except (ImportError, AttributeError):
        return None
