"""What there is to see of data of each kind, in the tabs below its recipe."""

from itertools import pairwise

import h5py
import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QSlider, QTableWidget

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.data_views import find_data_views
from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.kinds.builtin.generated import moons, xor
from netbuilder.core.data.tokens import learn_merges
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.ui.data.data_view_tabs import DataViewTabs
from netbuilder.ui.forms.slide_editor import SlideEditor
from netbuilder.ui.kinds.texts import MergesView
from netbuilder.ui.services.devices import WavePlayer, pcm_samples
from netbuilder.ui.window.documents import empty_project


def _graph(*layers: Node):
    nodes = [Node("input", "Input"), *layers]
    nodes.append(Node("out", "Dense", {"units": 1}))
    ids = [node.id for node in nodes]
    return Graph(tuple(nodes), tuple(pairwise(ids)))


@pytest.fixture
def tabs(qtbot):
    made = DataViewTabs(lambda label, edit: None)
    qtbot.addWidget(made)
    made.resize(420, 400)
    made.show()
    return made


def _show(tabs, data, base, graph=None):
    project = Project("t", graph or _graph(), data)
    found = make_report(project, base)
    tabs.show_report(found, find_data_views(project, base, found), project, base)
    return project


def _titles(tabs):
    return [tabs.tabText(n) for n in range(tabs.count()) if tabs.isTabVisible(n)]


def test_each_kind_has_its_own_tabs_and_begins_with_what_tells_most(tabs, tmp_path):
    _show(tabs, Data("builtin", name="iris"), tmp_path)
    assert _titles(tabs) == ["Columns", "Rows", "Scatter", "Correlation", "Splits"]
    assert tabs.tabText(tabs.currentIndex()) == "Columns"
    _show(tabs, Data("builtin", name="reviews"), tmp_path)
    assert _titles(tabs) == ["Rows", "Texts", "Splits"]
    assert tabs.tabText(tabs.currentIndex()) == "Texts"
    _show(tabs, Data("builtin", name="temperatures"), tmp_path)
    assert _titles(tabs) == ["Rows", "Series", "Splits"]
    _show(tabs, Data("builtin", name="waves"), tmp_path)
    assert _titles(tabs) == ["Rows", "Sequences", "Splits"]
    _show(tabs, Data("builtin", name="digits"), tmp_path)
    assert _titles(tabs) == ["Pictures", "Splits"]
    _show(tabs, Data("builtin", name="iris"), tmp_path)
    assert _titles(tabs) == ["Columns", "Rows", "Scatter", "Correlation", "Splits"]
    assert tabs.tabText(tabs.currentIndex()) == "Columns"


def test_the_tab_that_was_chosen_stays_while_the_data_is_changed(tabs, tmp_path):
    _show(tabs, Data("builtin", name="moons"), tmp_path)
    tabs.setCurrentIndex(_titles(tabs).index("Scatter"))
    _show(tabs, Data("builtin", name="moons", options={"noise": 0.4}), tmp_path)
    assert tabs.tabText(tabs.currentIndex()) == "Scatter"


def test_pictures_of_one_class_and_as_the_network_will_get_them(tabs, tmp_path, qtbot):
    data = Data("builtin", name="drawn_shapes", options={"samples": 120})
    plain = _show(tabs, data, tmp_path, _graph())
    tab = tabs.tabs["Pictures"]
    qtbot.waitUntil(lambda: tab.grid.count == 48)
    assert not tab.augment.isEnabled()
    assert "RandomFlip" in tab.note.text()
    assert len(set(tab.grid.labels)) > 3
    tab.label.setCurrentText("square")
    qtbot.waitUntil(lambda: set(tab.grid.labels) == {"square"})
    tab.part.setCurrentIndex(1 + 2)
    qtbot.waitUntil(lambda: set(tab.grid.parts) == {2})
    before = [image.copy() for image in tab.grid.images]

    # Pixels go in from 0 to 1, which the layer is told; its default wants 0 to 255.
    invert = Node("invert", "RandomInvert", {"factor": [1, 1], "value_range": [0, 1]})
    tabs.follow(Project("t", _graph(invert), plain.data))
    qtbot.waitUntil(tab.augment.isEnabled)
    qtbot.mouseClick(tab.augment, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "RandomInvert" in tab.note.text())
    assert len(tab.grid.images) == len(before)
    for image, old in zip(tab.grid.images, before, strict=True):
        # White on black becomes black on white.
        assert image.pixelColor(0, 0).red() + old.pixelColor(0, 0).red() in range(254, 257)


def test_texts_with_and_without_their_numbers(tabs, tmp_path):
    lines = [f"{'good film' if n % 2 else 'bad film seldom' + str(n)},{n % 2}" for n in range(60)]
    (tmp_path / "t.csv").write_text("text,liked\n" + "\n".join(lines) + "\n", encoding="utf-8")
    options = {"max_words": 5, "sequence_length": 2}
    _show(tabs, Data("text", path="t.csv", target=("liked",), options=options), tmp_path)
    tab = tabs.tabs["Texts"]
    tabs.setCurrentIndex(_titles(tabs).index("Texts"))
    said = tab.tokens.toPlainText()
    assert "good" in said
    assert "seldom0" in said
    row = tab.tokens._look.rows[0]
    assert "<s " in tab.tokens._row(row, False), "the third word is cut"
    assert "50% of the texts" in tab.words.text()
    assert not tab.lengths.isHidden()
    tab.numbers.click()
    assert tab.tokens.toPlainText() != said
    film = next(t for t in row.tokens if t.text == "film")
    assert f"film{film.number}" in tab.tokens.toPlainText()


def test_a_series_says_where_time_jumps(tabs, tmp_path):
    days = [*range(1, 13), *range(20, 29)]
    rows = [f"2024-0{month}-{day:02},{month * day}" for month in (1, 2, 3) for day in days]
    (tmp_path / "t.csv").write_text("day,x\n" + "\n".join(rows) + "\n", encoding="utf-8")
    data = Data("series", path="t.csv", target=("x",), options={"window": 2})
    _show(tabs, data, tmp_path)
    tab = tabs.tabs["Series"]
    tabs.setCurrentWidget(tab)
    assert len(tab.plot.gaps()) == 3
    first = tab.plot.gaps()[0]
    assert (first[1] - first[0]) / 86_400 == 8
    assert "3 gaps" in tab.note.text()
    # The wheel is the page's: it neither zooms nor goes to the next tab.
    seen = tab.plot.getPlotItem().vb.viewRange()[0]
    assert not _wheel(tab.plot.viewport())
    assert not _wheel(tabs.tabBar())
    assert tabs.currentWidget() is tab
    assert tab.plot.getPlotItem().vb.viewRange()[0] == seen
    assert _wheel(tab.plot.viewport(), Qt.KeyboardModifier.ControlModifier)
    assert tab.plot.getPlotItem().vb.viewRange()[0] != seen


def _wheel(widget, keys=Qt.KeyboardModifier.NoModifier):
    """Turn the wheel in a widget's middle; whether it was taken."""
    spot = widget.rect().center()
    event = QWheelEvent(
        QPointF(spot), QPointF(widget.mapToGlobal(spot)), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


@pytest.fixture
def tones(tmp_path):
    for name in ("one", "two"):
        (tmp_path / "tones" / name).mkdir(parents=True)
        for number in range(5):
            wave = np.sin(np.arange(4000) * (0.1 if name == "one" else 0.3)) * 0.5
            soundfile.write(tmp_path / "tones" / name / f"{number}.wav", wave, 16_000)
    return tmp_path


def test_sounds_are_seen_and_without_a_loudspeaker_it_is_said(tabs, tones, qtbot, monkeypatch):
    _show(tabs, Data("sounds", path="tones"), tones)
    tab = tabs.tabs["Sounds"]
    qtbot.waitUntil(lambda: tab.heard is not None)
    assert tab.model.rowCount() == 10
    assert "10 sounds of 0.3 s" in tab.words.text()
    first = tab.heard
    tab.table.selectRow(9)
    qtbot.waitUntil(lambda: tab.heard is not first)

    def silent(self, wave, rate):
        raise UserError("No loudspeaker was found.", "Plug one in.")

    # What the machine of the test has or lacks must not decide.
    monkeypatch.setattr(WavePlayer, "play", silent)
    tab.play.click()
    assert "No loudspeaker was found." in tab.words.text()
    assert tab.play.text() == "▶ Play"


@pytest.mark.qt_log_ignore("PulseAudio", extend=True)
def test_playing_never_raises_anything_but_words(qtbot):
    player = WavePlayer()
    try:
        player.play(np.zeros(800, np.float32), 16_000)
    except UserError as error:
        assert error.fix
    player.stop()
    assert not player.playing


def test_what_the_loudspeaker_gets():
    wave = np.array([0.0, 0.5, -1.0, 2.0], np.float32)
    assert np.frombuffer(pcm_samples(wave, 100, 100, 1), "<i2").tolist() == [
        0,
        16384,
        -32767,
        32767,
    ]
    assert np.frombuffer(pcm_samples(wave, 100, 100, 2), "<i2").tolist()[2:4] == [16384, 16384]
    tone = np.sin(2 * np.pi * 100 * np.arange(16_000) / 16_000).astype(np.float32)
    heard = np.frombuffer(pcm_samples(tone, 16_000, 44_100, 1), "<i2")
    assert len(heard) == 44_100
    crossings = int(np.diff(heard > 0).sum())
    assert abs(crossings - 200) <= 4, "100 Hz stay 100 Hz"


def test_the_arrays_of_a_file_are_picked_from_its_tree(open_window, qtbot, tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["day/one/signal"] = np.random.default_rng(0).normal(size=(30, 3))
        file["day/one/state"] = np.arange(30) % 2
        file["day/count"] = np.arange(5)
    window = open_window(empty_project(), keras=False)
    panel = window.docks.show_panel("data")
    panel.choose_path(tmp_path / "m.h5")
    qtbot.waitUntil(lambda: bool(panel.cards.cards))
    qtbot.waitUntil(lambda: panel.look.currentWidget() is panel.look.tabs.get("Arrays"))
    tree = panel.look.tabs["Arrays"].tree
    (group,) = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]
    assert (group.text(0), group.text(1), group.childCount()) == ("day", "group", 2)
    inner = next(group.child(n) for n in range(2) if group.child(n).text(0) == "one")
    assert inner.child(0).text(0) == "signal"
    assert inner.child(0).text(1) == "30 × 3"
    assert inner.child(0).text(2) == "float64"
    for name, use in (("day/one/state", "y"), ("day/one/signal", "x")):
        box = tree.boxes[name]
        box.activated.emit(box.findData(use))
        qtbot.waitUntil(lambda old=box: old not in tree.boxes.values())
    assert window.store.project.data.options == {"x": "day/one/signal", "y": "day/one/state"}
    assert window.store.undo_label == "Use 'day/one/signal' as inputs (x)"
    qtbot.waitUntil(lambda: "Scatter" in panel.look.tabs)
    qtbot.waitUntil(lambda: not panel.cards.cards)
    tree.setFocus()
    tree.setCurrentItem(
        tree.findItems("state", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)[0]
    )
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    (menu,) = [one for one in tree.findChildren(QMenu) if one.isVisible()]
    ticked = [action.text() for action in menu.actions() if action.isChecked()]
    assert ticked == ["targets (y)"]
    menu.close()


@pytest.mark.parametrize("size", [(1366, 768), (1024, 700)])
def test_a_plot_that_is_chosen_in_a_small_window_is_seen_with_its_axis(
    open_window, qtbot, tmp_path, size
):
    rows = "".join(f'{n},"({n * 7},000)","({n * 3},500)",{n % 5}\n' for n in range(1, 40))
    (tmp_path / "d.csv").write_text("month,cost,loss,y\n" + rows)
    window = open_window(empty_project())
    window.resize(*size)
    panel = window.docks.show_panel("data")
    panel.choose_path(tmp_path / "d.csv")
    qtbot.waitUntil(lambda: "Scatter" in _titles(panel.look))
    qtbot.waitUntil(lambda: window.workbench.settled)
    look, bar = panel.look, panel.look.tabBar()
    place = next(n for n in range(look.count()) if look.tabText(n) == "Scatter")
    assert panel.scroll_area.verticalScrollBar().value() == 0
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())
    plot = look.currentWidget().plot

    def seen():
        view = panel.scroll_area.viewport()
        end = plot.mapTo(view, plot.rect().bottomLeft()).y()
        return bar.mapTo(view, bar.rect().topLeft()).y() >= 0 and end <= view.height()

    qtbot.waitUntil(seen, timeout=5000)

    # A table scrolls by itself: its tab stays under the pointer, though the page gets lower.
    scrolled = panel.scroll_area.verticalScrollBar()
    scrolled.setValue(scrolled.maximum())
    where = bar.mapToGlobal(bar.rect().topLeft())
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(0).center())
    qtbot.waitUntil(lambda: look.currentWidget() is look.columns)
    qtbot.wait(100)
    assert bar.mapToGlobal(bar.rect().topLeft()) == where
    room = look.columns.height() - look.columns.verticalHeader().length()
    assert room <= 80, "below the last row there is no more than the header's and the bar's room"


CLASSIC = " ".join(["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3)
MERGES = learn_merges(CLASSIC, True, 4, 1000)[0]


def view(qtbot):
    found = MergesView()
    qtbot.addWidget(found)
    found.show_merges(MERGES, "lowest newer")
    found.show()
    return found


def tokens(found):
    label = found.findChild(QLabel, "merges-tokens")
    return label.accessibleName().split()


def test_the_slider_merges_the_sentence_step_by_step(qtbot):
    found = view(qtbot)
    slider = found.findChild(QSlider, "merges-slider")
    assert slider.maximum() == 4
    seen = []
    for done in range(5):
        slider.setValue(done)
        seen.append(tokens(found))
    assert seen == [
        ["l", "o", "w", "e", "s", "t", "␣", "n", "e", "w", "e", "r"],
        ["l", "o", "w", "es", "t", "␣", "n", "e", "w", "e", "r"],
        ["l", "o", "w", "est", "␣", "n", "e", "w", "e", "r"],
        ["lo", "w", "est", "␣", "n", "e", "w", "e", "r"],
        ["low", "est", "␣", "n", "e", "w", "e", "r"],
    ]


def test_each_merge_stands_in_the_table_with_its_count(qtbot):
    found = view(qtbot)
    table = found.findChild(QTableWidget, "merges-table")
    rows = [
        [item.text() for column in range(4) if (item := table.item(row, column)) is not None]
        for row in range(table.rowCount())
    ]
    assert rows == [
        ["1", "e + s", "es", "9"],
        ["2", "es + t", "est", "9"],
        ["3", "l + o", "lo", "7"],
        ["4", "lo + w", "low", "7"],
    ]
    place = table.visualItemRect(table.item(1, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert found.box.value() == 2, "a row shows the sentence after it"
    assert tokens(found)[3] == "est"


def test_a_sentence_of_ones_own_stays_when_the_data_is_read_again(qtbot):
    found = view(qtbot)
    text = found.findChild(QLineEdit, "merges-text")
    text.setText("Lower <b>")
    assert tokens(found) == ["low", "e", "r", "␣", "<", "b", ">"], "as in training: lower case"
    found.show_merges(MERGES[:2], "another sentence")
    assert text.text() == "Lower <b>"
    assert tokens(found) == ["l", "o", "w", "e", "r", "␣", "<", "b", ">"]
    found.show_merges((), "")
    assert not found.isVisible()


@pytest.mark.parametrize("name", ["moons", "xor", "circles", "spiral", "blobs"])
def test_every_playground_has_size_noise_and_shape_to_slide(name):
    slid = [param.name for param in BUILTINS[name].options if param.slide]
    assert slid[:2] == ["samples", "noise"]
    assert len(slid) == 3


def test_moons_lie_apart_and_quarters_are_turned():
    near, groups = moons(noise=0.0)
    far, same = moons(noise=0.0, apart=1.0)
    assert (groups == same).all()
    blue = groups == "blue"
    assert np.allclose(near[~blue], far[~blue])
    assert np.allclose(near[blue] - [0, 1], far[blue])
    points, colours = xor(noise=0.0, turned=90.0)
    # A quarter turn changes the colours of the quarters.
    assert ((points[:, 0] * points[:, 1] < 0) == (colours == "orange")).all()


@pytest.mark.parametrize(
    ("param", "places"),
    [
        (Param("noise", Kind.FLOAT, 0.1, "", 0.0, 1.0), {0: 0.0, 30: 0.15, 200: 1.0}),
        (Param("clouds", Kind.INT, 3, "", 2, 8), {0: 2, 1: 3, 6: 8}),
        (Param("even", Kind.FLOAT, 5.0, "", 0.04, 10.04), {0: 0.04, 100: 5.04, 200: 10.04}),
        (Param("samples", Kind.INT, 400, "", 40, 20_000), {0: 40, 74: 400, 200: 20_000}),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_places_of_the_slider(qtbot, param, places):
    editor = SlideEditor(param)
    qtbot.addWidget(editor)
    for place, value in places.items():
        assert editor.value_at(place) == value
        assert type(editor.value_at(place)) is (int if param.kind is Kind.INT else float)
        editor.show_value(value)
        assert editor.slider.value() == place


def test_points_are_drawn_anew_while_one_slides(open_window, qtbot):
    window = open_window(empty_project(), keras=False)
    panel = window.docks.show_panel("data")
    panel.choose_builtin("moons")
    qtbot.waitUntil(lambda: "Scatter" in panel.look.tabs)
    assert panel.look.tabText(panel.look.currentIndex()) == "Scatter"
    scatter = panel.look.tabs["Scatter"]
    chosen = window.store.undo_label
    editor = panel.form.rows["noise"].editor
    assert editor.isVisible()
    assert (
        editor.mapTo(panel, editor.rect().topLeft()).y()
        < panel.look.mapTo(panel, panel.look.rect().topLeft()).y()
    ), "the slider stands above what it changes"

    def spread():
        return float(np.ptp(scatter._look.values[:, 1]))

    before = spread()
    editor.slider.setFocus()
    for _ in range(5):
        QTest.keyClick(editor.slider, Qt.Key.Key_PageUp)
    noise = window.store.project.data.options["noise"]
    assert noise == 0.65
    qtbot.waitUntil(lambda: spread() > before + 1)
    assert editor.box.lineEdit().text() == "0.65"
    window.store.undo()
    assert "noise" not in window.store.project.data.options, "one slide is one step"
    assert window.store.undo_label == chosen
    assert editor.slider.value() == 30
    qtbot.waitUntil(lambda: abs(spread() - before) < 1e-9)
    assert panel.look.tabText(panel.look.currentIndex()) == "Scatter"
