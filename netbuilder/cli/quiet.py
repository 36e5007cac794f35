"""TensorFlow without the lines that its C++ side writes to stderr while it loads."""

from __future__ import annotations

import os
import sys
import tempfile


def load_tensorflow() -> None:
    """Import TensorFlow and Keras; what they write on the way is shown only if they fail."""
    if "keras" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr (pythonw on Windows)
        _import()
        return
    with tempfile.TemporaryFile() as told:
        os.dup2(told.fileno(), 2)
        try:
            _import()
        except BaseException:
            told.seek(0)
            os.write(kept, told.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _import() -> None:
    import keras
    import tensorflow as tf

    # The first tensor makes TensorFlow's C++ side speak once more.
    tf.zeros(())
    keras.backend.backend()
