"""A canvas on the screen, and a hand that moves the real mouse and presses real keys on it."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.ui.canvas.canvas_view import CanvasView
from netbuilder.ui.canvas.input.layer_search import LayerSearch
from netbuilder.ui.canvas.layer_popup import LayerPopup
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.services.workbench import Workbench

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Hand:
    """The user. Places are on the canvas (pixels at 100 %), as cards have them."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self._held = Qt.MouseButton.NoButton
        self.hurried = False

    def settle(self) -> None:
        """Let the window paint and answer, unless in a hurry."""
        if not self.hurried:
            QApplication.processEvents()

    def open_popup(self, look: SampleActivations, node: str) -> LayerPopup:
        """Open what a layer computes for a sample."""
        popup = self.view.layer_popup
        popup.follow(look)
        assert popup.open_layer(node)
        self.settle()
        return popup

    @property
    def graph(self) -> Graph:
        return self.view.store.project.graph

    def spot(self, x: float, y: float) -> QPoint:
        """The place on the viewport."""
        return self.view.scene_viewport.mapFromScene(QPointF(x, y))

    def middle(self, card_id: str) -> tuple[float, float]:
        card = self.view.picture.cards[card_id]
        return (card.x + card.w * 0.3, card.y + card.h / 2)

    def out(self, card_id: str) -> tuple[float, float]:
        return self.view.picture.out_port(self.view.picture.cards[card_id])

    def into(self, card_id: str, slot: int = 0) -> tuple[float, float]:
        return self.view.picture.in_port(self.view.picture.cards[card_id], slot)

    def on_wire(self, source: str, target: str) -> tuple[float, float]:
        return self.view.picture.wires[(source, target)].route.middle()

    def press(self, x: float, y: float, button=LEFT, modifiers=NONE) -> None:
        self._held = button
        QTest.mousePress(self.view.viewport(), button, modifiers, self.spot(x, y))

    def move(self, x: float, y: float, modifiers=NONE) -> None:
        # QTest.mouseMove tells no pressed buttons, so that a drag would be none.
        point = QPointF(self.spot(x, y))
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            point,
            QPointF(self.view.viewport().mapToGlobal(point.toPoint())),
            Qt.MouseButton.NoButton,
            self._held,
            modifiers,
        )
        QApplication.sendEvent(self.view.viewport(), event)

    def release(self, x: float, y: float, button=LEFT, modifiers=NONE) -> None:
        self._held = Qt.MouseButton.NoButton
        QTest.mouseRelease(self.view.viewport(), button, modifiers, self.spot(x, y))
        self.settle()

    def click(self, x: float, y: float, button=LEFT, modifiers=NONE) -> None:
        self.press(x, y, button, modifiers)
        self.release(x, y, button, modifiers)

    def drag(self, start, end, button=LEFT, modifiers=NONE, steps: int = 4) -> None:
        self.press(*start, button, modifiers)
        for step in range(1, steps + 1):
            part = step / steps
            self.move(start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part)
        self.release(*end, button, modifiers)

    def key(self, key, modifiers=NONE) -> None:
        target = QApplication.focusWidget() or self.view
        QTest.keyClick(target, key, modifiers)
        self.settle()

    def type(self, text: str) -> None:
        QTest.keyClicks(QApplication.focusWidget(), text)
        self.settle()

    def hover_drop(self, layer: str, x: float, y: float) -> QMimeData:
        """Drag a layer in from the palette, and hold it over a place."""
        data = QMimeData()
        data.setData("application/x-netbuilder-layer", layer.encode())
        point = self.view.scene_viewport.mapFromScene(QPointF(x, y))
        copy = Qt.DropAction.CopyAction
        enter = QDragEnterEvent(point, copy, data, LEFT, NONE)
        QApplication.sendEvent(self.view.viewport(), enter)
        assert enter.isAccepted()
        QApplication.sendEvent(self.view.viewport(), QDragMoveEvent(point, copy, data, LEFT, NONE))
        return data

    def leave(self) -> None:
        QApplication.sendEvent(self.view.viewport(), QDragLeaveEvent())

    def drop(self, layer: str, x: float, y: float) -> None:
        data = self.hover_drop(layer, x, y)
        point = QPointF(self.view.scene_viewport.mapFromScene(QPointF(x, y)))
        event = QDropEvent(point, Qt.DropAction.CopyAction, data, LEFT, NONE)
        QApplication.sendEvent(self.view.viewport(), event)
        assert event.isAccepted()
        self.settle()

    def search(self) -> LayerSearch | None:
        """The search that is open, if one is."""
        open_ones = [one for one in self.view.findChildren(LayerSearch) if one.isVisible()]
        return open_ones[0] if open_ones else None


def chain(*layers: tuple[str, str, dict]) -> Project:
    """A project of one chain."""
    ids = [one[0] for one in layers]
    return Project(
        "Test",
        Graph(tuple(Node(*one) for one in layers), tuple(pairwise(ids))),
        Data(kind="builtin", name="digits", target=("digit",)),
    )


@pytest.fixture
def digits() -> Project:
    """Seven layers on the digits, as in the picture of the window."""
    return chain(
        ("input", "Input", {}),
        ("conv2d", "Conv2D", {"filters": 32, "kernel_size": 3, "activation": "relu"}),
        ("pool", "MaxPooling2D", {"pool_size": 2}),
        ("flatten", "Flatten", {}),
        ("dense", "Dense", {"units": 64, "activation": "relu"}),
        ("dropout", "Dropout", {"rate": 0.3}),
        ("out", "Dense", {"units": 10, "activation": "softmax"}),
    )


@pytest.fixture
def make(qtbot) -> Iterator[Callable[[Project], Hand]]:
    """Makes a canvas that shows a project, and the hand for it."""
    benches: list[Workbench] = []

    def made(project: Project) -> Hand:
        store = ProjectStore(project)
        bench = Workbench(store)
        benches.append(bench)
        view = CanvasView(store, bench)
        view.resize(706, 698)
        qtbot.addWidget(view)
        with qtbot.waitExposed(view):
            view.show()
        view.setFocus()
        view.viewport().repaint()
        return Hand(view)

    yield made
    for bench in benches:
        bench.close()
        bench.deleteLater()  # here, and not wherever Python collects it: it may be another thread


@pytest.fixture
def hand(make, digits) -> Hand:
    return make(digits)
