"""The one place that silences TensorFlow: while it loads, while it works, while it exports.

Its C++ side writes to stderr before its log levels are set up ("All log messages before
absl::InitializeLog() is called ..."), so no environment variable keeps that away; its Python side
prints, warns and logs. All of it frightens beginners and tells them nothing.
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

from netbuilder.core.process_setup import check_processor, require_tensorflow_needs

_NOISE = re.compile(
    rb"WARNING: All log messages before absl"
    rb"|[IWE]\d{4} \d\d:\d\d"
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] "
    rb"|To enable the following instructions"
    rb"|This TensorFlow binary is optimized"
)
# What converters say beside; their errors rise as exceptions too.
_EXPORT_NOISE = re.compile(
    _NOISE.pattern
    + rb"|INFO: |WARNING: |loc\(|<unknown>|.*(error|note|warning): |\s*$|\s*fully_quant"
)
_LOGGERS = ("tensorflow", "absl", "tf2onnx")
# Flags of XLA, of the releases of TensorFlow that were seen to know them.
_KNOWN_TO = ("2.21",)
FLAGS = {
    # A program is handed to LLVM whole, instead of in 32 pieces to as many threads. Twice in some
    # thousands of compilations LLVM ended the process in one of those threads, with no call of
    # ours under way (``llvm::EVT::isExtendedVector`` on a type that was gone). On two cores the
    # pieces are no faster.
    "--xla_cpu_parallel_codegen_split_count": "1",
    # A loop over less than so many bytes becomes one function. Else its operations, which take
    # nanoseconds in a network of some hundred weights, are handed one by one to several threads:
    # a playground network trained six times slower and kept two processors busy. From 64 kB on
    # recurrent layers, from 400 kB on dense ones, would be slower: products of matrices are plain
    # loops in such a function.
    "--xla_backend_extra_options": "xla_cpu_small_while_loop_byte_threshold=32768",
}
_loaded: list[bool] = []


def load_tensorflow(compute: bool = True) -> None:
    """Import TensorFlow and Keras; what they write on the way is shown only if they fail.

    ``compute=False`` computes nothing yet: several machines must find each other before.

    Raises:
        UserError: the processor cannot run TensorFlow.
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

        # The first tensor makes TensorFlow's C++ side speak once more.
        if compute:
            tf.zeros(())
    # The third of a million objects that came stay to the end. Looked through for garbage, they
    # would stop everything for a sixth of a second each time.
    gc.freeze()
    _loaded.append(True)


def set_up_xla(release: str) -> None:
    """Tell XLA how to compile, as far as the person's own ``XLA_FLAGS`` do not say it.

    XLA ends the process at a flag that it does not know, so only releases of TensorFlow that were
    seen to know them are told; it reads the variable at its first compilation.
    """
    if ".".join(release.split(".")[:2]) not in _KNOWN_TO:
        return
    flags = os.environ.get("XLA_FLAGS", "")
    new = [f"{name}={value}" for name, value in FLAGS.items() if name not in flags]
    os.environ["XLA_FLAGS"] = " ".join([flags, *new]).strip()


@contextmanager
def mute_output() -> Iterator[None]:
    """Within, Python's prints, warnings and TensorFlow's logs stay silent; errors still rise."""
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
    """Within, stderr is kept; at the end all lines but TensorFlow's chatter are written to it.

    An error shows everything, unless ``always``: then its message says it. Works on the file
    descriptor, so for other threads too.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, AttributeError):  # there is no stderr (pythonw on Windows)
        yield
        return
    with tempfile.TemporaryFile() as told:
        os.dup2(told.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            told.seek(0)
            for line in told:
                if (failed and not always) or not noise.match(line):
                    os.write(kept, line)
            os.close(kept)
