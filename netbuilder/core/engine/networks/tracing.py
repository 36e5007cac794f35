"""Limits the time and the memory that tracing costs."""

from __future__ import annotations

import ctypes
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from netbuilder.core.process import garbage_collection

_TRACING = threading.RLock()
# Of the thread; no public interface gives it back once it was reset.
_NAMES = "object_name_uids"


@contextmanager
def tracing() -> Iterator[None]:
    """Wrap the tracing of a function that has gradients in it.

    Each trace of a ``tf.custom_gradient`` (as in Keras's optimizers) registers a gradient for ever
    that holds the graph, 2 to 4 MB. It is needed only while tracing, so it is removed here.
    Traces run one at a time, so that none loses what it still needs.
    """
    with _TRACING, garbage_collection.pause_collection():
        registry = _gradients()
        before = set(registry)
        try:
            yield
        finally:
            for name in [name for name in registry if name not in before]:
                if name.startswith("CustomGradient-"):
                    del registry[name]


@contextmanager
def reset_keras_names() -> Iterator[None]:
    """Let Keras number its names ("adam_3") from the beginning within.

    TensorFlow keeps 36 kB by each variable's name for ever, so rebuilt networks must reuse names.
    """
    try:
        from keras.src.backend.common import global_state
    except ImportError:
        yield
        return
    names = global_state.get_global_attribute(_NAMES)
    global_state.set_global_attribute(_NAMES, defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_NAMES, names)


def release() -> None:
    """Free the memory of networks that are gone; takes about 0.06 s.

    Networks are reference cycles, which only the garbage collector frees: here, not within a run.
    TensorFlow keeps 1 MB of kernels for each network of other sizes for ever; live networks make
    theirs again at the next call. glibc returns freed memory only when told to.
    """
    garbage_collection.collect()
    # No public interface does this alone; ``keras.utils.clear_session`` does it among the rest.
    with suppress(ImportError, AttributeError):
        from tensorflow.python.eager import context

        context.context().clear_kernel_cache()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def traced_in_first_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` with its first call, which traces it, within ``tracing``."""
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
    """Return TensorFlow's gradients by name; empty where it keeps them elsewhere."""
    # No public interface lists them, or takes one out.
    try:
        from tensorflow.python.framework import ops

        registry = ops.gradient_registry._registry
        return registry if isinstance(registry, dict) else {}
    except (ImportError, AttributeError):
        return {}


@contextmanager
def unoptimized_calls(enabled: bool = True) -> Iterator[None]:
    """Run TensorFlow's functions without its graph optimizer, on this thread.

    It takes 0.1 to 0.2 s at the first call and gains at most a tenth a step, too little for a small
    network that XLA takes over soon.
    """
    options = _call_options() if enabled else None
    if options is None:
        yield
        return
    from tensorflow.python.eager import context

    eager = context.context()
    usual = eager.function_call_options
    eager.function_call_options = options
    try:
        yield
    finally:
        eager.function_call_options = usual


@cache
def _call_options() -> Any:
    """Return TensorFlow's options without its graph optimizer; None where it has none."""
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
