"""A window on the real thing: real canvas, real Keras, nothing faked."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.exceptions import TimeoutError as QtTimeoutError
from pytestqt.qtbot import QtBot

from netbuilder.core import i18n
from netbuilder.core.engine import prepared_networks
from netbuilder.core.engine.loop import compilation
from netbuilder.core.folders import resource
from netbuilder.core.project import files
from netbuilder.core.project.model import Project
from netbuilder.ui import app, main_window
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services import jobs, settings
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.services.runs.run_progress import FULL
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import font_scale, theme

MINUTE = 60_000
#: Seconds that a dialog may stand.
LONGEST_DIALOG = 180
#: What the offscreen plugin says whenever a window is shown or raised, and QtMultimedia of the
#: optional libraries for hardware decoding and screen capture.
OFFSCREEN = (
    r"This plugin does not support (propagateSizeHints|raise|grabbing|window opacity)"
    r"|Couldn't (load|resolve) "
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore(OFFSCREEN, extend=True))


@pytest.fixture(scope="session")
def multimedia() -> Any:
    """QtMultimedia, of the extra ``capture``; its system libraries may be missing, too."""
    return pytest.importorskip("PySide6.QtMultimedia", exc_type=ImportError)


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(scope="session")
def qapp(qapp_args: list[str]) -> Iterator[QApplication]:
    """The application as the program makes it."""
    yield app.make_application(["netbuilder"])


class PatientBot(QtBot):
    """Waits a minute, and not five seconds, where a test does not say how long: a wait ends with
    what it waits for, so that only a machine that is busy with something else takes longer."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = MINUTE) -> None:
        super().waitUntil(callback, timeout=timeout)

    def train(self, window: MainWindow) -> None:
        """Train the network of a window, to the end of the run."""
        window.runner.start()
        self.waitUntil(lambda: window.runner.state is RunState.IDLE)

    def waitSignal(self, signal: Any, *, timeout: int = MINUTE, **more: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **more)

    def waitExposed(self, widget: Any, *, timeout: int = MINUTE) -> Any:
        return super().waitExposed(widget, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """As pytest-qt's."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def full_speed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trains at full speed where no test asks for the speed that the program begins with."""
    if "watched" not in request.fixturenames:
        monkeypatch.setattr(main_window, "remembered_speed", lambda: FULL)


@pytest.fixture(autouse=True)
def nothing_compiled_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs stay in the graph loop, with which each begins; what they compute is the same.

    An empty home knows no decision, so every window would look for the fastest compilation anew:
    five seconds of both processors. The engine's own tests are about that.
    """
    monkeypatch.setattr(compilation, "_WORTH_SECONDS", float("inf"))


class Shelf(list[Any]):
    """The program keeps the one network that it built last; here others are found again, too."""

    earlier: tuple[Any, ...] = ()

    def __iter__(self) -> Iterator[Any]:
        return iter((*super().__iter__(), *self.earlier))

    def __setitem__(self, place: Any, networks: Any) -> None:
        self.clear()
        super().__setitem__(place, networks)

    def clear(self) -> None:
        self.earlier = tuple(self)[:20]
        super().clear()


SHELF = Shelf()


@pytest.fixture(autouse=True)
def built_before(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that earlier tests trained are built: else that takes longer than most tests."""
    if "built_anew" not in request.fixturenames:
        monkeypatch.setattr(prepared_networks, "shelf", SHELF)


@pytest.fixture
def built_anew() -> None:
    """Lets nothing be built before, for tests of when and how often a network is built."""


@pytest.fixture
def watched() -> None:
    """Lets the speed be that of a person's first run."""


@pytest.fixture
def told(qtbot: QtBot) -> Callable[[], None]:
    """Waits until each job under way has ended, and whoever asked for it has heard."""
    return lambda: qtbot.waitUntil(lambda: not jobs.RUNNING)


@pytest.fixture
def diagnosed(qtbot: QtBot) -> Callable[[Workbench], None]:
    """Has the problems of a workbench's project found, and waits for them."""

    def wait(workbench: Workbench) -> None:
        found: list[bool] = []
        workbench.diagnose(lambda: found.append(True))
        qtbot.waitUntil(lambda: bool(found))

    return wait


@pytest.fixture
def at_rest(qtbot: QtBot) -> Callable[[Callable[[], object]], None]:
    """Waits until a value, such as where a widget stands, stays the same for a while."""

    def wait(value: Callable[[], object]) -> None:
        def same() -> bool:
            before = value()
            qtbot.wait(200)
            return value() == before

        qtbot.waitUntil(same)

    return wait


@pytest.fixture(autouse=True)
def full_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see everything, unless they choose Basic."""
    monkeypatch.setattr(settings, "FIRST", settings.FULL)


@pytest.fixture(autouse=True)
def as_at_first(qapp: QApplication) -> Iterator[None]:
    """English, letters of their own size, and the system's scheme, whatever a test chose."""
    yield
    if i18n.language() != i18n.SOURCE:
        choose_language(i18n.SOURCE)
    if font_scale.font_scale() != 1.0:
        font_scale.set_font_scale(1.0)
    if theme.theme()._forced is not None:
        theme.theme().force(None)


@pytest.fixture(autouse=True)
def no_key_held(qapp: QApplication) -> None:
    """No key that an earlier test held down is still held: after a click with Ctrl Qt goes on
    believing so, and whoever selects a row toggles it."""
    if QApplication.keyboardModifiers() != Qt.KeyboardModifier.NoModifier:
        nobody = QWidget()
        QTest.keyRelease(nobody, Qt.Key.Key_Control, Qt.KeyboardModifier.NoModifier)
    assert QApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def deleted_now(qapp: QApplication) -> Iterator[None]:
    """What a test hands to ``deleteLater`` is gone before the next one begins: no event loop runs
    between them, and a new window would meet what Python has taken apart already."""
    yield
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def no_dialog_for_ever(qapp: QApplication) -> Iterator[None]:
    """A dialog that nobody answers goes after three minutes, and its test fails: in the dialog's
    own loop no Python runs, so that pytest's time limit is not heard there."""
    stood: list[QWidget] = []
    closed: list[str] = []

    def look() -> None:
        now = QApplication.activeModalWidget()
        if now not in stood:
            stood.clear()
        if now is not None:
            stood.append(now)
        if now is not None and len(stood) > LONGEST_DIALOG:
            closed.append(getattr(now, "text", now.windowTitle)())
            now.close()

    beat = QTimer()
    beat.timeout.connect(look)
    beat.start(1_000)
    yield
    beat.stop()
    assert not closed, f"nobody answered: {closed}"


@pytest.fixture
def example() -> Callable[[str], Project]:
    """A shipped example by its name."""
    return lambda name: files.read(resource("examples", f"{name}.netbuilder"))


@pytest.fixture
def open_window(qtbot: QtBot, home: Path) -> Iterator[Callable[..., MainWindow]]:
    """Opens windows, with Keras loaded, and closes them after the test."""
    opened: list[MainWindow] = []

    def open_one(
        project: Project | None = None, path: Path | None = None, *, keras: bool = True
    ) -> MainWindow:
        window = MainWindow(project, path)
        opened.append(window)
        window.show()
        if keras:
            window.workbench.start()
            qtbot.waitUntil(lambda: window.workbench.settled, timeout=MINUTE)
        return window

    yield open_one
    late = [window for window in opened if not window.runner.close(MINUTE / 1000)]
    for window in opened:
        window.store.mark_saved()
        window.documents.keep_model()
        if window not in late:  # It would ask whether to leave without what was learned.
            window.close()
        window.deleteLater()
    # With events: a job may wait for what the window's thread does for it.
    with contextlib.suppress(QtTimeoutError):
        qtbot.waitUntil(lambda: not jobs.RUNNING, timeout=20_000)
    qtbot.wait(20)
    assert not late, "a training did not end"


@pytest.fixture
def answer(qapp: QApplication) -> Iterator[Callable[..., list[str]]]:
    """Presses these buttons, each in the dialog that stands then; the list holds those pressed.

    A dialog has a loop of its own, in which a test cannot wait.
    """

    over: list[bool] = []

    def press(*texts: str) -> list[str]:
        done: list[str] = []

        def look() -> None:
            if over or len(done) == len(texts):
                return
            box = QApplication.activeModalWidget()
            if box is not None:
                wanted = texts[len(done)]
                found = (one for one in box.findChildren(QPushButton) if one.text() == wanted)
                button = next(found, None)
                if button is not None:
                    done.append(wanted)
                    button.click()
            QTimer.singleShot(30, look)

        QTimer.singleShot(0, look)
        return done

    yield press
    over.append(True)  # what no dialog came for is not pressed in another test's
