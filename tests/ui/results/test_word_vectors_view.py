"""The words of an Embedding on the Inside page: found, compared, clicked, and live in a run."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView, QWidget

from netbuilder.core.project import edits
from netbuilder.core.results.layer_values import weights_of
from netbuilder.core.results.word_vectors import TokenTable, WordMap, WordVectors
from netbuilder.ui.plots.word_plots import WordMapPlot
from netbuilder.ui.results.word_vectors_view import WordTask, WordVectorsView
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.settings import settings

MINUTE = 60_000


def vectors_of(window, qtbot):
    panel = window.docks.show_panel("inside")
    window.canvas.select(("embedding",))
    view = panel.findChild(WordVectorsView, "word_vectors")
    qtbot.waitUntil(lambda: view.isVisible() and view.map is not None and view.idle)
    return view


def cells(view, name):
    model = view.findChild(QTableView, name).model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def write(view, name, word):
    view.findChild(QLineEdit, name).setText(word)


@pytest.fixture
def trained(open_window, example, qtbot):
    window = open_window(edits.set_training(example("reviews"), epochs=4))
    qtbot.train(window)
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    return window


@pytest.mark.slow
def test_words_are_found_compared_and_added(trained, qtbot, tmp_path):
    view = vectors_of(trained, qtbot)
    model = trained.workbench.models.trained
    assert view.vectors is not None and view.map is not None
    tokens = view.vectors.tokens
    matrix = weights_of(model, "embedding")["embeddings"]
    vocabulary = model.preprocessing.inputs["input"].vocabulary
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)

    def cosine(word, other):
        return float(unit[vocabulary.index(word)] @ unit[vocabulary.index(other)])

    happened = []
    trained.workbench.happened.connect(happened.append)
    write(view, "neighbours_1", "hated")
    assert happened == ["words:neighbours hated"], "a lesson can check it"
    rows = cells(view, "neighbours_table")
    assert len(rows) == 10 and "hated" not in [row[0] for row in rows]
    assert [float(row[1]) for row in rows] == pytest.approx(
        [cosine("hated", row[0]) for row in rows], abs=0.006
    )
    ranked = sorted(
        (cosine("hated", one) for one in vocabulary[2:] if one != "hated"), reverse=True
    )
    assert float(rows[0][1]) == pytest.approx(ranked[0], abs=0.006)
    assert tokens.classes == ("negative", "positive") and rows[0][2].isdigit()
    assert tokens.leaning[tokens.find("hated")] == 0 and tokens.leaning[tokens.find("loved")] == 1
    assert "negative" in view.legend.text() and view.legend.isVisible()

    write(view, "neighbours_1", "unheard")
    assert "unheard" in view.neighbours.note.text()
    assert view.neighbours.table.isHidden() and view.neighbours.found == ()

    view.tasks.setCurrentWidget(view.compared)
    write(view, "compared_1", "hated")
    assert view.compared.bars.isHidden(), "one word is compared with nothing"
    write(view, "compared_2", "Loved")
    assert f"{cosine('hated', 'loved'):.2f}".lstrip("-") in view.compared.note.text()
    drawn = [bars.opts["height"] for bars in view.compared.bars.bars]
    assert np.allclose(drawn[0], matrix[vocabulary.index("hated")])
    assert np.allclose(drawn[1], matrix[vocabulary.index("loved")])

    view.tasks.setCurrentWidget(view.analogy)
    for number, word in enumerate(("loved", "hated", "dull"), 1):
        write(view, f"analogy_{number}", word)
    added = matrix[[vocabulary.index(one) for one in ("loved", "hated", "dull")]]
    aim = added[0] - added[1] + added[2]
    others = [one for one in vocabulary[2:] if one not in ("loved", "hated", "dull")]
    nearest = max(others, key=lambda one: unit[vocabulary.index(one)] @ aim)
    assert cells(view, "analogy_table")[0][0] == nearest
    assert nearest in view.analogy.note.text()
    assert len(view.plot.lines.getData()[0]) == 4, "two arrows"
    ringed = np.column_stack(view.plot.answer.getData())
    assert ringed.tolist() == [view.map.at[tokens.find(nearest)].tolist()], "the answer's ring"
    assert view.plot.menu.save(tmp_path / "words.png").stat().st_size > 1000
    assert b"<svg" in view.plot.menu.save(tmp_path / "words.svg").read_bytes()


def test_a_click_on_the_map_chooses_the_word_there(trained, qtbot, at_rest):
    view = vectors_of(trained, qtbot)
    assert view.map is not None and view.vectors is not None
    at = view.map.at
    away = np.linalg.norm((at[:, None] - at[None]) / np.ptp(at, axis=0), axis=2)
    np.fill_diagonal(away, 9)
    lonely = int(away.min(axis=1).argmax())
    word = view.vectors.tokens.names[lonely]
    write(view, "neighbours_1", "")

    def spot():
        place = view.plot.getPlotItem().vb.mapViewToScene(QPointF(*at[lonely]))
        return view.plot.mapFromScene(place)

    at_rest(spot)
    QTest.mouseClick(view.plot.viewport(), Qt.MouseButton.LeftButton, pos=spot())
    assert view.neighbours.words == (word,)
    ring = view.plot.rings.getData()
    assert (ring[0][0], ring[1][0]) == pytest.approx(tuple(at[lonely]))
    first = view.neighbours.found[0][0]
    view.neighbours.table.activated.emit(view.neighbours.table.rows.index(0, 0))
    assert view.neighbours.words == (view.vectors.tokens.names[first],)


@pytest.mark.slow
def test_the_choice_of_a_map_is_remembered_and_the_words_stay(trained, qtbot):
    view = vectors_of(trained, qtbot)
    write(view, "neighbours_1", "dull")
    view.way.setCurrentText("t-SNE")
    view.way.activated.emit(1)
    qtbot.waitUntil(lambda: view.map is not None and view.map.way == "t-SNE")
    assert settings().value("word_map") == "t-SNE"
    trained.canvas.select(("conv1d",))
    assert view.isHidden()
    again = vectors_of(trained, qtbot)
    assert again is view and view.neighbours.words == ("dull",)


@pytest.mark.slow
def test_the_map_follows_a_run_without_jumping(open_window, example, qtbot):
    settings().setValue("word_map", "t-SNE")
    window = open_window(edits.set_training(example("reviews"), epochs=100_000))
    window.runner.start()
    qtbot.waitUntil(lambda: window.sample_view.look is not None)
    view = vectors_of(window, qtbot)
    maps = [view.map]

    def another():
        if view.map is not maps[-1]:
            maps.append(view.map)
        return len(maps) > 6

    qtbot.waitUntil(another, timeout=2 * MINUTE)
    assert {one.way for one in maps} == {"PCA"}, "t-SNE would take longer than a moment"
    assert all(one.vectors.tokens is maps[0].vectors.tokens for one in maps)
    moved = [np.abs(one.at - two.at).max() for one, two in pairwise(maps)]
    assert max(moved) > 0, "it is another moment"
    # Turned by a half, most words would move by twice their distance from the middle.
    for one, two in pairwise(maps):
        assert np.sum((one.at - two.at) ** 2) < np.sum((one.at + two.at) ** 2)
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    qtbot.waitUntil(lambda: view.map is not None and view.map.way == "t-SNE")


def test_the_list_of_words_looks_like_its_window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    task = WordTask("neighbours", "", ("",), window)
    task.known.setStringList(["good", "great", "bad"])
    window.setStyleSheet("QAbstractItemView { background: #123456; color: #fedcba; }")
    window.show()
    field = task.fields[0]
    field.setFocus()
    QTest.keyClicks(field, "g")
    popup = field.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    assert popup.isWindow() and popup.model().rowCount() == 2
    seen = popup.viewport().grab().toImage()
    assert seen.pixelColor(seen.width() - 2, seen.height() - 2).name() == "#123456"


def test_names_of_similar_words_do_not_lie_over_each_other(qtbot):
    names = tuple(f"word{number}" for number in range(12))
    vectors = WordVectors.of(np.eye(12), TokenTable(names, np.arange(12)))
    at = np.column_stack([np.linspace(0, 0.001, 12), np.zeros(12)])
    at[-1] = 1, 1
    plot = WordMapPlot()
    qtbot.addWidget(plot)
    plot.resize(500, 320)
    plot.show()
    qtbot.waitExposed(plot)
    plot.show_map(WordMap(vectors, at, "PCA"), names)
    plot.mark([3], range(10))

    labels = [one for one in plot.getPlotItem().vb.allChildItems() if hasattr(one, "textItem")]
    seen = [one for one in labels if one.isVisible()]
    assert "word3" in {one.toPlainText() for one in seen}, "a word in a ring has its name"
    rooms = [one.mapRectToScene(one.boundingRect()) for one in seen]
    assert not any(a.intersects(b) for n, a in enumerate(rooms) for b in rooms[:n])


def test_the_wheel_scrolls_the_page_and_leaves_the_task(qtbot, tmp_path):
    view = WordVectorsView(lambda: tmp_path)
    qtbot.addWidget(view)
    view.tasks.setCurrentIndex(1)
    bar = view.tasks.tabBar()
    spot = bar.rect().center()
    event = QWheelEvent(
        QPointF(spot), QPointF(bar.mapToGlobal(spot)), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(bar, event)
    assert not event.isAccepted() and view.tasks.currentIndex() == 1
