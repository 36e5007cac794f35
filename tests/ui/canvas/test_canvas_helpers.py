"""Finding, summing up and connecting: the find field, the summary table, what pasting proposes."""

import csv
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from netbuilder.core.check.network_table import COLUMNS, network_table, table_lines
from netbuilder.core.check.shapes.shapes import NodeShape, Shapes
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits, groups
from netbuilder.core.project.model import Graph, Node, Project
from netbuilder.ui.canvas.input.layer_search import CanvasFind
from netbuilder.ui.canvas.network_table_dialog import NetworkTableDialog
from netbuilder.ui.canvas.scene.camera import READABLE

KEY, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def _find(hand):
    return next((one for one in hand.view.findChildren(CanvasFind) if one.isVisible()), None)


def test_a_layer_is_found_by_its_name_or_class(hand):
    hand.key(KEY.Key_F, CONTROL)
    find = _find(hand)
    assert find is not None and QApplication.focusWidget() is find.field
    hand.type("dense")
    assert hand.view.selection() == ("dense",)
    hand.key(KEY.Key_Return)
    assert hand.view.selection() == ("out",), "of the class Dense, under another name"
    hand.key(KEY.Key_Return)
    assert hand.view.selection() == ("dense",), "from the last to the first"
    hand.key(KEY.Key_Return, SHIFT)
    assert hand.view.selection() == ("out",)
    find.field.setText("nothing of the kind")
    assert hand.view.selection() == ("out",) and find.count.text() == _("none")
    hand.key(KEY.Key_Escape)
    assert _find(hand) is None and QApplication.focusWidget() is hand.view


def test_a_layer_in_a_closed_group_is_found_as_the_group(hand):
    hand.view.store.apply("Group", lambda p: groups.group_nodes(p, ["conv2d", "pool"]))
    hand.key(KEY.Key_F, CONTROL)
    hand.type("conv")
    (chosen,) = hand.view.selection()
    assert chosen in hand.graph.group_by_id


def test_a_layer_that_is_found_comes_into_view(hand):
    hand.view.scene_viewport.centre_on(5000, 5000)
    hand.key(KEY.Key_F, CONTROL)
    hand.type("dropout")
    shown = hand.view.scene_viewport.card_rect("dropout").toAlignedRect()
    assert hand.view.viewport().rect().contains(shown)
    find = _find(hand)
    assert find.geometry().top() > hand.view.viewport().geometry().bottom(), "over no card"
    hand.key(KEY.Key_Escape)
    assert hand.view.viewport().height() == hand.view.height()


def _shapes(project):
    known = {
        "a": NodeShape((None, 8, 8, 1)),
        "b": NodeShape((None, 3), 1200, 1200, 90),
        "c": NodeShape((None, 1), 4, 0, 3),
    }
    return Shapes(known, project.graph)


@pytest.fixture
def small():
    nodes = (Node("c", "Dense", {"units": 1}), Node("a", "Input"), Node("b", "Dense"))
    return Project("x", Graph(nodes, (("a", "b"), ("b", "c"))))


def test_the_table_follows_the_data_and_knows_its_sums(small):
    rows = network_table(small.graph, _shapes(small))
    assert [row.cells for row in rows] == [
        ("a", "Input", "8×8×1", 0, 0, 0),
        ("b", "Dense", "3", 1200, 90, 1200),
        ("c", "Dense", "1", 4, 3, 0),
    ]
    lines = table_lines(rows)
    assert len({len(line) for line in lines}) == 1, "numbers end in one column"
    assert lines[-1].split()[-3:] == ["1,204", "93", "1,200"]
    assert network_table(small.graph, None)[1].output is None, "nothing is known before Keras"


def test_the_table_is_sorted_by_number_copied_and_saved(make, small, tmp_path):
    hand = make(small)
    hand.view.workbench.shapes = _shapes(small)
    hand.view.commands.show_table()
    (dialog,) = hand.view.findChildren(NetworkTableDialog)
    model = dialog.table.model()

    def column(number):
        return [model.index(row, number).data() for row in range(model.rowCount())]

    assert column(0) == ["a", "b", "c"], "in the order of the data"
    dialog.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    assert column(3) == [1200, 4, 0], "as numbers: as text 4 would come first"
    assert "(None, 3)" in model.index(0, 2).data(Qt.ItemDataRole.ToolTipRole)
    for number in range(len(COLUMNS)):
        role, right = Qt.ItemDataRole.TextAlignmentRole, Qt.AlignmentFlag.AlignRight
        head = model.headerData(number, Qt.Orientation.Horizontal, role)
        cell = model.index(0, number).data(role)
        assert bool(head and head & right) == bool(cell and cell & right), "as its column"
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[0].split("\t") == [_(title) for title in COLUMNS]
    assert copied[1].split("\t") == ["b", "Dense", "3", "1200", "90", "1200"]
    path = dialog.menu.save(tmp_path / "network.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[2][:4] == ["c", "Dense", "1", "4"]
    hand.view.store.apply("Delete", lambda p: edits.remove_nodes(p, ("c",)))
    assert column(0) == ["b", "a"], "it follows, sorted as before"
    hand.view.commands.show_table()
    assert len(hand.view.findChildren(NetworkTableDialog)) == 1
    dialog.close()


def test_a_duplicate_is_proposed_behind_its_original(hand, qtbot):
    hand.view.select(("dense",))
    hand.key(KEY.Key_D, CONTROL)
    (new,) = hand.view.selection()
    assert not hand.graph.sources[new], "nothing is connected unasked"
    assert hand.view.commands.proposal.there
    qtbot.waitUntil(lambda: bool(hand.view.picture.cards[new].problems))
    told = hand.view.problems
    assert not [bubble for bubble in told.now() if bubble.card.id == new], "one offer, not two"
    hand.view.grab()
    hand.key(KEY.Key_Return)
    assert hand.graph.sources[new] == ("dense",)
    assert hand.graph.sources["dropout"] == (new,)
    hand.view.store.undo()
    assert not hand.graph.sources[new] and hand.graph.sources["dropout"] == ("dense",)


def test_the_proposal_is_taken_by_a_click_and_goes_with_anything_else(hand):
    proposal = hand.view.commands.proposal
    hand.view.select(("dropout",))
    hand.key(KEY.Key_D, CONTROL)
    (new,) = hand.view.selection()
    spot = proposal._button(*proposal.ends()).center()
    hand.click(spot.x(), spot.y())
    assert hand.graph.sources[new] == ("dropout",)
    assert not proposal.there
    for away in (
        lambda: hand.key(KEY.Key_Escape),
        lambda: hand.view.select(("conv2d",)),
        hand.view.store.undo,
    ):
        hand.view.select(("dropout",))
        hand.key(KEY.Key_D, CONTROL)
        assert proposal.there
        before = hand.view.store.project
        away()
        assert not proposal.there
        assert hand.view.store.project is before or hand.view.store.redo_label


def test_what_cannot_be_connected_sensibly_is_not_proposed(hand):
    hand.view.select(("input",))
    hand.key(KEY.Key_D, CONTROL)
    assert not hand.view.commands.proposal.there, "nothing feeds an Input"
    hand.view.workbench.shapes = Shapes(
        {
            "dropout": NodeShape((None, 64)),
            "out": NodeShape((None, 10)),
            "conv2d": NodeShape((None, 6, 6, 32)),
        },
        hand.graph,
    )
    hand.view.select(("conv2d",))
    hand.view.commands.copy()
    hand.view.select(())
    hand.key(KEY.Key_V, CONTROL)
    assert not hand.view.commands.proposal.there, "a convolution fits behind no row of numbers"


def test_what_is_pasted_beside_a_finished_network_goes_before_its_last_layer(hand):
    hand.view.select(("dense", "dropout"))
    hand.view.commands.copy()
    hand.view.select(())
    hand.view.commands.paste()
    first, last = hand.view.selection()
    assert hand.view.commands.proposal.accept()
    assert hand.graph.sources[first] == ("dropout",)
    assert hand.graph.sources["out"] == (last,) and hand.graph.outputs == ("out",)


def _menu_titles(hand, x, y):
    spot = hand.spot(x, y)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, spot, hand.view.viewport().mapToGlobal(spot)
    )
    QApplication.sendEvent(hand.view.viewport(), event)
    menu = QApplication.activePopupWidget()
    titles = [action.text() for action in menu.actions()]
    menu.close()
    return titles


def test_the_menu_is_of_what_lies_under_the_pointer(hand):
    hand.view.select(("dense",))
    assert _("Paste") in _menu_titles(hand, -120, -20), "of the canvas, though a layer is selected"
    assert hand.view.selection() == ()
    assert _("Replace with…") in _menu_titles(hand, *hand.middle("conv2d"))
    assert hand.view.selection() == ("conv2d",)
    assert _menu_titles(hand, *hand.on_wire("conv2d", "pool")) == [
        _("Insert a layer…"),
        _("Delete connection"),
    ]
    hand.view.select_wire(("conv2d", "pool"))
    assert _("Select all") in _menu_titles(hand, -120, -20)
    hand.view.select(("dense", "dropout"))
    assert _("Align in a row") in _menu_titles(hand, *hand.middle("dropout")), "several stay"


def test_a_network_that_is_too_long_scrolls_instead_of_shrinking(make):
    nodes = tuple(Node(f"n{at}", "Dense" if at else "Input") for at in range(60))
    chain = tuple((a.id, b.id) for a, b in pairwise(nodes))
    hand = make(Project("x", Graph(nodes, chain)))
    for show in (hand.view.scene_viewport.fit, hand.view.scene_viewport.first_look):
        hand.view.scene_viewport.zoom_to(0.1)
        show()
        assert hand.view.camera.scale == pytest.approx(READABLE)
        first = hand.view.scene_viewport.card_rect("n0").toAlignedRect()
        assert hand.view.viewport().rect().contains(first), "from its beginning"
