"""What hid something on the canvas, and its parts by themselves."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from netbuilder.core.check.problems import Fix, Problem, Severity
from netbuilder.core.project import edits, edits_canvas, graph_ends
from netbuilder.core.project.model import Project
from netbuilder.ui.canvas.paint.paint_resources import PaintState
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene_cache import build_scene
from netbuilder.ui.canvas.viewport import CanvasSelection, Viewport


def _chain(*layers: str, **params: Any):
    project = Project()
    for layer in layers:
        project = edits.append_layer(project, layer, params=params if layer == "LSTM" else None)
    return project


@pytest.mark.parametrize("horizontal", [False, True])
def test_a_wire_around_one_layer_is_not_hidden_behind_its_card(horizontal):
    project = graph_ends.connect(_chain("Input", "Dense", "Dense", "Add"), "dense", "add")
    picture = build_scene(edits_canvas.set_horizontal(project, horizontal))
    between = picture.cards["dense_1"]
    route = picture.wires[("dense", "add")].route
    assert not any(
        between.x <= x <= between.x + between.w and between.y <= y <= between.y + between.h
        for x, y in route.points()
    )


def _problem(code, node, message):
    return Problem(code, Severity.ERROR, node, "Wrong", message)


def test_cards_that_look_alike_show_the_name_that_a_problem_says():
    project = _chain("Input", "LSTM", "LSTM", "Dense", units=32)
    said = (_problem("return-sequences", "lstm", "Before 'lstm_1' an LSTM gives sequences."),)
    assert build_scene(project).cards["lstm_1"].detail == "32"
    picture = build_scene(project, problems=said)
    assert picture.cards["lstm_1"].detail == "“lstm_1” · 32"
    assert picture.cards["lstm"].detail == "32"
    mended = build_scene(project, before=picture)
    assert mended.cards["lstm_1"].detail == "32"
    other = edits.set_params(project, "lstm", units=8)  # now they can be told apart without it
    assert build_scene(other, problems=said).cards["lstm_1"].detail == "32"


def test_a_loss_that_does_not_fit_is_told_on_the_goal():
    project = _chain("Input", "Dense")
    picture = build_scene(
        project,
        problems=(
            _problem("loss-target", None, "The loss is made for numbers."),
            _problem("batch-size", None, "The batch is larger than the data."),
        ),
    )
    assert [p.code for p in picture.cards["@goal"].problems] == ["loss-target"]


def test_a_problem_that_is_asked_for_covers_no_card(hand, diagnosed):
    view = hand.view
    view.store.apply("Far", lambda p: edits.set_params(p, "conv2d", filters=-1))
    x = view.picture.cards["conv2d"].x + 290.0
    for row in range(3):  # cards where the words would stand
        y = view.picture.cards["conv2d"].y + 60.0 * row - 60.0
        view.store.apply(
            "Beside", lambda p, y=y: edits_canvas.add_connected(p, "Dropout", position=(x, y))
        )
    diagnosed(view.workbench)
    view.scene_viewport.fit()
    view.scene_viewport.zoom_to(0.7)
    assert "conv2d" not in {bubble.card.id for bubble in view.bubbles_now()}
    view.select(("conv2d",))
    (bubble,) = (one for one in view.bubbles_now() if one.card.id == "conv2d")
    assert not view.picture.grid.cards_in(bubble.box)


def test_the_minimap_goes_to_a_corner_without_cards(hand):
    view = hand.view
    view.scene_viewport.zoom_to(1.4)
    view.scene_viewport.centre_on(*hand.middle("conv2d"))
    for x, y in ((300.0, 300.0), (-300.0, 300.0), (130.0, 200.0)):
        view.scene_viewport.centre_on(x, y)
        if not view.minimap.shown():
            continue
        area, _ = view.minimap.fitted()
        left, top = view.camera.to_world(area.left(), area.top())
        right, bottom = view.camera.to_world(area.right(), area.bottom())
        assert view.minimap.covers or not view.picture.grid.cards_in((left, top, right, bottom))
        size = view.viewport().rect()
        assert size.contains(area.toAlignedRect())


def test_the_minimap_lies_over_no_picture(hand):
    from PySide6.QtCore import QPointF, QRectF
    from PySide6.QtGui import QImage

    view = hand.view
    image = QImage(100, 60, QImage.Format.Format_ARGB32)
    view.resize(640, 420)
    last = max(view.picture.cards.values(), key=lambda card: card.y)
    view.scene_viewport.zoom_to(1.0)
    view.scene_viewport.centre_on(last.x + last.w - 240, last.y - 100)
    bare, _ = view.minimap.fitted()
    for one in view.picture.cards:
        view.set_preview(one, image)
    area, _ = view.minimap.fitted()
    boxes = [
        QRectF(QPointF(*view.camera.to_screen(*box[:2])), QPointF(*view.camera.to_screen(*box[2:])))
        for box in view.previews.boxes().values()
    ]
    assert any(bare.intersects(box) for box in boxes), "there is something to avoid"
    assert not any(area.intersects(box) for box in boxes)


def test_a_layer_is_typed_with_its_parameters(hand):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    hand.view.select(("dense",))
    hand.key(Qt.Key.Key_Tab)
    search = hand.search()
    QTest.keyClicks(search.field, "dense 50 relu")
    assert search.list.item(0).text() == "Dense  50 · relu"
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    new = hand.graph.by_id[hand.view.selection()[0]]
    assert new.layer == "Dense"
    assert (new.params["units"], new.params["activation"]) == (50, "relu")
    assert hand.graph.sources[new.id] == ("dense",)


def test_a_problem_covers_no_picture_beside_another_card(hand, diagnosed):
    from PySide6.QtGui import QImage

    view = hand.view
    view.store.apply("Bad", lambda p: edits.set_params(p, "conv2d", filters=-1))
    diagnosed(view.workbench)
    view.scene_viewport.fit()
    assert "conv2d" in {bubble.card.id for bubble in view.bubbles_now()}
    image = QImage(180, 40, QImage.Format.Format_ARGB32)
    image.fill(0xFF0000FF)
    for one in view.picture.cards:
        view.set_preview(one, image)
    boxes = [box for one, box in view.previews.boxes().items() if one != "conv2d"]
    view.select(())
    for bubble in view.bubbles_now():
        left, top, right, bottom = bubble.box
        assert not any(left < c and a < right and top < d and b < bottom for a, b, c, d in boxes)


def test_a_long_fix_is_written_whole_on_its_button(make):
    from PySide6.QtCore import QRectF, Qt
    from PySide6.QtGui import QFontMetricsF

    project = _chain("Input", "LSTM", "LSTM", "Dense", units=32)
    hand = make(edits.rename_node(project, "lstm", "reads_the_words"))
    label = "Turn on return_sequences in 'reads_the_words'"
    fix = Fix(label, lambda p: p)
    said = Problem("return-sequences", Severity.ERROR, "lstm_1", "Wrong", "Words.", fix)
    hand.view.workbench.problems = (said,)
    hand.view.workbench.problems_changed.emit()
    (bubble,) = hand.view.bubbles_now()
    needed = QFontMetricsF(hand.view.paint_resources.words(12, True)).boundingRect(
        QRectF(0, 0, bubble.button.width() - 12, 2000), int(Qt.TextFlag.TextWordWrap), label
    )
    assert needed.height() > 20, "it has two lines"
    assert needed.height() <= bubble.button.height()
    assert bubble.button.bottom() < bubble.box[3]


def test_a_problem_that_appears_gets_the_room_that_there_is(make):
    project = graph_ends.connect(_chain("Input", "Dense", "Dense", "Add", "Dense"), "dense", "add")
    hand = make(project)
    hand.view.resize(690, 690)
    hand.view.viewport().repaint()
    fix = Fix("Insert Dense on the other branch", lambda p: p)
    words = "Add 'add' needs inputs that are alike, but they are not. Give them the same sizes."
    said = Problem("shape-merge", Severity.ERROR, "add", "Branches do not fit", words, fix)
    hand.view.workbench.problems = (said,)
    hand.view.workbench.problems_changed.emit()
    hand.view.viewport().repaint()
    (bubble,) = hand.view.bubbles_now()
    left, _, right, _ = hand.view.scene_viewport.seen_box()
    assert left <= bubble.box[0] and bubble.box[2] <= right
    assert not hand.view.picture.grid.cards_in(bubble.box)
    # What a person has moved stays where it is.
    hand.view.workbench.problems = ()
    hand.view.workbench.problems_changed.emit()
    hand.view.scene_viewport.centre_on(*hand.middle("add"))
    seen = hand.view.camera
    hand.view.workbench.problems = (said,)
    hand.view.workbench.problems_changed.emit()
    hand.view.viewport().repaint()
    assert hand.view.camera == seen


def test_the_line_to_a_problem_that_moved_away_crosses_no_card(make):
    hand = make(_chain("Input", "Dense", "Dense", units=32))
    hand.view.resize(420, 660)
    hand.view.viewport().repaint()
    said = Problem("output-units", Severity.ERROR, "dense", "Wrong", "Much is wrong here.")
    hand.view.workbench.problems = (said,)
    hand.view.workbench.problems_changed.emit()
    hand.view.scene_viewport.zoom_to(1.0)
    hand.view.select(("dense",))
    hand.view.viewport().repaint()
    (bubble,) = hand.view.bubbles_now()
    assert bubble.box[1] > hand.view.picture.cards["dense_1"].y, "below the next layer"
    assert len(bubble.leader) > 2, "around it"
    others = [c for c in hand.view.picture.cards.values() if c.id != "dense"]
    for (ax, ay), (bx, by) in pairwise(bubble.leader):
        for c in others:
            across = min(ax, bx) <= c.x + c.w and max(ax, bx) >= c.x
            assert not (across and min(ay, by) <= c.y + c.h and max(ay, by) >= c.y), c.id


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
    viewport = Viewport(shown, moves.append)
    viewport.first_look()
    assert moves == [True]
    for one in shown.picture.cards:  # three short cards fit into the window
        assert shown.viewport().rect().contains(viewport.card_rect(one).toRect())
    before = viewport.camera
    viewport.show_node("input")
    assert viewport.camera == before
    viewport.centre_on(5000.0, 0.0)
    viewport.show_node("dense_1")
    assert shown.viewport().rect().contains(viewport.card_rect("dense_1").toRect())


def test_room_that_was_made_beside_a_card_is_given_back(shown):
    viewport = Viewport(shown, lambda _scaled: None)
    viewport.first_look()
    before = viewport.camera
    viewport.lend(0, -160)
    viewport.lend(90, 0)
    assert viewport.camera != before
    viewport.restore_view()
    assert viewport.camera == before, "the network is seen from its beginning again"
    viewport.lend(0, -160)
    viewport.zoom_to(1.5)
    moved = viewport.camera
    viewport.restore_view()
    assert viewport.camera == moved, "who moved the view keeps it"


def test_a_network_that_fits_again_is_seen_whole_again(shown):
    viewport, window = Viewport(shown, lambda _scaled: None), shown.viewport()
    viewport.first_look()
    low = QSize(600, 200)  # what stands above the canvas takes its room
    window.resize(low)
    viewport.resized(QSize(600, 400), low, refit=True)
    viewport.first_look()
    viewport.show_node("dense_1")
    assert viewport.card_rect("input").top() < 0
    window.resize(QSize(600, 400))
    viewport.resized(low, QSize(600, 400), refit=True)
    for one in shown.picture.cards:
        assert window.rect().contains(viewport.card_rect(one).toRect())


def test_a_card_above_hides_no_layer(shown):
    viewport, whole = Viewport(shown, lambda _scaled: None), QSize(600, 400)
    viewport.first_look()
    top = viewport.card_rect("input").top()
    room = int(top) - 1
    assert viewport.shift_up(room, whole, QSize(600, 400 - room))
    assert viewport.card_rect("input").top() == pytest.approx(top - room), "it stays on the screen"
    assert not viewport.shift_up(60, QSize(600, 400 - room), QSize(600, 340 - room))
    assert viewport.card_rect("input").top() == pytest.approx(top - room), "the view is fitted anew"


def test_words_that_find_no_room_do_not_push_the_pictures_out(shown):
    viewport = Viewport(shown, lambda _scaled: None)
    shown.pictures, shown.words = 300.0, 5000.0
    viewport.fit()
    *_, right, _bottom = shown.picture.outline
    assert viewport.camera.to_screen(right + shown.pictures, 0.0)[0] <= 600.0


def test_zooming_keeps_the_place_under_the_pointer(shown):
    viewport = Viewport(shown, lambda _scaled: None)
    viewport.first_look()
    place = viewport.camera.to_world(123.0, 45.0)
    viewport.zoom_to(2.5, 123.0, 45.0)
    assert viewport.camera.to_screen(*place) == pytest.approx((123.0, 45.0))
    assert viewport.followed
