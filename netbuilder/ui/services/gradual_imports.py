"""Import what draws a run in advance, on the GUI thread, in pieces too short to notice.

Importing on another thread crashes: Qt reads a widget's class without the GIL, and before
Python 3.12 PySide's class table must not change meanwhile. pyqtgraph defines 200 classes.
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

from netbuilder.core.folders import resource_json
from netbuilder.core.process.garbage_collection import pause_collection
from netbuilder.core.process.process_setup import check_processor
from netbuilder.core.process.tensorflow_output import filter_stderr, load_tensorflow
from netbuilder.core.wording import format_moment

#: Collections of younger objects per full collection; Python's default is 10.
_RARELY = 100
_LIBRARIES = ("libtensorflow_framework", "libtensorflow_cc")


def load_keras() -> str:
    """Import TensorFlow and Keras; return TensorFlow's version. For a worker thread."""
    check_processor()
    with filter_stderr(), pause_collection():
        preload_libraries()
        load_tensorflow()
        import keras
        import tensorflow as tf

        # Keras imports some modules only with the first layer.
        keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        # Loading the locale's date format takes 0.1 s.
        format_moment(datetime.now())
        gc.freeze()
    # A full collection stops the event loop for 0.05 to 0.2 s.
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _RARELY)
    return str(tf.__version__)


def preload_libraries() -> None:
    """Load TensorFlow's large libraries without blocking other threads.

    An import holds the GIL for a third of a second while it loads them; ``dlopen`` through ctypes
    releases it. If this fails, the import loads them.
    """
    if os.name != "posix":
        return
    spec = find_spec("tensorflow")
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent
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

#: Modules without Qt that pyqtgraph imports; any thread may import them.
_PLAIN: list[str] = resource_json("modules.json")["plain"]
_LAZY = ("QtCore", "QtGui", "QtWidgets")
_MORE = ("QtSvg", "QtOpenGL", "QtOpenGLWidgets", "QtTest")
_DRAWING: list[str] = resource_json("modules.json")["drawing"]
#: Length of one piece, and of the pause after it.
PIECE_SECONDS = 0.004
PAUSE_MS = 2


class _PiecewiseImporter(MetaPathFinder, Loader):
    """Imports a package statement by statement of its ``__init__``.

    Until it is complete it is hidden from ``sys.modules``, so that an import elsewhere asks this
    finder, which completes it at once.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: ModuleType | None = None
        self._left: list[ast.stmt] = []

    def steps(self) -> Generator[None]:
        if self._name in sys.modules:
            return
        spec = importlib.util.find_spec(self._name)
        source = importlib.machinery.SourceFileLoader
        if spec is None or spec.origin is None or not isinstance(spec.loader, source):
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


def import_without_qt() -> None:
    """Import pyqtgraph's dependencies other than Qt; for a worker thread."""
    for name in _PLAIN:
        importlib.import_module(name)


def _steps() -> Generator[None]:
    for name in _MORE:
        with suppress(ImportError):
            importlib.import_module(f"PySide6.{name}")
        yield
    # PySide creates classes lazily, and pyqtgraph accesses all of them.
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
    """Emits ``done()`` when everything is imported; ``begin`` may be called repeatedly."""

    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.finished = False
        self._steps = _steps()
        self._timer = QTimer(self, interval=PAUSE_MS)
        self._timer.timeout.connect(self._go_on)

    def begin(self) -> None:
        """Start importing; ``import_without_qt`` must have been called."""
        if self.finished:
            self.done.emit()
            return
        self._timer.start()

    def close(self) -> None:
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
            log.warning("not imported beforehand", exc_info=error)
            self._end()

    def _end(self) -> None:
        self.finished = True
        self._timer.stop()
        self.done.emit()
