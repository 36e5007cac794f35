"""What hid something on the canvas, or told it elsewhere than where the eye is."""

from itertools import pairwise
from typing import Any

import pytest

from netbuilder.core.check.problems import Fix, Problem, Severity
from netbuilder.core.project import edits, edits_canvas, graph_ends
from netbuilder.core.project.model import Project
from netbuilder.ui.canvas.scene_cache import build_scene


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
    view.sight.fit()
    view.sight.zoom_to(0.7)
    assert "conv2d" not in {bubble.card.id for bubble in view.bubbles_now()}
    view.select(("conv2d",))
    (bubble,) = (one for one in view.bubbles_now() if one.card.id == "conv2d")
    assert not view.picture.grid.cards_in(bubble.box)


def test_the_minimap_goes_to_a_corner_without_cards(hand):
    view = hand.view
    view.sight.zoom_to(1.4)
    view.sight.centre_on(*hand.middle("conv2d"))
    for x, y in ((300.0, 300.0), (-300.0, 300.0), (130.0, 200.0)):
        view.sight.centre_on(x, y)
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
    view.sight.zoom_to(1.0)
    view.sight.centre_on(last.x + last.w - 240, last.y - 100)
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
    view.sight.fit()
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
    needed = QFontMetricsF(hand.view.look.words(12, True)).boundingRect(
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
    left, _, right, _ = hand.view.sight.seen_box()
    assert left <= bubble.box[0] and bubble.box[2] <= right
    assert not hand.view.picture.grid.cards_in(bubble.box)
    # What a person has moved stays where it is.
    hand.view.workbench.problems = ()
    hand.view.workbench.problems_changed.emit()
    hand.view.sight.centre_on(*hand.middle("add"))
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
    hand.view.sight.zoom_to(1.0)
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
