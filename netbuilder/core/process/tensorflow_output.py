"""Silence TensorFlow while it loads, works and exports.

Its C++ side writes to stderr before its log levels are set up, so no environment variable helps;
its Python side prints, warns and logs. None of it helps a beginner.
"""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from netbuilder.core.process.process_setup import check_processor, require_tensorflow_needs

_NOISE = re.compile(
    rb"WARNING: All log messages before absl"
    rb"|[IWE]\d{4} \d\d:\d\d"
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] "
    rb"|To enable the following instructions"
    rb"|This TensorFlow binary is optimized"
)
# Output of converters, whose errors are raised as exceptions too.
_EXPORT_NOISE = re.compile(
    _NOISE.pattern
    + rb"|INFO: |WARNING: |loc\(|<unknown>|.*(error|note|warning): |\s*$|\s*fully_quant"
)
_LOGGERS = ("tensorflow", "absl", "tf2onnx")
# TensorFlow releases that are known to accept these XLA flags.
_KNOWN_TO = ("2.21",)
FLAGS = {
    # Compile in one piece instead of 32 threads, in which LLVM crashed twice in thousands of
    # compilations (``llvm::EVT::isExtendedVector``). On two cores threads are no faster.
    "--xla_cpu_parallel_codegen_split_count": "1",
    # A loop over fewer bytes becomes one function, instead of handing operations of nanoseconds
    # to threads: a playground network trains six times faster. Larger recurrent (64 kB) and dense
    # layers (400 kB) would be slower: such a function multiplies matrices in plain loops.
    "--xla_backend_extra_options": "xla_cpu_small_while_loop_byte_threshold=32768",
}
_loaded: list[bool] = []


def load_tensorflow(compute: bool = True) -> None:
    """Import TensorFlow and Keras silently, unless it fails.

    ``compute=False`` does not compute yet: several machines must connect first. Raise UserError if
    the processor cannot run TensorFlow.
    """
    if _loaded:
        return
    require_tensorflow_needs()
    check_processor()
    with filter_stderr():
        import keras  # noqa: F401
        import tensorflow as tf
        from absl import logging as absl_logging

        set_up_xla(tf.__version__)
        # Keras writes advice for programmers here ("You are saving your model as ...").
        tf.get_logger().setLevel("ERROR")
        absl_logging.set_verbosity(absl_logging.ERROR)

        # The first tensor logs once more.
        if compute:
            tf.zeros(())
    # A third of a million permanent objects: scanning them would pause everything for 1/6 s.
    gc.freeze()
    _loaded.append(True)


def set_up_xla(release: str) -> None:
    """Set XLA's flags that the user's own ``XLA_FLAGS`` does not set.

    XLA ends the process at an unknown flag, so only tested releases get them.
    """
    if ".".join(release.split(".")[:2]) not in _KNOWN_TO:
        return
    flags = os.environ.get("XLA_FLAGS", "")
    new = [f"{name}={value}" for name, value in FLAGS.items() if name not in flags]
    os.environ["XLA_FLAGS"] = " ".join([flags, *new]).strip()


@contextmanager
def mute_output() -> Iterator[None]:
    """Mute prints, warnings and TensorFlow's logs; errors are still raised."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with filter_stderr(_EXPORT_NOISE, always=True):
                yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def filter_stderr(noise: re.Pattern[bytes] = _NOISE, *, always: bool = False) -> Iterator[None]:
    """Collect stderr within, then write all lines except TensorFlow's log.

    An error shows everything, unless ``always``. Works on the file descriptor, for all threads.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        sys.stderr.flush()
        stderr = os.dup(2)
    except (OSError, AttributeError):  # no stderr (pythonw on Windows)
        yield
        return
    with tempfile.TemporaryFile() as output:
        os.dup2(output.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            output.seek(0)
            for line in output:
                if (failed and not always) or not noise.match(line):
                    os.write(stderr, line)
            os.close(stderr)
