"""Long work of Keras and TensorFlow that cannot be asked to end: it is interrupted instead."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Generic, TypeVar

from netbuilder.core.errors import TrainingError
from netbuilder.core.i18n import gettext as _

Result = TypeVar("Result")

# How often whoever waits looks whether to go on waiting; when an interruption is tried again.
_LOOK_SECONDS, _AGAIN_SECONDS = 0.05, 1.0


class StoppedBeforeStartError(TrainingError):
    """The network was still being built when the run was stopped."""

    def __init__(self) -> None:
        super().__init__(
            _("The training was stopped before it started."),
            _("Start the training again."),
            code="stopped_before_start",
        )


class _Interrupted(SystemExit):
    """Ends the thread, in silence, at the next instruction of Python."""


class Interruptible(Generic[Result]):
    """Work in a thread of its own, which whoever waits for it may leave at any time.

    Building a deep network and tracing its gradients is minutes of Python inside of Keras and
    TensorFlow, which look at no flag. What they keep for a thread goes with the thread.
    """

    def __init__(self, work: Callable[[], Result], name: str) -> None:
        import keras  # noqa: F401  # not in the thread, where an import may be interrupted

        self._work = work
        self._result: list[Result] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result.append(self._work())
        except _Interrupted:
            pass
        except Exception as error:  # noqa: BLE001 - it is raised again for whoever waits
            self._error = error

    def wait(self, stopped: Callable[[], bool]) -> Result:
        """The work's result, once it is there.

        Args:
            stopped: asked again and again, on this thread; True leaves the work.

        Raises:
            StoppedBeforeStartError: ``stopped``, or somebody else has interrupted it.
        """
        while self._thread.is_alive():
            if stopped():
                raise StoppedBeforeStartError
            self._thread.join(_LOOK_SECONDS)
        if self._error is not None:
            raise self._error
        if not self._result:
            raise StoppedBeforeStartError
        return self._result[0]

    def wait_or_end(self, stopped: Callable[[], bool]) -> Result:
        """As ``wait``; whatever ends the waiting ends the work."""
        try:
            return self.wait(stopped)
        except BaseException:
            self.interrupt()
            raise

    def interrupt(self) -> None:
        """End the work as soon as it is in Python again; returns at once."""
        threading.Thread(target=self._insist, name="netbuilder-interrupt", daemon=True).start()

    def _insist(self) -> None:
        # More than once: in a finalizer, say, the first is swallowed.
        while self._thread.is_alive():
            ident = self._thread.ident or 0
            if not _imports(sys._current_frames().get(ident)):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(ident), ctypes.py_object(_Interrupted)
                )
                self._thread.join(_AGAIN_SECONDS)
            self._thread.join(_LOOK_SECONDS)


def _imports(frame: FrameType | None) -> bool:
    """Whether a module is being imported there: half of one would stay for the whole program."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
