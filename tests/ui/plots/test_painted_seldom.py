"""What does not change while a network trains is not worked out, laid out or painted anew."""

import time

import numpy as np
import pytest
from pyqtgraph import AxisItem
from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QCheckBox, QWidget

from netbuilder.core.results.live.view_data import SamplePoints, SurfacePicture
from netbuilder.ui.plots import activation_strips as strips
from netbuilder.ui.plots.live.surface_plot import SurfacePlot
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.layouts import FlowLayout
from netbuilder.ui.widgets.throttle import Throttle

POINTS = SamplePoints(
    np.array([[0.2, 0.3], [0.7, 0.6], [0.5, 0.9]]),
    np.array([0, 1, 1]),
    np.array([0, 0, 2]),
    np.array([True, True, True]),
)


def surface(seed, across="x", right=1.0):
    share = np.random.default_rng(seed).random((20, 20))
    shares = np.stack([share, 1 - share], axis=-1)
    return SurfacePicture(
        across, "y", (0.0, 0.0, right, 1.0), POINTS, shares=shares, classes=("a", "b")
    )


def test_a_newer_surface_works_out_no_axis_anew(qtbot, monkeypatch):
    worked_out: list[str] = []
    plain = AxisItem.generateDrawSpecs

    def counted(axis, painter):
        worked_out.append(axis.orientation)
        return plain(axis, painter)

    monkeypatch.setattr(AxisItem, "generateDrawSpecs", counted)
    plot = SurfacePlot()
    qtbot.addWidget(plot)
    plot.resize(400, 400)
    plot.show_surface(surface(1))
    before = plot.grab().toImage()
    plot.grab()  # what the first painting found out about the room of letters is in now
    worked_out.clear()
    plot.show_surface(surface(2))
    assert plot.grab().toImage() != before
    assert worked_out == []
    assert not plot.ring.isVisible()  # nothing is in them: they are not asked to paint either
    assert not plot.wrong.isVisible()
    plot.show_surface(surface(2, "another column", right=4.0))
    plot.grab()
    assert "bottom" in worked_out
    assert plot.getPlotItem().getAxis("bottom").labelText == "another column"
    assert plot.image.mapRectToParent(plot.image.boundingRect()).right() == 4.0


def test_what_asks_again_and_again_is_done_once_a_pace(qtbot):
    done: list[float] = []
    owner = QObject()
    paced = Throttle(lambda: done.append(time.monotonic()), owner, 0.5)
    paced.soon()
    assert len(done) == 1  # the first one at once
    for _ in range(50):
        paced.soon()
    assert len(done) == 1
    qtbot.waitUntil(lambda: len(done) == 2)  # all of these together, and none is forgotten
    assert done[1] - done[0] > 0.4  # the timer may be a little early
    paced.soon()
    paced.now()
    assert len(done) == 3
    qtbot.wait(600)
    assert len(done) == 3  # what was waiting is done


@pytest.mark.parametrize("names", [(), ("a", "b", "c")])
def test_pictures_of_units_have_the_colours_they_say(names):
    values = np.random.default_rng(3).random((9, 7, 3)).astype(np.float32) - (0 if names else 0.5)
    for unit in range(3):
        image = strips.surface_image(values, unit, names)
        assert image.format() is QImage.Format.Format_RGB32  # painted without being taken apart
        assert (image.width(), image.height()) == (7, 9)
        places, table = strips.surface_places(values, unit, names)
        pixels = table[places]
        for row, column in ((0, 0), (4, 6), (8, 3)):
            assert image.pixelColor(column, row).getRgb()[:3] == tuple(pixels[row, column])
    maps = values.transpose(2, 0, 1)  # coloured in one go, each by its own numbers
    assert strips.heat_images(maps) == [strips.heat_image(one) for one in maps]
    assert strips.signed_images(maps) == [strips.signed_image(one) for one in maps]
    odd = np.array([[np.nan, np.inf], [-np.inf, 1.0]])
    assert strips.signed_colors(odd)[0, 0].tolist() == [255, 255, 255]
    assert strips.heat_image(odd).size().width() == 2
    assert strips.blank_image(3, 3).format() is QImage.Format.Format_ARGB32_Premultiplied


def test_the_height_of_a_paragraph_of_widgets_is_found_once(qtbot, monkeypatch):
    page = QWidget()
    qtbot.addWidget(page)
    flow = FlowLayout(page)
    boxes = [QCheckBox(f"part {number}", page) for number in range(6)]
    for box in boxes:
        flow.addWidget(box)
    page.resize(120, 300)
    page.show()
    qtbot.waitExposed(page)
    arranged: list[int] = []
    plain = FlowLayout._arrange

    def counted(self, rect, *, move):
        arranged.append(rect.width())
        return plain(self, rect, move=move)

    monkeypatch.setattr(FlowLayout, "_arrange", counted)
    narrow = flow.heightForWidth(120)
    arranged.clear()
    assert [flow.heightForWidth(120) for _ in range(5)] == [narrow] * 5
    assert arranged == []
    assert flow.heightForWidth(4000) < narrow  # another width is another height
    boxes[0].setText("a part with a name that takes more than the line that it stood in before")
    boxes[1].hide()
    flow.activate()
    assert flow.heightForWidth(120) == plain(flow, QRect(0, 0, 120, 0), move=False) < narrow


def test_bars_stand_where_their_numbers_say(qtbot):
    picture = strips.bars_image(np.array([1.0, -1.0, 0.5, 0.0]), 40, 20)

    def color(x, y):
        return picture.pixelColor(round(2 * x), round(2 * y)).name()  # two dots a pixel

    assert color(4, 5) == color(24, 7) == QColor(theme.ABOVE_ZERO).name()  # up from the middle
    assert color(14, 15) == QColor(theme.BELOW_ZERO).name()  # and down
    assert picture.pixelColor(28, 10).alpha() == 0
    assert picture.pixelColor(68, 6).alpha() == 0


@pytest.mark.parametrize("dark", [False, True])
def test_zero_on_a_strip_has_the_colour_of_a_card(qtbot, dark):
    theme.theme().force(dark)
    picture = strips.states_strip(np.array([[0.0, 1.0], [0.0, -1.0]]))
    wide, high = picture.width() - 1, picture.height() - 1
    assert picture.pixelColor(0, 0) == QColor(theme.colors().raised)
    assert picture.pixelColor(0, high).getRgb()[:3] == (0, 114, 178), "blue above 0"
    assert picture.pixelColor(wide, high).getRgb()[:3] == (213, 94, 0), "orange below"


def test_many_units_have_the_colours_of_a_few(qtbot):
    """Blue above 0 and orange below, as bars and as stripes; none is marked among the others."""

    def colours(numbers):
        picture = strips.activation_strip(np.array(numbers))
        step, low = picture.width() / len(numbers), picture.height() - 2
        return [picture.pixelColor(int(step * (n + 0.5)), low).name() for n in (0, 1, 2)]

    blue, orange = (QColor(one).name() for one in (theme.ABOVE_ZERO, theme.BELOW_ZERO))
    assert colours([3.0, 9.0, 4.0]) == [blue] * 3
    assert colours([9.0, 9.0, -9.0, *[0.0] * 90]) == [blue, blue, orange]
