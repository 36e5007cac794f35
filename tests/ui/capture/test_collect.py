"""A class's own samples, taken by hand from simulated devices."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from netbuilder.core.lessons.library import find_lesson
from netbuilder.core.project.model import Project
from netbuilder.ui.capture import collect_window
from netbuilder.ui.capture.class_cards import _UNREADABLE
from netbuilder.ui.capture.collect_window import CollectWindow
from netbuilder.ui.services import devices, project_store, workbench
from netbuilder.ui.services.devices import RATE, PictureSource, SoundSource, TakenSample, waves
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.window import dialogs

LEFT = Qt.MouseButton.LeftButton


class ColouredCamera(PictureSource):
    """Shows one colour after the other; wider than high, as cameras are."""

    colour = "red"

    def __init__(self, parent=None):
        super().__init__(parent)
        self.closed = 0
        self._shutter = QTimer(self, interval=15)
        self._shutter.timeout.connect(self._next)

    def devices(self):
        return ["red and green"]

    def open(self, device=0):
        self._shutter.start()

    def close(self):
        self.closed += 1
        self._shutter.stop()
        super().close()

    def _next(self):
        image = QImage(320, 240, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        for x in range(40, 280):
            for y in (0, 120, 239):
                image.setPixelColor(x, y, QColor(self.colour))
        self.see(image)


class Hummer(SoundSource):
    """Hums at a frequency that is known; the test says when it is heard."""

    def devices(self):
        return ["hummer"]

    def hum(self, hertz, seconds):
        time = np.arange(round(seconds * RATE)) / RATE
        wave = (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
        for part in np.array_split(wave, 7):
            self.hear(part)


def collecting(place, qtbot, **options: Any):
    """The window over an empty project of its own."""
    store = project_store.ProjectStore(Project())
    bench = workbench.Workbench(store, store)
    made = CollectWindow(
        place, bench, Runner(store, bench, store), begin=lambda _project: False, **options
    )
    made.held_store = store
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def window(qtbot, tmp_path, home):
    return collecting(tmp_path, qtbot, sources={"Pictures": ColouredCamera, "Sounds": Hummer})


def name(window, row, text):
    edit = window.cards[row].edit
    edit.setFocus()  # Enter presses the button that has it
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def hold(window, row, qtbot, count):
    """Hold the button of a class until it has ``count`` samples."""
    card = window.cards[row]
    QTest.mousePress(card.hold, LEFT)
    qtbot.waitUntil(lambda: card.samples.count() >= count, timeout=10_000)
    QTest.mouseRelease(card.hold, LEFT)


def test_pictures_lie_in_a_folder_for_each_class(window, qtbot, tmp_path):
    name(window, 0, "cat")
    name(window, 1, "dog")
    hold(window, 0, qtbot, 3)
    window.source.colour = "green"
    with qtbot.waitSignal(window.source._shutter.timeout, timeout=10_000):
        pass  # the camera sees it
    assert not window.use.isEnabled()  # one class is nothing to tell apart
    assert not window.training.train.isEnabled()
    hold(window, 1, qtbot, 2)
    window.wait_for_writes()
    cats = sorted((tmp_path / "pictures" / "cat").iterdir())
    dogs = sorted((tmp_path / "pictures" / "dog").iterdir())
    assert [one.name for one in cats[:3]] == ["0001.png", "0002.png", "0003.png"]
    assert len(cats) == window.cards[0].samples.count()
    assert len(dogs) == window.cards[1].samples.count() >= 2
    first = QImage(str(cats[0]))
    # The whole frame, as training resizes it: the line has its white ends.
    assert (first.width(), first.height()) == (298, 224)
    assert first.pixelColor(3, 112).green() > 200 > first.pixelColor(60, 112).green()
    assert QImage(str(dogs[0])).pixelColor(112, 112).red() < 200
    assert window.training.train.isEnabled()
    used: list[Path] = []
    window.used.connect(used.append)
    camera = window.source
    QTest.mouseClick(window.use, LEFT)
    assert used == [tmp_path / "pictures"]
    assert camera.closed >= 1, "the camera's light stays on"


def test_files_become_samples_and_what_is_none_is_named(window, qtbot, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    picture = QImage(300, 100, QImage.Format.Format_RGB32)
    picture.fill(QColor("blue"))
    picture.save(str(folder / "wide.jpg"))
    (folder / "notes.txt").write_text("no picture")
    window.add_files(window.cards[1], [folder])
    qtbot.waitUntil(lambda: bool(window.notices.cards), timeout=30_000)
    window.wait_for_writes()
    kept = QImage(str(tmp_path / "pictures" / "class 2" / "0001.png"))
    assert (kept.width(), kept.height()) == (300, 100)
    assert kept.pixelColor(100, 50).blue() > 200
    assert window.cards[1].samples.count() == 1
    QApplication.clipboard().setImage(picture)
    window.cards[0].edit.setFocus()
    window._paste()
    assert window.cards[0].samples.count() == 1


def test_nothing_is_kept_while_nobody_holds(window, qtbot):
    hold(window, 0, qtbot, 1)
    count = window.cards[0].samples.count()
    qtbot.wait(400)
    assert window.cards[0].samples.count() == count
    QTest.keyPress(window.cards[1].hold, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.cards[1].samples.count() >= 2, timeout=10_000)
    QTest.keyRelease(window.cards[1].hold, Qt.Key.Key_Space)
    assert window.cards[0].samples.count() == count


def test_a_click_deletes_and_undo_puts_back(window, qtbot, tmp_path):
    name(window, 0, "cat")
    hold(window, 0, qtbot, 3)
    window.wait_for_writes()
    card = window.cards[0]
    second = card.paths[1]
    before = second.read_bytes()
    item = card.samples.item(1)
    QTest.mouseClick(card.samples.viewport(), LEFT, pos=card.samples.visualItemRect(item).center())
    assert not second.exists()
    assert second not in card.paths
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    QTest.mouseClick(window.put_back, LEFT) if not second.exists() else None
    assert second.read_bytes() == before
    assert second in card.paths


def test_names_that_no_folder_can_have_are_told(window, qtbot, tmp_path):
    hold(window, 0, qtbot, 1)
    window.wait_for_writes()
    for bad in ("../out", "aux", "class 2", "train"):
        name(window, 0, bad)
        assert window.cards[0].trouble.isVisible(), bad
        assert window.cards[0].class_name == "class 1"
    assert not (tmp_path / "out").exists()
    name(window, 0, "Äpfel und Birnen")
    assert not window.cards[0].trouble.isVisible()
    assert window.cards[0].paths[0].parent.name == "Äpfel und Birnen"
    assert window.cards[0].paths[0].exists()


def test_sounds_are_cut_into_seconds(window, qtbot, tmp_path):
    import soundfile

    QTest.mouseClick(window.kinds["Sounds"], LEFT)
    name(window, 0, "la")
    QTest.mousePress(window.cards[0].hold, LEFT)
    window.source.hum(440, 2.5)
    QTest.mouseRelease(window.cards[0].hold, LEFT)
    window.source.hum(880, 1.5)  # nobody holds
    window.wait_for_writes()
    files = sorted((tmp_path / "sounds" / "la").iterdir())
    assert len(files) == 3  # two whole seconds, and a half filled up with silence
    for number, file in enumerate(files):
        wave, rate = soundfile.read(file)
        assert (len(wave), rate) == (RATE, RATE)
        loudest = np.abs(np.fft.rfft(wave)).argmax()
        assert loudest == pytest.approx(440, abs=2)
        assert (np.abs(wave[RATE // 2 + 10 :]).max() == 0) == (number == 2)


def test_a_tap_is_no_sound(window, tmp_path):
    QTest.mouseClick(window.kinds["Sounds"], LEFT)
    QTest.mousePress(window.cards[0].hold, LEFT)
    window.source.hum(440, 0.1)
    QTest.mouseRelease(window.cards[0].hold, LEFT)
    assert window.cards[0].samples.count() == 0


def test_collecting_goes_on_where_it_ended(window, qtbot, tmp_path):
    name(window, 0, "cat")
    hold(window, 0, qtbot, 2)
    window.wait_for_writes()
    count = window.cards[0].samples.count()
    window.close()
    again = collecting(
        tmp_path / "elsewhere", qtbot, current=tmp_path / "pictures",
        sources={"Pictures": ColouredCamera},
    )  # fmt: skip
    assert again.cards[0].class_name == "cat"
    qtbot.waitUntil(lambda: again.cards[0].samples.count() == count, timeout=10_000)
    hold(again, 0, qtbot, count + 1)
    again.wait_for_writes()
    assert (tmp_path / "pictures" / "cat" / f"{count + 1:04d}.png").exists()


def test_a_folder_that_cannot_be_written_is_told(window, qtbot, tmp_path):
    (tmp_path / "pictures").write_text("a file stands where the folder belongs")
    QTest.mousePress(window.cards[0].hold, LEFT)
    qtbot.waitUntil(lambda: bool(window.notices.cards), timeout=10_000)
    QTest.mouseRelease(window.cards[0].hold, LEFT)
    qtbot.waitUntil(lambda: window.cards[0].samples.count() == 0, timeout=10_000)
    assert "pictures" in window.notices.cards[0].title.text()


def test_without_qtmultimedia_the_window_says_how_to_get_it(qtbot, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    window = collecting(tmp_path, qtbot)
    said = window.notices.cards[0]
    assert "QtMultimedia" in said.title.text()
    assert "netbuilder-studio[capture]" in said.words.text()
    assert not window.cards[0].hold.isEnabled()


def test_without_a_camera_the_window_says_so(multimedia, qtbot, tmp_path):
    if multimedia.QMediaDevices.videoInputs():
        pytest.skip("there is a camera")
    window = collecting(tmp_path, qtbot)
    assert window.notices.cards[0].title.text() == "No camera was found."
    assert window.again.isVisible()


@pytest.mark.qt_log_ignore("No RHI backend", extend=True)
def test_qtmultimedias_own_frames_arrive(multimedia, qtbot):
    """The real pipeline, fed with frames of our own in the place of a camera's."""

    class Fed(devices.Camera):
        def _feed(self, session, device):
            self.input = multimedia.QVideoFrameInput(self)
            session.setVideoFrameInput(self.input)

    camera = Fed()
    seen: list[QImage] = []
    taken: list[TakenSample] = []
    camera.shown.connect(seen.append)
    camera.taken.connect(taken.append)
    camera._start(0)
    image = QImage(320, 240, QImage.Format.Format_RGBA8888)
    image.fill(QColor(200, 40, 40))

    def send():
        camera.input.sendVideoFrame(multimedia.QVideoFrame(image))
        return bool(seen)

    qtbot.waitUntil(send, timeout=20_000)
    camera.collect(True)
    qtbot.waitUntil(lambda: send() and bool(taken), timeout=20_000)
    camera.close()
    kept = QImage.fromData(taken[0].content())
    assert (kept.width(), kept.height()) == (298, 224)
    assert abs(kept.pixelColor(100, 100).red() - 200) < 12
    assert kept.pixelColor(100, 100).green() < 60


@pytest.mark.parametrize("kind", ["UInt8", "Int16", "Int32", "Float"])
@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (48_000, 2), (44_100, 1)])
def test_whatever_a_microphone_gives_becomes_the_same_wave(multimedia, kind, rate, channels):
    form = multimedia.QAudioFormat()
    form.setSampleRate(rate)
    form.setChannelCount(channels)
    form.setSampleFormat(getattr(multimedia.QAudioFormat.SampleFormat, kind))
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    frames = np.repeat(tone[:, None], channels, axis=1)
    scaled = {
        "UInt8": lambda: (frames * 127 + 128).astype(np.uint8),
        "Int16": lambda: (frames * 32767).astype(np.int16),
        "Int32": lambda: (frames * 2147483000).astype(np.int32),
        "Float": lambda: frames.astype(np.float32),
    }[kind]()
    wave = waves(scaled.tobytes(), form)
    truth = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert wave.shape == truth.shape
    assert np.abs(wave - truth)[100:-100].max() < 0.02


def test_from_the_data_panel_to_the_recipe(open_window, qtbot, tmp_path):
    window = open_window(Project(), keras=False)
    window.docks.show_panel("data")
    qtbot.waitUntil(lambda: window.docks.pages["data"].panel is not None, timeout=30_000)
    QTest.mouseClick(window.docks.pages["data"].panel.gallery.collect_button, LEFT)
    opened = window.findChild(CollectWindow)
    for number, colour in enumerate(("red", "green")):
        for row in range(8):
            image = QImage(8, 8, QImage.Format.Format_RGB32)
            image.fill(QColor(colour))
            folder = tmp_path / "mine" / f"class {number}"
            folder.mkdir(parents=True, exist_ok=True)
            image.save(str(folder / f"{row}.png"))
    opened.used.emit(tmp_path / "mine")
    assert window.store.project.data.kind == "images"
    assert window.store.project.data.path == str(tmp_path / "mine")
    opened.close()


def test_what_cannot_be_read_is_not_counted(qtbot, tmp_path, home):
    picture = QImage(20, 20, QImage.Format.Format_RGB32)
    for name, count in (("cat", 2), ("dog", 1)):
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for number in range(count):
            picture.fill(QColor("red"))
            picture.save(str(folder / f"{number}.png"))
        (folder / "broken.png").write_bytes(b"no picture")
    window = collecting(tmp_path, qtbot, sources={"Pictures": ColouredCamera, "Sounds": Hummer})
    qtbot.waitUntil(lambda: [len(card.paths) for card in window.cards] == [3, 2])
    assert window.cards[0].readable == 2
    assert not window.use.isEnabled(), "of dogs there is one only"
    broken = next(path for path in window.cards[0].paths if path.name == "broken.png")
    row = window.cards[0].paths.index(broken)
    assert window.cards[0].samples.item(row).data(_UNREADABLE)
    window.cards[0].take(broken)
    assert window.cards[0].readable == 2


@pytest.mark.slow
def test_from_the_camera_to_the_live_prediction_and_the_canvas(
    open_window, example, qtbot, tmp_path
):
    main = open_window(Project())
    main.welcome.open_lesson(find_lesson("first_model"))
    dialogs.open_collect_window(main.parts, lambda _folder: None)
    opened = main.findChild(CollectWindow)
    begin = opened._begin
    opened.close()
    window = CollectWindow(
        tmp_path, main.workbench, main.runner, main, begin=begin,
        sources={"Pictures": ColouredCamera},
    )  # fmt: skip
    window.show()
    colours = {"ruby": "red", "emerald": "green"}
    for row, (label, colour) in enumerate(colours.items()):
        name(window, row, label)
        window.source.colour = colour
        with qtbot.waitSignal(window.source._shutter.timeout, timeout=10_000):
            pass
        hold(window, row, qtbot, 8)
    column = window.training
    assert not window.page.isVisible()
    QTest.mouseClick(column.train, LEFT)
    qtbot.waitUntil(
        lambda: column.model is not None and not main.runner.state.active, timeout=300_000
    )
    assert main.store.project.name == "ruby and emerald"
    assert main.welcome.session.lesson is None, "its steps are not about these pictures"
    assert window.page.isVisible()
    for label, colour in colours.items():
        window.source.colour = colour
        qtbot.waitUntil(
            lambda label=label: (
                column.predictions is not None and column.predictions.first.labels == (label,)
            )
        )
    assert [row[0] for row in column.bars.rows] == list(colours)
    graph = main.store.project.graph
    hold(window, 0, qtbot, window.cards[0].samples.count() + 2)
    QTest.mouseClick(column.train, LEFT)
    qtbot.waitUntil(lambda: main.runner.state.active)
    qtbot.waitUntil(lambda: not main.runner.state.active, timeout=300_000)
    assert main.store.project.graph is graph, "the network was built anew"
    # Without a camera a file is tested: as the picture itself would be predicted.
    picture = QImage(600, 200, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    painter.fillRect(0, 0, 200, 200, QColor("red"))  # outside the centre square
    painter.end()
    picture.save(str(tmp_path / "wide.png"))
    shown = window.source.from_file(tmp_path / "wide.png")
    assert QImage.fromData(shown.content()).pixelColor(60, 60).green() < 50, "nothing is cut off"
    QTest.mouseClick(window.use, LEFT)
    assert not window.isVisible()
    assert main.workbench.base / main.store.project.data.path == tmp_path / "pictures"
    assert main.workbench.models.trained is column.model is not None


def test_a_file_is_tested_without_a_camera(window, tmp_path, qtbot,
                                           monkeypatch):  # fmt: skip
    window.source.close()
    picture = QImage(40, 20, QImage.Format.Format_RGB32)
    picture.fill(QColor("blue"))
    picture.save(str(tmp_path / "blue.png"))
    monkeypatch.setattr(collect_window, "ask_open", lambda *_args: tmp_path / "blue.png")
    QTest.mouseClick(window.test_file, LEFT)
    qtbot.waitUntil(lambda: window.source.latest() is not None)
    seen = QImage.fromData(window.source.latest().content())
    assert (seen.width(), seen.height()) == (40, 20)
    assert not any(card.paths for card in window.cards)


def test_transparent_pixels_of_a_file_become_white(tmp_path, qapp):
    image = QImage(8, 4, QImage.Format.Format_ARGB32)
    image.fill(QColor(200, 10, 10, 0))  # red that nobody sees
    image.setPixelColor(4, 1, QColor(0, 0, 255, 255))
    image.save(str(tmp_path / "clear.png"))
    sample = PictureSource().from_file(tmp_path / "clear.png")
    whole = QImage.fromData(sample.content())
    assert (whole.width(), whole.height()) == (8, 4)
    assert whole.pixelColor(0, 3) == QColor("white")
    assert whole.pixelColor(4, 1) == QColor("blue")
