"""The start page: what is chosen on it opens, by mouse and by keyboard; and the help window."""

import json

import pytest
from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QProgressBar, QPushButton, QWidget

from netbuilder.cli import main
from netbuilder.core.data.examples import PICTURE_WORDS, find_example, list_examples
from netbuilder.core.formats.safety.inspect_file import inspect_file
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.glossary import GLOSSARY
from netbuilder.core.lessons.lesson_record import LessonRecord
from netbuilder.core.lessons.library import ORDER, find_lesson, lesson_folders
from netbuilder.core.project import edits, files
from netbuilder.ui.gallery.cards import (
    DRAWN_WIDE,
    PICTURE_RATIO,
    PictureCard,
    PictureLabel,
    in_dark,
)
from netbuilder.ui.gallery.glossary_drawings import DrawingView, drawing_svg
from netbuilder.ui.gallery.help_window import HelpWindow
from netbuilder.ui.gallery.recorded_training import RecordedTraining
from netbuilder.ui.gallery.start_page import LESSON_DRAWINGS
from netbuilder.ui.kinds.pictures import PictureForm
from netbuilder.ui.services import lesson_session, settings
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.services.runs.run_progress import FULL, WATCH
from netbuilder.ui.style import theme
from netbuilder.ui.style.motion import reduced_motion, set_reduced_motion
from netbuilder.ui.window import dialogs
from netbuilder.ui.window.guide.welcome import KEY
from netbuilder.ui.window.window_commands import word_at_focus


def test_an_example_opens_from_its_card(qtbot, open_window):
    window = open_window(keras=False)
    page = window.welcome.page
    window.actions_table["gallery"].trigger()
    assert page.isVisible()
    assert set(page.example_cards) == {one.name for one in list_examples()}
    assert page.geometry().top() >= window.top_bar.height()
    qtbot.mouseClick(page.topic_buttons["tables"], Qt.MouseButton.LeftButton)
    card = page.example_cards["iris"]
    assert card.isVisible() and not page.example_cards["moons"].isVisible()
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert not page.isVisible()
    assert window.store.project.name == "Iris"
    assert not window.store.modified
    assert window.store.path is None


def test_the_keyboard_stays_on_the_page_and_chooses(qtbot, open_window, tmp_path):
    window = open_window(keras=False)
    files.write(window.store.project, tmp_path / "mine.netbuilder")
    settings.remember_file(tmp_path / "mine.netbuilder")
    page = window.welcome.page
    window.welcome.show_page()
    window.activateWindow()
    qtbot.waitUntil(page.continue_card.hasFocus)
    seen = []
    for _time in range(300):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        assert page.isAncestorOf(now)
        assert now.accessibleName() or now.text()
        if now in seen:
            break
        seen.append(now)
    assert page.recent_cards[0] in seen
    assert page.lesson_cards["first_model"] in seen
    assert page.example_cards["moons"] in seen
    every = page.findChild(PictureCard, "all-lessons")
    every.choose()
    grid = list(page.lesson_cards.values())
    assert not every.isVisible() and all(card.isVisible() for card in grid)
    first, below = grid[0], grid[page._columns]
    first.setFocus()
    for key, there in (
        (Qt.Key.Key_Right, grid[1]),
        (Qt.Key.Key_Left, first),
        (Qt.Key.Key_Down, below),
        (Qt.Key.Key_Up, first),
    ):
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert QApplication.focusWidget() is there
        assert not there.visibleRegion().isEmpty(), "the page is scrolled to it"
    page.recent_cards[0].setFocus()
    qtbot.keyClick(page.recent_cards[0], Qt.Key.Key_Return)
    assert window.store.path == tmp_path / "mine.netbuilder"
    window.welcome.show_page()
    qtbot.keyClick(page.start_button, Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_an_empty_canvas_tells_of_the_examples(qtbot, open_window):
    window = open_window(keras=False)
    window.documents.new()
    qtbot.waitUntil(lambda: bool(window.banner.cards))
    card = window.banner.cards[-1]
    assert "Empty canvas" in card.title.text()
    qtbot.mouseClick(card.buttons[0], Qt.MouseButton.LeftButton)
    assert window.welcome.page.isVisible()


@pytest.mark.parametrize("size", [(1366, 768), (1024, 700), (1920, 1080)])
def test_few_things_to_press_before_scrolling(open_window, qtbot, size):
    window = open_window(keras=False)
    window.resize(*size)
    page = window.welcome.page
    page.open()
    QApplication.processEvents()
    stops = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.visibleRegion().isEmpty()
    ]
    assert {page.watch_card, page.draw_card, page.data_card, page.close_button} <= set(stops)
    assert 15 < len(stops) <= 25, [stop.objectName() for stop in stops]
    marked = [card for card in page.findChildren(PictureCard) if card.property("marked")]
    assert marked == [page.lesson_cards["first_model"]] and marked[0] in stops
    page._scroll.verticalScrollBar().setValue(10_000)
    assert not page.close_button.visibleRegion().isEmpty(), "Close stays in reach"
    assert not window.top_bar.train.isVisible()
    page.shut()
    qtbot.waitUntil(window.top_bar.train.isVisible)


def test_every_example_is_in_a_topic_and_the_digits_are_one_card(open_window, qtbot):
    window = open_window(keras=False)
    page = window.welcome.page
    page.open()
    visible = set()
    for topic in page.topic_buttons:
        page.show_topic(topic)
        names = {name for name, card in page.example_cards.items() if card.isVisible()}
        assert names and not names & visible, topic
        visible |= names
    variants = page.example_cards.keys() - visible
    assert len(variants) == 7 and all(name.startswith("digits") for name in variants)
    page.show_topic("pictures")
    qtbot.mouseClick(page.digits_card, Qt.MouseButton.LeftButton)
    assert all(page.example_cards[name].isVisible() for name in variants)
    assert not page.digits_card.isVisible()
    assert page.focusWidget() is page.example_cards["digits"]


def test_a_recorded_training_plays_until_it_is_paused(open_window, qtbot):
    window = open_window(keras=False)
    window.welcome.page.open()
    recording = window.welcome.page.recording
    qtbot.waitUntil(lambda: recording.frame >= 2)
    early, late = recording._accuracy[0], recording._accuracy[-1]
    assert early < 0.7 and late > 0.95
    qtbot.mouseClick(recording.pause_button, Qt.MouseButton.LeftButton)
    frame = recording.frame
    qtbot.wait(300)
    assert recording.frame == frame
    window.welcome.page.shut()
    window.welcome.page.open()
    assert window.welcome.page.recording.paused, "it is remembered"


def test_a_recorded_training_stands_still_where_motion_is_reduced(qtbot, monkeypatch):
    monkeypatch.setenv("NETBUILDER_REDUCED_MOTION", "1")
    recording = RecordedTraining()
    qtbot.addWidget(recording)
    recording.show()
    qtbot.wait(300)
    assert recording.paused and recording.frame == recording.frames - 1
    qtbot.mouseClick(recording.pause_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: recording.frame != recording.frames - 1)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["watch_card", "draw_card"])
def test_one_press_trains_a_network(open_window, qtbot, way):
    window = open_window()
    window.resize(1366, 768)
    page = window.welcome.page
    page.open()
    qtbot.mouseClick(getattr(page, way), Qt.MouseButton.LeftButton)
    assert not page.isVisible()
    with qtbot.waitSignal(window.runner.began):
        pass
    assert window.runner.speed.chosen is (WATCH if way == "watch_card" else FULL)
    assert window.docks.in_front("training" if way == "watch_card" else "predict")
    if way == "watch_card":
        window.runner.stop()
    qtbot.waitUntil(lambda: not window.runner.state.active)
    curves = window.docks.show_panel("training")
    draw = curves.findChild(QPushButton, "draw-one")
    assert draw.isVisible() == (way == "draw_card"), "only pictures are drawn"
    if way == "draw_card":
        draw.click()
        pictures = window.docks.pages["predict"].findChild(PictureForm)
        qtbot.waitUntil(pictures.pad.isVisible)
        assert pictures.pad.width() == 320 and pictures.draw_button.isChecked()


def test_a_picture_is_dark_in_the_dark_scheme_and_keeps_its_hues():
    light = QImage(2, 2, QImage.Format.Format_RGB32)
    light.fill(QColor("#F7F8FA"))
    light.setPixelColor(1, 0, QColor("#D55E00"))
    light.setPixelColor(0, 1, QColor("#1B2430"))
    theme.theme().force(True)
    try:
        dark = in_dark(light)
        ground = QColor(theme.colors().canvas)
    finally:
        theme.theme().force(False)
    assert abs(dark.pixelColor(0, 0).lightness() - ground.lightness()) < 16
    assert dark.pixelColor(0, 1).lightness() > 200, "ink"
    assert abs(dark.pixelColor(1, 0).hue() - QColor("#D55E00").hue()) < 15


def test_every_example_has_a_card_with_a_picture_and_a_promise():
    for one in list_examples():
        assert one.picture is not None, one.name
        assert not QPixmap(str(one.picture)).isNull()
        assert one.promise is not None, one.name
        assert one.minutes > 0
        assert one.learn.endswith(".")
        assert one.result


@pytest.mark.parametrize("name", sorted({row.drawing for row in GLOSSARY.values()}))
def test_each_word_has_a_drawing_that_draws(qtbot, name):
    view = DrawingView()
    qtbot.addWidget(view)
    empty = view.grab().toImage()
    view.show_drawing(name)
    light = view.grab().toImage()
    assert light != empty
    theme.theme().force(True)
    assert view.grab().toImage() != light


def test_a_drawing_has_its_words_in_the_language():
    choose_language("de")
    try:
        assert ">vorhergesagt<" in drawing_svg("matrix")
        assert ">hier anhalten<" in drawing_svg("curves-stop")
    finally:
        choose_language("en")
    assert ">predicted<" in drawing_svg("matrix")


def test_each_lesson_has_a_drawing_of_its_own():
    assert set(LESSON_DRAWINGS) == set(ORDER)
    assert len(set(LESSON_DRAWINGS.values())) == len(LESSON_DRAWINGS)


def test_help_explains_the_field_that_has_the_keyboard(qtbot, open_window):
    window = open_window(keras=False)
    window.activateWindow()
    window.documents.show_project(files.read(find_example("iris").path), None)
    window.canvas.select(("dense",))
    row = window.inspector.form.rows["units"]
    assert "F1" in row.label.toolTip()
    row.editor.setFocus()
    qtbot.waitUntil(lambda: bool(word_at_focus()))
    assert word_at_focus() in ("neuron", "layer")
    helps = HelpWindow("<p>First</p>", [("Train", "F5")], "epoch", window)
    qtbot.addWidget(helps)
    assert helps.title.text() == "Epoch"
    helps.search.setText("overfit")
    assert helps.title.text() == "Overfitting"
    helps.show_word("neuron")
    assert helps.title.text() == "Neuron"


def test_the_tour_is_repeated_from_help(qtbot, open_window):
    window = open_window(keras=False)
    tour = window.welcome.tour
    tour.end()
    assert tour.seen

    def press():
        helps = window.findChild(HelpWindow)
        qtbot.mouseClick(helps.tour_button, Qt.MouseButton.LeftButton)

    QTimer.singleShot(300, window, press)
    window.actions_table["help"].trigger()
    qtbot.waitUntil(lambda: tour.at == 0)
    tour.end()


def test_f1_on_every_field_of_a_layer_leads_to_a_word(qtbot, open_window, monkeypatch):
    """Pressed with the keyboard in each field of the plan and of a convolution."""
    window = open_window(keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.documents.show_project(files.read(list_examples()[0].path), None)
    asked: list[str] = []
    monkeypatch.setattr(dialogs, "show_help", lambda _window, _actions, word: asked.append(word))
    window.canvas.select(("conv2d",))
    form = window.inspector.form
    form.unfold(True)
    settings = window.docks.show_panel("settings")
    rows = [*form.rows.values(), *settings.plan.length.rows.values()]
    assert len(rows) > 20
    for row in rows:
        widget = row.editor.focusProxy() or row.editor
        stops = [widget, *widget.findChildren(QWidget)]
        target = next(one for one in stops if one.focusPolicy() & Qt.FocusPolicy.TabFocus)
        target.setFocus()
        assert QApplication.focusWidget() is target, row.param.name
        qtbot.keyClick(target, Qt.Key.Key_F1)
        word = asked.pop()
        assert word in GLOSSARY, row.param.name
        assert _("Press F1 to read about “{word}”.", word=word) in row.label.toolTip()
    helps = HelpWindow("", [], "data type", window)
    qtbot.addWidget(helps)
    assert helps.title.text() == "Data type"


def test_reduced_motion_is_remembered(open_window):
    window = open_window(keras=False)
    try:
        assert not reduced_motion()
        window.commands.toggle_motion()
        assert reduced_motion()
        set_reduced_motion(None)
        settings.recall_motion()
        assert reduced_motion()
        before = dict.fromkeys(window.canvas.picture.cards, (0.0, 0.0))
        window.canvas.layout_animation.run(before)
        assert not window.canvas.layout_animation.running
    finally:
        set_reduced_motion(None)


def test_what_is_asked_for_above_the_page_is_seen(qtbot, open_window, tmp_path):
    """Train, and a file that is opened, happened behind the page."""
    window = open_window()
    page = window.welcome.page
    window.welcome.open_example("iris")
    qtbot.waitUntil(window.actions_table["train"].isEnabled)
    window.welcome.show_page()
    assert page.isVisible()
    window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: not page.isVisible())
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.runner.state.active)
    files.write(window.store.project, tmp_path / "mine.netbuilder")
    window.welcome.show_page()
    window.documents.open_path(tmp_path / "mine.netbuilder")
    assert not page.isVisible()


def test_a_table_that_is_opened_begins_a_project(qtbot, open_window, tmp_path):
    window = open_window(keras=False)
    rows = "\n".join(f"{n},{2 * n}" for n in range(60))
    (tmp_path / "double.csv").write_text(f"number,double\n{rows}\n")
    window.documents.open_path(tmp_path / "double.csv")
    project = window.store.project
    assert (project.data.kind, [n.layer for n in project.graph.nodes]) == ("csv", ["Input"])
    assert window.docks.pages["data"].isVisible()
    before = window.store.project
    window.documents.open_path(tmp_path / "missing.xlsx")
    assert window.store.project is before


def test_my_data_is_chosen_at_once_and_nothing_goes_before_that(
    qtbot, open_window, tmp_path, monkeypatch
):
    window = open_window(keras=False)
    window.welcome.open_example("iris")
    before = window.store.project
    rows = "\n".join(f"{n},{2 * n}" for n in range(60))
    (tmp_path / "double.csv").write_text(f"number,double\n{rows}\n")
    chosen = ""
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (chosen, ""))
    window.welcome.show_page()
    window.welcome.page.data_action.trigger()
    assert window.store.project is before, "nothing was chosen"
    chosen = str(tmp_path / "double.csv")
    window.welcome.show_page()
    window.welcome.page.data_action.trigger()
    project = window.store.project
    assert (project.data.kind, [n.layer for n in project.graph.nodes]) == ("csv", ["Input"])


def test_a_folder_of_pictures_is_chosen_there_too(qtbot, open_window, tmp_path, monkeypatch):
    window = open_window(keras=False)
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for number in range(4):
            picture = QImage(8, 8, QImage.Format.Format_RGB32)
            picture.fill(number)
            picture.save(str(tmp_path / name / f"{number}.png"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path))
    window.welcome.show_page()
    window.welcome.page.folder_action.trigger()
    assert window.store.project.data.kind == "images"


def test_an_empty_canvas_is_told_until_data_is_chosen(qtbot, open_window):
    window = open_window(keras=False)
    window.documents.new()
    qtbot.waitUntil(lambda: bool(window.banner.cards))
    window.store.apply("Choose data", lambda p: edits.set_data(p, kind="builtin", name="iris"))
    assert window.banner.cards == []


def test_the_tour_is_offered_and_begins_only_when_it_is_wanted(qtbot, open_window):
    window = open_window(keras=False)
    welcome, tour = window.welcome, window.welcome.tour
    welcome.open_example("iris")
    qtbot.wait(500)
    assert tour.at == -1, "nobody asked for it"
    (card,) = window.banner.cards
    assert len(card.buttons) == 2
    qtbot.mouseClick(card.buttons[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tour.at == 0)
    assert window.banner.cards == []
    tour.end()
    welcome.open_example("moons")
    assert window.banner.cards == [], "it was seen"

    kept = settings.settings()
    kept.setValue(KEY, False)
    kept.sync()
    welcome.open_example("iris")
    qtbot.waitUntil(lambda: len(window.banner.cards) == 1)
    (card,) = window.banner.cards
    qtbot.mouseClick(card.buttons[1], Qt.MouseButton.LeftButton)
    assert window.banner.cards == []
    assert "Help" in window.status.news.text()
    welcome.open_example("moons")
    assert window.banner.cards == [], "not now was said"
    window.actions_table["tour"].trigger()
    qtbot.waitUntil(lambda: tour.at == 0)
    tour.end()


def test_the_tour_stays_over_a_panel_that_comes_forward_and_ends_with_another_project(
    qtbot, open_window
):
    window = open_window(keras=False)
    window.welcome.tour.start()
    callout = window.welcome.tour.callout
    window.docks.show_panel("evaluate", focus=False)
    window.docks.show_panel("data", focus=False)
    spot = callout.bubble.geometry().center()
    qtbot.waitUntil(lambda: callout.bubble.isAncestorOf(window.childAt(spot)))
    window.welcome.open_example("iris")
    assert window.welcome.tour.at < 0
    assert callout.isHidden() and callout.bubble.isHidden()


def test_continue_is_the_lesson_under_way_or_else_the_last_file(qtbot, open_window, tmp_path):
    window = open_window(keras=False)
    page = window.welcome.page
    window.welcome.show_page()
    assert page.continue_card is None, "nothing was begun yet"
    page.shut()
    for name in ("one.netbuilder", "two.netbuilder"):
        files.write(window.store.project, tmp_path / name)
        settings.remember_file(tmp_path / name)
    window.welcome.show_page()
    assert page.continue_card is page.recent_cards[0]
    assert page.continue_card.accessibleName() == "two.netbuilder"
    page.shut()
    lesson = next(one for one in lesson_folders()[0].lessons if one.name == "first_model")
    lesson_session.keep(LessonRecord(lesson.name, frozenset({1, 2})))
    window.welcome.show_page()
    assert page.continue_card.accessibleName() == lesson.title
    bar = page.continue_card.findChild(QProgressBar)
    assert bar.value() == round(1000 * 2 / len(lesson.steps))
    page.shut()
    every = frozenset(range(1, len(lesson.steps) + 1))
    lesson_session.keep(LessonRecord(lesson.name, every), finished=True)
    window.welcome.show_page()
    assert page.continue_card is page.recent_cards[0], "the lesson is done"
    page.shut()
    lesson_session.keep(LessonRecord(lesson.name, frozenset({1})))
    window.welcome.show_page()
    bar = page.lesson_cards[lesson.name].findChild(QProgressBar)
    assert bar.value() == 1000 // len(lesson.steps), "under way again"
    page.shut()
    settings.remember_file(tmp_path / "one.netbuilder")
    window.welcome.show_page()
    assert page.continue_card.accessibleName() == "one.netbuilder", "it came after the lesson"


def test_a_trained_file_shows_its_loss(qtbot, open_window, tmp_path):
    project, path = tmp_path / "iris.netbuilder", tmp_path / "iris.h5"
    files.write(edits.set_training(files.read(find_example("iris").path), epochs=4), project)
    assert main(["train", str(project), "-o", str(path)]) == 0
    losses = inspect_file(path).ours["history"]["loss"]
    broken = tmp_path / "broken.h5"
    broken.write_bytes(b"no model")
    for one in (broken, path, project):
        settings.remember_file(one)
    window = open_window(keras=False)
    page = window.welcome.page
    window.welcome.show_page()
    shown = page._curves
    qtbot.waitUntil(lambda: not shown[path].isHidden(), timeout=30_000)
    assert len(losses) == 4 and losses[0] > losses[-1]
    assert shown[path].values == pytest.approx(losses)
    assert shown[project].values == pytest.approx(losses, rel=1e-6)
    assert shown[broken].isHidden()


@pytest.mark.parametrize("size", [(1366, 768), (1024, 700)])
def test_nothing_on_the_start_page_is_cut_off(qtbot, open_window, tmp_path, size):
    window = open_window(keras=False)
    path = tmp_path / "a_project_with_a_long_file_name_that_goes_on_and_on.netbuilder"
    files.write(window.store.project, path)
    settings.remember_file(path)
    window.resize(*size)
    window.welcome.show_page()
    page = window.welcome.page
    assert len(page.lesson_cards) == len(lesson_folders()[0].lessons)
    page.findChild(PictureCard, "all-lessons").choose()
    qtbot.wait(50)  # for the scroll area to take the new height
    cards = [card for card in page.findChildren(PictureCard) if card.isVisible()]
    assert cards[0] in page.recent_cards
    qtbot.waitUntil(lambda: all(card.width() > 100 for card in cards))
    for card in cards:
        assert card.width() <= 2 / 3 * size[0]
        for label in card.findChildren(QLabel):
            assert type(label) is QLabel, "a label that ends in an ellipsis"
            assert label.height() >= label.heightForWidth(label.width()), label.text()
    for lesson in page.lesson_cards.values():
        assert lesson.findChild(DrawingView) is not None


@pytest.fixture
def german():
    choose_language("de")
    yield
    choose_language("en")


@pytest.mark.usefixtures("german")
def test_an_example_is_named_in_the_language_of_its_card(open_window):
    window = open_window(keras=False)
    window.welcome.open_example("sine")
    stored = files.read(find_example("sine").path).name
    assert window.store.project.name == find_example("sine").title != stored
    assert window.windowTitle().startswith(window.store.project.name)
    assert not window.store.modified


def test_words_of_the_pictures_of_examples_are_in_every_language(qtbot):
    written = {}
    for example in list_examples():
        assert example.picture is not None
        words = json.loads(QImage(str(example.picture)).text("words") or "[]")
        if words:
            written[example.name] = example.picture
        for word in words:
            assert word["text"] in PICTURE_WORDS
            assert QRectF(0, 0, DRAWN_WIDE, DRAWN_WIDE * PICTURE_RATIO).contains(
                QRectF(*word["box"])
            )
    assert {"diabetes", "overfitting", "week", "autoencoder", "attention"} <= written.keys()
    label = PictureLabel(written["diabetes"])
    qtbot.addWidget(label)
    label.resize(320, 180)
    english = label.grab().toImage()
    choose_language("de")
    try:
        assert label.grab().toImage() != english
    finally:
        choose_language("en")
    assert label.grab().toImage() == english


def test_the_tour_is_offered_in_the_first_session_and_not_beside_a_lesson(qtbot, open_window):
    window = open_window(keras=False)
    guide = window.welcome
    assert not guide.tour.seen
    guide.show_page()
    guide.page.shut()
    qtbot.waitUntil(lambda: len(window.banner.cards) == 1)
    guide.start_tour()
    qtbot.waitUntil(lambda: guide.tour.at == 0)
    callout = guide.tour.callout
    assert callout is not None and not window.banner.cards
    assert not callout.bubble.geometry().intersects(callout.ring)
    assert callout.bubble.y() > callout.ring.center().y(), "the network begins at the top"
    guide.tour._take_away()
    guide.tour.at = -1
    guide.show_page()
    guide.open_lesson(find_lesson("first_model"))
    qtbot.wait(50)
    assert not window.banner.cards
