"""What does not change is not painted anew; windows take turns; equal pens are one."""

import time

import numpy as np
import pytest
from pyqtgraph import AxisItem
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRect, QTimer
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QCheckBox, QWidget

from netbuilder.core.results.live.view_data import MapPicture, SamplePoints, SurfacePicture
from netbuilder.ui.plots import activation_strips as strips
from netbuilder.ui.plots.live.surface_plot import SurfacePlot
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.layouts import FlowLayout
from netbuilder.ui.widgets.throttle import PaintTurns, Throttle

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


COUNT = 300


@pytest.fixture
def plot(qtbot):
    made = SurfacePlot()
    # A plot that is closed has nothing left to take the colours of another scheme.
    qtbot.addWidget(
        made, before_close_func=lambda _w: theme.theme().changed.disconnect(made.restyle)
    )
    made.resize(400, 300)
    made.shown_parts = {0, 1, 2}
    made.show()
    return made


@pytest.mark.parametrize("classes", [("a", "b"), ()])
def test_hundreds_of_points_have_few_looks(plot, classes):
    source = np.random.default_rng(1)
    value = source.integers(0, 2, COUNT) if classes else source.random(COUNT)
    points = SamplePoints(
        source.random((COUNT, 2)), value, np.arange(COUNT) % 3, source.random(COUNT) < 0.9,
        source.random(COUNT) < 0.2,
    )  # fmt: skip
    for _ in range(3):
        plot.show_surface(SurfacePicture("x", "y", (0, 0, 1, 1), points, classes=classes))
        plot.drawn_points = None  # as when other parts are shown: all are styled anew
    looks = len(plot.points.fragmentAtlas)
    assert looks == 12 if classes else looks <= 3 * 65 * 2
    drawn = {(one.brush().color().name(), one.symbol()) for one in plot.points.points()[:30]}
    assert len(drawn) > 1


def test_a_map_that_moves_paints_no_sign_anew(plot):
    source = np.random.default_rng(2)
    number, right = np.arange(COUNT) % 3, np.arange(COUNT) % 7 > 0
    for _ in range(3):
        at = source.random((COUNT, 2))
        plot.show_map(
            MapPicture("dense", at, number, np.arange(COUNT), 0.9, ("a", "b", "c"), right, at)
        )
    assert len(plot.points.fragmentAtlas) == 6
