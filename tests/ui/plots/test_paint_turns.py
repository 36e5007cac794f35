"""Windows beside each other are painted in turns of the event loop of their own."""

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from netbuilder.ui.widgets.throttle import PaintTurns


class Painted(QWidget):
    """Counts how often it is painted, and in which turns of the event loop."""

    def __init__(self, turns, parent=None):
        super().__init__(parent)
        self.turns, self.seen = turns, list[int]()

    def paintEvent(self, event):
        self.seen.append(len(self.turns))


def test_windows_that_change_together_are_painted_in_turns(qtbot):
    turns: list[int] = []
    owner = QObject()
    order = PaintTurns(owner)
    windows = [Painted(turns) for _ in range(4)]
    for one in windows:
        qtbot.addWidget(one)
        order.add(one)
        one.show()
        qtbot.waitExposed(one)
    qtbot.wait(50)
    clock = QTimer()
    clock.timeout.connect(lambda: turns.append(1))
    clock.start(0)
    for round_ in range(3):
        before = [len(one.seen) for one in windows]
        for one in windows:
            one.update()
        qtbot.waitUntil(
            lambda before=before: all(
                len(one.seen) > count for one, count in zip(windows, before, strict=True)
            )
        )
        last = [one.seen[-1] for one in windows]
        # Something else is heard between any two of them, and nobody waits in vain.
        assert len(set(last)) == len(windows), (round_, last)
        assert [len(one.seen) for one in windows] == [count + 1 for count in before]
    # What is changed and laid out in a turn is painted in a later one.
    before = len(windows[0].seen)
    QCoreApplication.postEvent(windows[0], QEvent(QEvent.Type.LayoutRequest))
    windows[0].update()
    QCoreApplication.sendPostedEvents()
    assert len(windows[0].seen) == before
    qtbot.waitUntil(lambda: len(windows[0].seen) == before + 1)
    # What asks for it is painted at once.
    count = len(windows[0].seen)
    qtbot.wait(20)
    for _ in range(3):
        windows[0].repaint()
    assert len(windows[0].seen) == count + 3


def test_docks_that_float_take_turns_with_the_window(open_window, qtbot):
    window = open_window(keras=False)
    turns = window.findChild(PaintTurns)
    assert turns is not None
    for name in ("training", "compare"):
        window.docks.side.detach(name)
        qtbot.waitExposed(window.docks.pages[name])
    heard: list[int] = []
    seen: dict[str, int] = {}

    class Watch(QObject):
        def eventFilter(self, watched, event):
            if event.type() is QEvent.Type.Paint:
                seen[watched.objectName()] = len(heard)
            return False

    watch = Watch()
    parts = [window.docks.pages[name] for name in ("training", "compare")]
    qtbot.wait(100)
    for one in parts:
        one.installEventFilter(watch)
    clock = QTimer()
    clock.timeout.connect(lambda: heard.append(1))
    clock.start(0)
    for one in parts:
        one.update()
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert len(set(seen.values())) == 2
