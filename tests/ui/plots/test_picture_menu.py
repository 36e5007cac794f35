"""Every plot can be copied and saved, as it is seen and without the button for it."""

from xml.etree import ElementTree

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from netbuilder.core.errors import UserError
from netbuilder.ui.kinds.tables import CorrelationMap
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.confusion_matrix import HeatMap
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme


def _bars():
    made = BarList()
    made.show_rows([("cats", 30.0, "30"), ("dogs", 12.0, "12")])
    return made


def _heat():
    made = HeatMap()
    made.show_matrix(np.array([[5, 1], [0, 7]]), ("cats", "dogs"))
    return made


def _correlation():
    made = CorrelationMap()
    made.show_matrix(np.array([[1.0, 0.9], [0.9, 1.0]]), ("cats", "dogs"))
    return made


def _curve():
    made = pg.PlotWidget(background=theme.colors().panel)
    PictureMenu(made, "curve")
    made.plot([0, 1, 2], [0, 1, 4])
    made.setLabel("bottom", "cats")
    made.setLabel("left", "dogs")
    return made


@pytest.fixture(params=[_bars, _heat, _correlation, _curve], ids=lambda made: made.__name__)
def plot(request, qtbot):
    made: QWidget = request.param()
    qtbot.addWidget(made)
    made.resize(320, 240)
    made.show()
    qtbot.waitExposed(made)
    return made


def _menu(plot):
    (found,) = plot.findChildren(PictureMenu)
    return found


def _colors(image):
    return {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 3)
        for y in range(0, image.height(), 3)
    }


def test_copied_as_sharp_as_twice_the_screen(plot):
    QGuiApplication.clipboard().clear()
    _menu(plot).copy()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (640, 480)
    assert QColor(theme.colors().panel).name() in _colors(image)
    assert len(_colors(image)) > 2, "there is more than the background"


def test_a_picture_shows_all_that_is_seen(plot, tmp_path):
    """Not its upper left quarter: in every part of it there is as much ink as on the screen."""
    menu = _menu(plot)
    menu.copy()
    copied = _parts(QGuiApplication.clipboard().image())
    menu.hide()
    seen = _parts(plot.grab().toImage())
    assert seen.max() > 0.01
    np.testing.assert_allclose(copied, seen, atol=0.02)
    menu.save(tmp_path / "one.svg")
    drawn = QImage(plot.size(), QImage.Format.Format_RGB32)
    drawn.fill(QColor(theme.colors().panel))
    painter = QPainter(drawn)
    QSvgRenderer(str(tmp_path / "one.svg")).render(painter)
    painter.end()
    np.testing.assert_allclose(_parts(drawn), seen, atol=0.008)


def _parts(image):
    """How much of each of six by six parts is not as its background."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    dots = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    far = np.abs(dots[:, :, :3].astype(float) - dots[0, 0, :3]).mean(axis=2) / 255
    return np.array([[cell.mean() for cell in np.array_split(row, 6, axis=1)]
                     for row in np.array_split(far, 6)])  # fmt: skip


def test_a_picture_takes_along_what_its_colours_are(plot, tmp_path):
    menu = _menu(plot)
    menu.copy()
    alone = QGuiApplication.clipboard().image()
    menu.below = lambda: '<span style="color:#0072b2">●</span> whales'
    menu.copy()
    both = QGuiApplication.clipboard().image()
    assert both.height() > alone.height() + 20
    assert both.copy(alone.rect()) == alone
    words = both.copy(0, alone.height(), both.width(), both.height() - alone.height())
    assert "#0072b2" in _colors(words)
    menu.save(tmp_path / "one.svg")
    assert "whales" in (tmp_path / "one.svg").read_text(encoding="utf-8")


def test_the_button_is_in_no_picture(plot):
    menu = _menu(plot)
    menu.copy()
    before = QGuiApplication.clipboard().image()
    menu.setFocus()
    menu.copy()
    assert QGuiApplication.clipboard().image() == before
    assert menu.geometry().right() <= plot.width()
    plot.resize(500, 240)
    assert menu.geometry().right() > 450, "it stays in its corner"


def test_saved_as_points_and_as_lines(plot, tmp_path):
    menu = _menu(plot)
    assert menu.save(tmp_path / "one.v2") == tmp_path / "one.v2.png"
    assert QImage(str(tmp_path / "one.v2.png")).size() == plot.size() * 2
    menu.save(tmp_path / "one.svg")
    tree = ElementTree.parse(tmp_path / "one.svg")
    words = {
        "".join(one.itertext()).strip() for one in tree.iter("{http://www.w3.org/2000/svg}text")
    }
    assert {"cats", "dogs"} <= words, "letters stay letters"
    assert not list(tree.iter("{http://www.w3.org/2000/svg}image")), "no points in it"
    with pytest.raises(UserError, match="folder does not exist"):
        menu.save(tmp_path / "nowhere" / "one.png")


def test_a_click_with_the_right_button_offers_it(qtbot):
    made = _bars()
    qtbot.addWidget(made)
    made.show()
    menu = _menu(made).menu()
    made.customContextMenuRequested.emit(made.rect().center())
    assert menu.isVisible()
    assert [action.text() for action in menu.actions()] == [
        "Copy image", "Save image…", "Copy numbers", "Save numbers as CSV…",
    ]  # fmt: skip
    menu.close()


def test_the_numbers_behind_a_picture_are_copied_and_saved(qtbot, tmp_path):
    heat, bars = _heat(), _bars()
    qtbot.addWidget(heat)
    qtbot.addWidget(bars)
    _menu(heat).copy_numbers()
    wanted = ["true \\ predicted\tcats\tdogs", "cats\t5\t1", "dogs\t0\t7"]
    assert QGuiApplication.clipboard().text().splitlines() == wanted
    file = _menu(bars).save_numbers(tmp_path / "bars")
    assert file.read_text(encoding="utf-8-sig").splitlines() == ["name,value", "cats,30", "dogs,12"]


def test_names_of_few_classes_are_read_whole(qtbot):
    heat = HeatMap()
    qtbot.addWidget(heat)
    heat.show_matrix(np.eye(3, dtype=int), ("setosa", "versicolor", "virginica"))
    heat.resize(400, heat.sizeHint().height())
    left, top, wide, high = heat.grid()
    assert wide > heat.fontMetrics().horizontalAdvance("versicolor") > high
    assert heat.cell_at(left + 2.5 * wide, top + 1.5 * high) == (1, 2)
    heat.resize(180, heat.sizeHint().height())
    left, _top, wide, _high = heat.grid()
    assert left + 3 * wide <= 180, "never wider than the panel"
