"""What draws a run is imported beforehand, on the GUI thread, in pieces that nobody notices.

Not on another thread: Qt asks a widget for its class without Python's lock, PySide keeps classes
in one table on Python before 3.12, and the program ends where Qt looks into it while another
thread defines a class of widgets. pyqtgraph defines two hundred.
"""

from __future__ import annotations

import ast
import ctypes
import gc
import importlib
import importlib.machinery
import importlib.util
import logging
import os
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from datetime import datetime
from importlib.abc import Loader, MetaPathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.garbage_collection import pause_collection
from netbuilder.core.process_setup import check_processor
from netbuilder.core.tensorflow_output import filter_stderr, load_tensorflow
from netbuilder.core.wording import format_moment

#: Collections of younger objects between two of all: ten are usual.
_RARELY = 100
_LIBRARIES = ("libtensorflow_framework", "libtensorflow_cc")


def load_keras() -> str:
    """Import TensorFlow and Keras; gives TensorFlow's version. Belongs into a thread."""
    check_processor()
    # The libraries speak when they come into the process, whoever brings them there.
    with filter_stderr(), pause_collection():
        preload_libraries()
        load_tensorflow()
        import keras
        import tensorflow as tf

        # Loads what Keras puts off until the first layer is made.
        keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        # The language's words for dates take a tenth of a second: not at the end of the first run.
        format_moment(datetime.now())
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
    found = find_spec("tensorflow")
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


log = logging.getLogger(__name__)

#: Of the standard library and others: what pyqtgraph imports that is not of Qt. Any thread may.
_PLAIN = (
    "cProfile",
    "decimal",
    "importlib.resources",
    "multiprocessing.connection",
    "numpy.typing",
    "pkgutil",
    "pydoc",
    "subprocess",
    "xml.etree.ElementTree",
)
_LAZY = ("QtCore", "QtGui", "QtWidgets")
_MORE = ("QtSvg", "QtOpenGL", "QtOpenGLWidgets", "QtTest")
_DRAWING = (
    "netbuilder.ui.plots.training_curves",
    "netbuilder.ui.plots.live.layer_strips",
    "netbuilder.ui.services.runs.run_tracker",
    "netbuilder.ui.training.curve_view",
)
#: So long one piece goes on taking small steps, and so long the window has then.
PIECE_SECONDS = 0.004
PAUSE_MS = 2


class _PiecewiseImporter(MetaPathFinder, Loader):
    """Imports a package statement by statement of its first file.

    Whoever imports it in between has the rest done at once: until it is whole it is hidden, so
    that Python asks this finder for it again.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: ModuleType | None = None
        self._left: list[ast.stmt] = []

    def steps(self) -> Generator[None]:
        if self._name in sys.modules:
            return
        spec = importlib.util.find_spec(self._name)
        if spec is None or spec.origin is None or not _has_source(spec):
            importlib.import_module(self._name)
            return
        self._left = ast.parse(Path(spec.origin).read_bytes(), spec.origin).body
        self._module = importlib.util.module_from_spec(spec)
        sys.meta_path.insert(0, self)
        try:
            while self._left:
                sys.modules[self._name] = self._module
                try:
                    self._step()
                finally:
                    if self._left:
                        del sys.modules[self._name]
                yield
        finally:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._name or self._module is None:
            return None
        origin = self._module.__file__
        return importlib.util.spec_from_file_location(
            name, origin, loader=self, submodule_search_locations=list(self._module.__path__)
        )

    def create_module(self, _spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._module

    def exec_module(self, _module: ModuleType) -> None:
        while self._left:
            self._step()

    def _step(self) -> None:
        assert self._module is not None
        statement, *self._left = self._left
        code = compile(ast.Module([statement], []), str(self._module.__file__), "exec")
        exec(code, self._module.__dict__)


def _has_source(spec: importlib.machinery.ModuleSpec) -> bool:
    return isinstance(spec.loader, importlib.machinery.SourceFileLoader)


def import_without_qt() -> None:
    """Import what it needs beside Qt; belongs into a thread."""
    for name in _PLAIN:
        importlib.import_module(name)


def _steps() -> Generator[None]:
    for name in _MORE:
        with suppress(ImportError):
            importlib.import_module(f"PySide6.{name}")
        yield
    # PySide makes each class when it is first asked for it, and pyqtgraph asks for all.
    for name in () if "pyqtgraph" in sys.modules else _LAZY:
        module = importlib.import_module(f"PySide6.{name}")
        for member in dir(module):
            getattr(module, member, None)
            yield
    yield from _PiecewiseImporter("pyqtgraph").steps()
    for name in _DRAWING:
        importlib.import_module(name)
        yield


class GradualImports(QObject):
    """``done()`` once all is imported; ``begin`` as often as one likes."""

    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.finished = False
        self._steps = _steps()
        self._timer = QTimer(self, interval=PAUSE_MS)
        self._timer.timeout.connect(self._go_on)

    def begin(self) -> None:
        """Import behind what the window does; ``import_without_qt`` has been called."""
        if self.finished:
            self.done.emit()
            return
        self._timer.start()

    def close(self) -> None:
        """Leave the rest to whoever needs it."""
        self._timer.stop()
        self._steps.close()

    def _go_on(self) -> None:
        until = time.perf_counter() + PIECE_SECONDS
        try:
            while time.perf_counter() < until:
                if next(self._steps, self) is self:
                    self._end()
                    return
        except ImportError as error:
            # Whoever needs it says why.
            log.warning("not imported beforehand", exc_info=error)
            self._end()

    def _end(self) -> None:
        self.finished = True
        self._timer.stop()
        self.done.emit()
