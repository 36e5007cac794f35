"""Keeps small what tracing costs: time before the first step, memory that would stay for ever."""

from __future__ import annotations

import ctypes
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from netbuilder.core import garbage_collection

_TRACING = threading.RLock()
# Of the thread; no public interface gives it back once it was reset.
_NAMES = "object_name_uids"


@contextmanager
def tracing() -> Iterator[None]:
    """Around the tracing of a function that has gradients in it.

    An operation with a gradient of its own (``tf.custom_gradient``: Keras's optimizers have one in
    ``all_reduce``) registers it under a new name in every graph that it is traced into, for ever,
    and the gradient holds the whole graph: 2 to 4 MB. It is looked up only while gradients are
    traced, so what a trace has registered is taken out again behind it. One trace at a time, so
    that none loses what it still needs.
    """
    with _TRACING, garbage_collection.pause_collection():
        held = _gradients()
        before = set(held)
        try:
            yield
        finally:
            for name in [one for one in held if one not in before]:
                if name.startswith("CustomGradient-"):
                    del held[name]


@contextmanager
def reset_keras_names() -> Iterator[None]:
    """Within, Keras numbers what it names by itself ("adam_3") from the beginning.

    TensorFlow keeps what it has made ready for a variable, 36 kB, by the variable's name and for
    ever: networks that are built again and again must not have names that were never there before.
    """
    try:
        from keras.src.backend.common import global_state
    except ImportError:
        yield
        return
    held = global_state.get_global_attribute(_NAMES)
    global_state.set_global_attribute(_NAMES, defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_NAMES, held)


def release() -> None:
    """Give back what is kept of networks that are gone; takes about 0.06 s.

    A network is full of circles, which Python's garbage collector alone takes apart: here, where
    nothing else happens, and not in the middle of a run, which it would stop for that long.

    TensorFlow keeps what it has made ready for an operation by the operation's attributes, a
    variable's shape among them, for ever: 1 MB for each network of other sizes. Networks that live
    on have theirs made ready again at their next call. What was freed stays with the process in
    pieces until the C library is told to hand it back (glibc alone needs that).
    """
    garbage_collection.collect()
    # No public interface does this alone; ``keras.utils.clear_session`` does it among the rest.
    with suppress(ImportError, AttributeError):
        from tensorflow.python.eager import context

        context.context().clear_kernel_cache()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def traced_in_first_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, with its first call, which traces it, within ``tracing``."""
    called = False

    def call(*arguments: Any) -> Any:
        nonlocal called
        if called:
            return function(*arguments)
        called = True
        with tracing():
            return function(*arguments)

    return call


def _gradients() -> dict[str, Any]:
    """TensorFlow's gradients by name; an empty one where it keeps them elsewhere."""
    # No public interface lists them, or takes one out.
    try:
        from tensorflow.python.framework import ops

        held = ops.gradient_registry._registry
        return held if isinstance(held, dict) else {}
    except (ImportError, AttributeError):
        return {}


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
