"""Random clicks, drags and keys in a real window: nothing of the log may be a traceback.

    python benchmarks/monkey.py                        # 10,000 events, four seeds
    python benchmarks/monkey.py --events 2000 --seeds 7 8 --example moons
    xvfb-run -s "-screen 0 1366x768x24" python benchmarks/monkey.py --platform xcb

Each seed has a process of its own with folders of its own. File dialogs are dismissed, links and
files are not opened, so that no file of this machine is touched. Prints a JSON object per seed:
the tracebacks that were logged, each once with its number, and the events before the first of
each; a process that crashed or hung has the lines that Python wrote about it. Exits with 1 if
there is any.

Events are the same for the same seed; what threads do meanwhile is not.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter, deque
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

HANG_SECONDS = 120  # without an event: the window hangs
_FAULTS = "faults.txt"  # in the child's folder: stacks of a crash
_HISTORY = 25  # events told before a traceback
_TYPED = "0123456789abcdefghijklmnopqrstuvwxyzäß .,-=()[]{}'\"×%"


class TracebackRecorder(logging.Handler):
    """Collects what the program logs as an error, and what no handler caught."""

    def __init__(self, recent: deque[str]) -> None:
        super().__init__(logging.ERROR)
        self._recent = recent
        self.counts: Counter[str] = Counter()
        self.first: dict[str, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a log record of level ERROR or above."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += "\n" + "".join(traceback.format_exception(record.exc_info[1]))
        self.add(text)

    def add(self, text: str) -> None:
        """Keep a text, with the events that came before it."""
        self.counts[text] += 1
        self.first.setdefault(text, list(self._recent))


class Monkey:
    """Does one random thing in each turn of the event loop.

    Args:
        seed: of the random numbers.
        events: how many to do.
        window: gives the main window; makes another one where it was closed.
        recent: the last events, in words.
        faults: file for the stacks of a window that hangs.
    """

    def __init__(
        self, seed: int, events: int, window: Any, recent: deque[str], faults: Any
    ) -> None:
        self._faults = faults
        self._random, self._left, self._window = random.Random(seed), events, window
        self._recent = recent
        self.done = 0

    def start(self) -> None:
        """Begin; the application quits after the last event."""
        from PySide6.QtCore import QTimer

        QTimer.singleShot(0, self._turn)

    def _turn(self) -> None:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True, file=self._faults)
        if self._left <= 0:
            QApplication.exit(0)
            QTimer.singleShot(50, self._turn)  # a dialog's own loop may have to end first
            return
        # What opens a dialog or a menu does not come back before it is closed: the next event
        # comes from a timer of its own.
        QTimer.singleShot(self._random.choice((0, 0, 0, 5, 20)), self._turn)
        self._left -= 1
        self.done += 1
        self._act()

    def _act(self) -> None:
        from PySide6.QtWidgets import QApplication, QFileDialog

        modal = QApplication.activeModalWidget()
        if isinstance(modal, QFileDialog):
            self._tell("dismiss", modal)
            modal.reject()
            return
        target = QApplication.activePopupWidget() or modal or self._some_window()
        if target is None:
            return
        acts = (self._click,) * 8 + (self._press_key,) * 6 + (self._type,) * 2
        acts += (self._drag,) * 4 + (self._wheel, self._double_click, self._context_menu)
        self._random.choice(acts)(target)

    def _some_window(self) -> Any:
        from PySide6.QtWidgets import QApplication, QDialog

        main = self._window()
        shown = [w for w in QApplication.topLevelWidgets() if w.isVisible() and w.isWindow()]
        dialogs = [w for w in shown if isinstance(w, QDialog)]
        if dialogs and self._random.random() < 0.4:
            return self._random.choice(dialogs)
        if dialogs and self._random.random() < 0.05:
            self._random.choice(dialogs).close()
        return main

    def _place(self, top: Any) -> tuple[Any, Any]:
        """A widget and a place in it: anywhere in the window, or on a widget of any size."""
        from PySide6.QtCore import QPoint
        from PySide6.QtWidgets import QWidget

        if self._random.random() < 0.5:
            parts = [w for w in top.findChildren(QWidget) if w.isVisible() and w.width() > 0]
            if parts:
                one = self._random.choice(parts)
                spot = QPoint(
                    self._random.randrange(max(one.width(), 1)),
                    self._random.randrange(max(one.height(), 1)),
                )
                return one.childAt(spot) or one, spot
        spot = QPoint(
            self._random.randrange(max(top.width(), 1)),
            self._random.randrange(max(top.height(), 1)),
        )
        under = top.childAt(spot) or top
        return under, under.mapFrom(top, spot)

    def _modifiers(self) -> Any:
        from PySide6.QtCore import Qt

        kinds = Qt.KeyboardModifier
        none = (kinds.NoModifier,) * 6
        return self._random.choice(
            (*none, kinds.ShiftModifier, kinds.ControlModifier, kinds.AltModifier)
        )

    def _tell(self, what: str, widget: Any, more: object = "") -> None:
        name = widget.objectName() or widget.accessibleName()
        self._recent.append(f"{self.done} {what} {type(widget).__name__} {name!r} {more}".strip())

    def _click(self, top: Any) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        widget, spot = self._place(top)
        self._tell("click", widget, spot.toTuple())
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, self._modifiers(), spot)

    def _double_click(self, top: Any) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        widget, spot = self._place(top)
        self._tell("double click", widget, spot.toTuple())
        QTest.mouseDClick(widget, Qt.MouseButton.LeftButton, self._modifiers(), spot)

    def _context_menu(self, top: Any) -> None:
        from PySide6.QtGui import QContextMenuEvent
        from PySide6.QtWidgets import QApplication

        widget, spot = self._place(top)
        self._tell("menu", widget, spot.toTuple())
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(widget, QContextMenuEvent(reason, spot, widget.mapToGlobal(spot)))

    def _wheel(self, top: Any) -> None:
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent
        from PySide6.QtWidgets import QApplication

        widget, spot = self._place(top)
        turn = QPoint(0, self._random.choice((-480, -120, 120, 480)))
        self._tell("wheel", widget, turn.y())
        none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        place, world = QPointF(spot), QPointF(widget.mapToGlobal(spot))
        event = QWheelEvent(place, world, QPoint(), turn, none, self._modifiers(), phase, False)
        QApplication.sendEvent(widget, event)

    def _drag(self, top: Any) -> None:
        from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
        from PySide6.QtGui import QMouseEvent
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication
        from shiboken6 import isValid

        widget, spot = self._place(top)
        self._tell("drag", widget, spot.toTuple())
        left, modifiers = Qt.MouseButton.LeftButton, self._modifiers()
        QTest.mousePress(widget, left, modifiers, spot)
        for _step in range(self._random.randint(1, 5)):
            spot = spot + QPoint(self._random.randint(-250, 250), self._random.randint(-200, 200))
            if not isValid(widget):
                return
            # QTest's own tells no pressed button, so that a drag would be none.
            event = QMouseEvent(
                QEvent.Type.MouseMove,
                QPointF(spot),
                QPointF(widget.mapToGlobal(spot)),
                Qt.MouseButton.NoButton,
                left,
                modifiers,
            )
            QApplication.sendEvent(widget, event)
        if isValid(widget):
            QTest.mouseRelease(widget, left, modifiers, spot)

    def _press_key(self, top: Any) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        keys, kinds = Qt.Key, Qt.KeyboardModifier
        plain = [
            keys.Key_Return, keys.Key_Escape, keys.Key_Tab, keys.Key_Backtab, keys.Key_Space,
            keys.Key_Delete, keys.Key_Backspace, keys.Key_Up, keys.Key_Down, keys.Key_Left,
            keys.Key_Right, keys.Key_Home, keys.Key_End, keys.Key_PageUp, keys.Key_PageDown,
            keys.Key_F1, keys.Key_F2, keys.Key_F5, keys.Key_F6, keys.Key_F8, keys.Key_F10,
            keys.Key_F11,
        ]  # fmt: skip
        letters = [Qt.Key(code) for code in range(keys.Key_A.value, keys.Key_Z.value + 1)]
        digits = [Qt.Key(code) for code in range(keys.Key_0.value, keys.Key_9.value + 1)]
        draw = self._random.random()
        if draw < 0.55:
            key, modifiers = self._random.choice(plain), self._modifiers()
        elif draw < 0.85:
            key, modifiers = self._random.choice(letters + digits), kinds.ControlModifier
            if self._random.random() < 0.25:
                modifiers |= kinds.ShiftModifier
        else:
            key, modifiers = self._random.choice(digits), kinds.AltModifier
        target = QApplication.focusWidget() or top
        self._tell("key", target, f"{modifiers.name} {key.name}")
        QTest.keyClick(target, key, modifiers)

    def _type(self, top: Any) -> None:
        from PySide6.QtCore import QEvent, Qt
        from PySide6.QtGui import QKeyEvent
        from PySide6.QtWidgets import QApplication
        from shiboken6 import isValid

        target = QApplication.focusWidget() or top
        text = "".join(self._random.choices(_TYPED, k=self._random.randint(1, 6)))
        self._tell("type", target, repr(text))
        for letter in text:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):  # QTest knows ASCII only
                if not isValid(target):
                    return
                code, none = ord(letter.upper()[0]), Qt.KeyboardModifier.NoModifier
                QApplication.sendEvent(target, QKeyEvent(kind, code, none, letter))


def run_seed(seed: int, events: int, example: str, faults: Any) -> dict[str, Any]:
    """Do the events of one seed in this process, and return what was logged."""
    from PySide6.QtCore import QObject, QUrl, Slot
    from PySide6.QtGui import QDesktopServices

    from netbuilder.core.folders import resource
    from netbuilder.core.project import edits, files
    from netbuilder.ui import app
    from netbuilder.ui.main_window import MainWindow
    from netbuilder.ui.services.unexpected_errors import UnexpectedErrors

    class Links(QObject):
        @Slot(QUrl)
        def ignore(self, _url: QUrl) -> None:
            """Open nothing."""

    application = app.make_application(["netbuilder"])
    recent: deque[str] = deque(maxlen=_HISTORY)
    recorder = TracebackRecorder(recent)
    logging.getLogger().addHandler(recorder)
    failures = UnexpectedErrors()
    failures.install()
    sys.unraisablehook = lambda args: recorder.add(
        "unraisable\n" + "".join(traceback.format_exception(args.exc_value or RuntimeError()))
    )
    links = Links()
    for scheme in ("file", "http", "https", "mailto"):
        QDesktopServices.setUrlHandler(scheme, links, "ignore")
    project = edits.set_training(
        files.read(resource("examples", f"{example}.netbuilder")), epochs=3
    )
    windows: list[Any] = []

    def window() -> Any:
        if not windows or not windows[-1].isVisible():
            made = MainWindow(project, remember=False)
            made.resize(1366, 768)
            made.show()
            made.workbench.start()
            windows[:] = [made]
        return windows[-1]

    window()
    application.setQuitOnLastWindowClosed(False)
    began = time.monotonic()
    monkey = Monkey(seed, events, window, recent, faults)
    monkey.start()
    application.exec()
    faulthandler.cancel_dump_traceback_later()
    return {
        "seed": seed,
        "events": monkey.done,
        "seconds": round(time.monotonic() - began, 1),
        "threads": threading.active_count(),
        "tracebacks": sum(recorder.counts.values()),
        "different": [
            {"count": count, "text": text, "before": recorder.first[text]}
            for text, count in recorder.counts.most_common()
        ],
    }


def _in_process(seed: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """One seed in a process of its own; its end is told however it ends."""
    command = [sys.executable, __file__, "--child", "--seeds", str(seed)]
    command += ["--events", str(arguments.events), "--example", arguments.example]
    with tempfile.TemporaryDirectory(prefix="netbuilder-monkey-") as folder:
        environment = {**os.environ, "NETBUILDER_HOME": folder, "HOME": folder}
        environment |= {"QT_QPA_PLATFORM": arguments.platform, "TF_CPP_MIN_LOG_LEVEL": "3"}
        environment["PYTHONPATH"] = os.pathsep.join(
            [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
        )
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        stacks = Path(folder, _FAULTS)
        told = stacks.read_text("utf-8") if stacks.exists() else ""
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode == 0 and lines:
        found: dict[str, Any] = json.loads(lines[-1])
        return found
    trouble = [*told.splitlines(), *done.stderr.strip().splitlines()][-80:]
    return {"seed": seed, "exit": done.returncode, "tracebacks": 1, "stderr": trouble}


def main() -> int:
    """Run all seeds; 1 if anything was logged or a process ended by itself."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2500, help="for each seed (2500)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--example", default="iris", help="the project to begin with (iris)")
    parser.add_argument("--platform", default="offscreen", help="Qt's: offscreen or xcb")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        # A file: what the C libraries write is kept off the terminal while TensorFlow loads.
        faults = Path(_FAULTS).open("w", encoding="utf-8")  # noqa: SIM115
        faulthandler.enable(faults)
        found = run_seed(arguments.seeds[0], arguments.events, arguments.example, faults)
        print(json.dumps(found), flush=True)
        os._exit(0)  # a run or a search may still be under way
    bad = 0
    for seed in arguments.seeds:
        found = _in_process(seed, arguments)
        bad += found["tracebacks"]
        print(json.dumps(found, indent=1), flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
