"""Loading TensorFlow and Keras behind the window: the one place where the app does.

So the order of libraries can be changed here (DLL order on Windows has broken other packages).
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
from pathlib import Path

from netbuilder.core.garbage_collection import pause_collection
from netbuilder.core.tensorflow_output import filter_stderr, load_tensorflow

#: Collections of younger objects between two of all: ten are usual.
_RARELY = 100
_LIBRARIES = ("libtensorflow_framework", "libtensorflow_cc")


def load_keras() -> str:
    """Import TensorFlow and Keras; gives TensorFlow's version. Belongs into a thread."""
    # The libraries speak when they come into the process, whoever brings them there.
    with filter_stderr(), pause_collection():
        preload_libraries()
        load_tensorflow()
        import keras
        import tensorflow as tf

        # Loads what Keras puts off until the first layer is made.
        keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        gc.freeze()
    # All that is left would be looked through again and again, and the event loop waits for 0.05
    # to 0.2 s each time. What is left of networks is cleared up where they are let go.
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _RARELY)
    return str(tf.__version__)


def preload_libraries() -> None:
    """Bring TensorFlow's large libraries into the process without stopping other threads.

    Python holds its lock while it loads an extension, and the event loop waits for it: a third
    of a second for a gigabyte. ``dlopen`` called as a foreign function lets the lock go; the
    import then finds the libraries loaded. Where that fails the import does it all itself.
    """
    if os.name != "posix":
        return
    found = importlib.util.find_spec("tensorflow")
    if found is None or found.origin is None:
        return
    folder = Path(found.origin).parent
    try:
        dlopen = ctypes.CDLL(None).dlopen
    except (OSError, AttributeError):
        return
    dlopen.restype = ctypes.c_void_p
    dlopen.argtypes = [ctypes.c_char_p, ctypes.c_int]
    for name in _LIBRARIES:
        for path in sorted(folder.glob(f"{name}.*")):
            dlopen(os.fsencode(path), os.RTLD_LAZY)
