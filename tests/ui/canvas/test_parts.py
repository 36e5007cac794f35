"""The parts of the canvas by themselves: no widget of the canvas, only what the part asks for."""

from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.canvas.paint.paint_resources import PaintState
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene_cache import build_scene
from netbuilder.ui.canvas.viewport import CanvasSelection, Viewport


def _picture(*layers: str):
    project = Project()
    for layer in layers:
        project = edits.append_layer(project, layer)
    return build_scene(project)


@dataclass
class Shown:
    """A picture that is looked at through a window of 600 × 400."""

    picture: Scene
    window: QWidget | None = None
    told: list[object] = field(default_factory=list)
    pictures: float = 0.0
    words: float = 0.0

    def viewport(self):
        assert self.window is not None
        return self.window

    def bubbles_now(self):
        return []

    def room_beside(self, words=True):
        return 0.0, max(self.pictures, self.words if words else 0.0)


@pytest.fixture
def shown(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(QSize(600, 400))
    return Shown(_picture("Input", "Dense", "Dense"), window)


def _selection(shown):
    state = PaintState()
    return CanvasSelection(shown, state, shown.told.append, shown.told.append), state


def test_selection_keeps_order_and_tells_once(shown):
    selection, state = _selection(shown)
    selection.select(("dense_1", "input", "dense_1", "no such card"))
    assert selection.ids == ("dense_1", "input")
    assert state.selected == {"dense_1", "input"} and selection.current() == "input"
    selection.select(("dense_1", "input"))
    assert shown.told == [("dense_1", "input")]


def test_selection_lets_go_of_what_is_no_more(shown):
    selection, state = _selection(shown)
    selection.select(("input", "dense_1"))
    shown.picture = _picture("Input", "Dense")
    selection.keep(shown.picture)
    assert selection.ids == ("input",) and state.selected == {"input"}
    selection.select_wire(("input", "dense"))
    shown.picture = _picture("Input")
    selection.keep(shown.picture)
    assert state.selected_wire is None


def test_viewport_scrolls_no_further_than_needed(shown):
    moves: list[bool] = []
    sight = Viewport(shown, moves.append)
    sight.first_look()
    assert moves == [True]
    for one in shown.picture.cards:  # three short cards fit into the window
        assert shown.viewport().rect().contains(sight.card_rect(one).toRect())
    before = sight.camera
    sight.show_node("input")
    assert sight.camera == before
    sight.centre_on(5000.0, 0.0)
    sight.show_node("dense_1")
    assert shown.viewport().rect().contains(sight.card_rect("dense_1").toRect())


def test_room_that_was_made_beside_a_card_is_given_back(shown):
    sight = Viewport(shown, lambda _scaled: None)
    sight.first_look()
    before = sight.camera
    sight.lend(0, -160)
    sight.lend(90, 0)
    assert sight.camera != before
    sight.restore_view()
    assert sight.camera == before, "the network is seen from its beginning again"
    sight.lend(0, -160)
    sight.zoom_to(1.5)
    moved = sight.camera
    sight.restore_view()
    assert sight.camera == moved, "who moved the view keeps it"


def test_a_network_that_fits_again_is_seen_whole_again(shown):
    sight, window = Viewport(shown, lambda _scaled: None), shown.viewport()
    sight.first_look()
    low = QSize(600, 200)  # what stands above the canvas takes its room
    window.resize(low)
    sight.resized(QSize(600, 400), low, refit=True)
    sight.first_look()
    sight.show_node("dense_1")
    assert sight.card_rect("input").top() < 0
    window.resize(QSize(600, 400))
    sight.resized(low, QSize(600, 400), refit=True)
    for one in shown.picture.cards:
        assert window.rect().contains(sight.card_rect(one).toRect())


def test_a_card_above_hides_no_layer(shown):
    sight, whole = Viewport(shown, lambda _scaled: None), QSize(600, 400)
    sight.first_look()
    top = sight.card_rect("input").top()
    room = int(top) - 1
    assert sight.shift_up(room, whole, QSize(600, 400 - room))
    assert sight.card_rect("input").top() == pytest.approx(top - room), "it stays on the screen"
    assert not sight.shift_up(60, QSize(600, 400 - room), QSize(600, 340 - room))
    assert sight.card_rect("input").top() == pytest.approx(top - room), "the view is fitted anew"


def test_words_that_find_no_room_do_not_push_the_pictures_out(shown):
    sight = Viewport(shown, lambda _scaled: None)
    shown.pictures, shown.words = 300.0, 5000.0
    sight.fit()
    *_, right, _bottom = shown.picture.outline
    assert sight.camera.to_screen(right + shown.pictures, 0.0)[0] <= 600.0


def test_zooming_keeps_the_place_under_the_pointer(shown):
    sight = Viewport(shown, lambda _scaled: None)
    sight.first_look()
    place = sight.camera.to_world(123.0, 45.0)
    sight.zoom_to(2.5, 123.0, 45.0)
    assert sight.camera.to_screen(*place) == pytest.approx((123.0, 45.0))
    assert sight.followed
