"""Words that change while a network trains: the window does not arrange its docks anew."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from netbuilder.ui.services.runs.run_progress import RunProgress
from netbuilder.ui.widgets.layouts import vbox
from netbuilder.ui.widgets.role_boxes import RoleBox
from netbuilder.ui.widgets.throttle import SteadyFrame


class Arrangements(QObject):
    """Counts the layouts that a widget is asked for."""

    def __init__(self, watched):
        super().__init__(watched)
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, _watched, event):
        self.count += event.type() is QEvent.Type.LayoutRequest
        return False


def test_progress_and_legend_leave_the_docks_alone(open_window, qtbot, at_rest):
    window = open_window(keras=False)
    window.docks.show_panel("training")
    qtbot.waitExposed(window)
    progress, legend = window.top_bar.progress, window.docks.pages["training"].fill().curves.legend
    progress.show_progress(RunProgress("Epoch 1 of 900 · 12 epochs/s", "9 min left", 0.001))
    legend.setText("loss 0.5")
    counted = Arrangements(window)
    at_rest(lambda: counted.count)
    counted.count = 0
    for number in range(20):
        words = f"Epoch {number:,} of 900 · {number * 7} epochs/s"
        progress.show_progress(RunProgress(words, f"{900 - number} s left", number / 900))
        legend.setText(f"loss {1 / (number + 1):.4g}")
        qtbot.wait(5)
    assert counted.count < 5  # something else of a new window may still find its place
    assert progress.left.text().startswith("Epoch 19")


def test_a_text_of_more_lines_gets_its_room(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    label = QLabel("one line")
    label.setWordWrap(True)
    layout = QVBoxLayout(page)
    layout.addWidget(SteadyFrame(label, page, grows=True))
    layout.addStretch(1)
    page.resize(200, 300)
    page.show()
    qtbot.waitExposed(page)
    before = label.height()
    label.setText("many words " * 20)
    qtbot.waitUntil(lambda: label.height() > 3 * before)
    assert label.height() >= label.heightForWidth(label.width())
    label.setText("one line")
    qtbot.waitUntil(lambda: label.height() == before)


def test_what_takes_more_height_as_it_is_first_shown_is_seen_whole(qtbot):
    words = QLabel("one two three four five six seven eight nine ten " * 3)
    words.setWordWrap(True)
    page = QWidget()
    qtbot.addWidget(page)
    frame = SteadyFrame(words, page, grows=True)
    layout = QVBoxLayout(page)
    layout.addWidget(frame)
    layout.addStretch(1)
    page.resize(160, 400)
    page.show()
    qtbot.waitExposed(page)
    qtbot.wait(50)
    assert words.height() == frame.height() == words.heightForWidth(words.width())


def test_a_card_above_the_canvas_moves_nothing_under_the_pointer(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    canvas = window.canvas
    one = next(iter(canvas.picture.cards))

    def place():
        return canvas.viewport().mapToGlobal(canvas.sight.card_rect(one).center().toPoint())

    qtbot.waitUntil(lambda: not canvas.sight.fit_pending)
    canvas.sight.set_camera(canvas.camera.moved(0, 150))  # there is room above the first layer
    before, top = place(), canvas.mapToGlobal(QPoint()).y()
    canvas.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    card = window.banner.add(RoleBox("info", "Title", "Words", window))
    qtbot.waitUntil(lambda: canvas.mapToGlobal(QPoint()).y() > top)
    assert place() == before
    window.banner.remove(card)
    qtbot.waitUntil(lambda: canvas.mapToGlobal(QPoint()).y() == top)
    assert place() == before


def test_a_click_on_a_card_s_button_leaves_the_keyboard_where_it_was(qtbot):
    top = QWidget()
    qtbot.addWidget(top)
    line, box = QLineEdit(top), RoleBox("info", "A card", "Words.", top)
    card = RoleBox("info", "", "Words.", top, buttons=(("Close", box.parentWidget().update),))
    card.buttons[0].clicked.connect(card.hide)
    vbox(line, box, card, parent=top)
    top.show()
    qtbot.waitExposed(top)
    top.activateWindow()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    qtbot.mouseClick(card.buttons[0], Qt.MouseButton.LeftButton)
    assert card.isHidden() and line.hasFocus()
