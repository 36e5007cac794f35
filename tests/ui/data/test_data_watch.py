"""Reading behind the window: large data, many files, files that change."""

import threading
import time
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import shiboken6
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from netbuilder.core.data import progress
from netbuilder.core.data.load import verify_files
from netbuilder.core.data.preview import Preview
from netbuilder.core.data.progress import ReadingCancelledError, progress_listener
from netbuilder.core.data.readers import disk_cache, large_csv
from netbuilder.core.data.readers.cache import RecentValues, data_stamp
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits import append_layer
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.ui.data import data_panel
from netbuilder.ui.services.data_watch import DataWatch, ReadingProgress
from netbuilder.ui.window.documents import empty_project


def write(path, rows, first=0):
    lines = "\n".join(f"{first + n},{2 * n}" for n in range(rows))
    path.write_text(f"x,y\n{lines}\n", encoding="utf-8")


def test_a_table_that_changes_goes_and_comes(open_window, qtbot, tmp_path):
    table = tmp_path / "d.csv"
    write(table, 40)
    window = open_window(empty_project())
    panel, bench = window.docks.show_panel("data"), window.workbench
    panel.choose_path(table)

    def rows():
        facts = bench.facts
        return 0 if facts is None else facts.rows + facts.validation_rows + facts.test_rows

    qtbot.waitUntil(lambda: rows() == 40)
    qtbot.waitUntil(lambda: panel.look.columns.columns.rows > 0)
    other = tmp_path / "other.csv"
    write(other, 60, first=1000)
    other.replace(table)  # as programs save: another file of the same name
    qtbot.waitUntil(lambda: rows() == 60)
    qtbot.waitUntil(lambda: panel.look.columns.columns.columns[0].minimum == 1000)
    table.unlink()
    qtbot.waitUntil(lambda: bench.data_error is not None)
    assert bench.data_error.code == "data_file_missing"
    write(table, 50)
    qtbot.waitUntil(lambda: rows() == 50)
    assert bench.data_error is None
    assert window.store.project.data.path == str(table), "nothing of the recipe was changed"


def test_a_picture_that_comes_into_a_class_and_nothing_else(qtbot, tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / "p" / label).mkdir(parents=True)
        Image.new("L", (4, 4)).save(tmp_path / "p" / label / "1.png")
    watch = DataWatch()
    told: list[int] = []
    watch.changed.connect(lambda: told.append(1))
    watch.follow(Data("images", path="p"), tmp_path)
    qtbot.waitUntil(lambda: watch.state is not None)
    (tmp_path / "beside.txt").write_text("no part of it")
    qtbot.wait(1200)
    assert told == []
    Image.new("L", (4, 4)).save(tmp_path / "p" / "dog" / "2.png")
    qtbot.waitUntil(lambda: told == [1])


def test_a_change_before_it_is_watched_is_noticed(qtbot, tmp_path):
    """A busy window begins to watch some time after the file was looked at."""
    table = tmp_path / "d.csv"
    write(table, 40)
    watch = DataWatch()
    told: list[int] = []
    watch.changed.connect(lambda: told.append(1))
    watch.follow(Data("csv", path="d.csv"), tmp_path)
    time.sleep(0.5)  # the window's own loop does not turn here, and its thread has looked
    other = tmp_path / "other.csv"
    write(other, 60)
    other.replace(table)
    qtbot.waitUntil(lambda: told == [1], timeout=5_000)


def test_a_picture_that_is_overwritten_in_its_place(qtbot, tmp_path):
    picture = tmp_path / "p" / "cat" / "1.png"
    picture.parent.mkdir(parents=True)
    Image.new("L", (4, 4)).save(picture)
    data, watch = Data("images", path="p"), DataWatch()
    watch.follow(data, tmp_path)
    qtbot.waitUntil(lambda: watch.state is not None)
    before = data_stamp(data, tmp_path)
    with picture.open("r+b") as file:
        file.write(b"no picture any more")
    assert data_stamp(data, tmp_path) != before, "the next edit, or a run, reads it anew"
    with qtbot.waitSignal(watch.changed):
        QApplication.instance().applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)


MINUTE = 60_000
# pandas reads a quarter of a megabyte at once.
ROWS = 100_000


@contextmanager
def held():
    """The thread that prepares waits after its first piece until this is set."""
    go, told = threading.Event(), threading.Event()

    def wait(done, of):
        if told.is_set():
            go.wait(MINUTE / 1000)
        told.set()
        return True

    end = progress.watch_progress(wait)
    try:
        yield go
    finally:
        go.set()
        end()


def test_preparing_is_seen_stopped_and_begun_again(open_window, qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("NETBUILDER_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setattr(large_csv, "CHUNK_ROWS", 5000)
    monkeypatch.setattr(large_csv, "FIRST_ROWS", 100)
    rows = "\n".join(f"{n},{2 * n}" for n in range(ROWS))
    (tmp_path / "d.csv").write_text(f"x,y\n{rows}\n")
    graph = Graph((Node("input", "Input"), Node("o", "Dense", {"units": 1})), (("input", "o"),))
    data = Data("csv", path=str(tmp_path / "d.csv"), options={"memory_limit_mb": 0.001})
    with held() as go:
        window = open_window(Project("t", graph, data), keras=False)
        panel = window.docks.show_panel("data")
        bars = (panel.reading, window.status.reading)
        window.workbench.start()
        qtbot.waitUntil(lambda: all(bar.isVisible() for bar in bars))
        assert panel.reading.words.text().startswith("Preparing the data: ")
        panel.reading.button.click()
        go.set()
    qtbot.waitUntil(lambda: window.workbench.data_error is not None)
    qtbot.waitUntil(lambda: not any(bar.isVisible() for bar in bars))
    assert "was stopped" in str(window.workbench.data_error)
    # Nothing of it is kept but facts; the thread that was stopped clears up after it has said so.

    def prepared():
        kept = disk_cache.cache_folder().iterdir()
        return [str(one) for one in kept if not (one / "value.pickle").exists()]

    qtbot.waitUntil(lambda: not prepared())
    qtbot.waitUntil(lambda: bool(panel.cards.cards))
    (again,) = panel.cards.cards[0].buttons
    again.click()
    qtbot.waitUntil(lambda: window.workbench.facts is not None)
    assert window.workbench.facts is not None
    facts = window.workbench.facts
    assert facts.rows + facts.validation_rows + facts.test_rows == ROWS
    qtbot.waitUntil(lambda: not any(bar.isVisible() for bar in bars))


@pytest.mark.parametrize("name", ["temperatures", "iris"])
def test_while_data_is_read_a_bar_is_seen_and_no_empty_frame(
    open_window, example, qtbot, monkeypatch, name
):
    go, read = threading.Event(), data_panel._read_report

    def wait(*inputs: Any):
        go.wait(MINUTE / 1000)
        return read(*inputs)

    monkeypatch.setattr(data_panel, "_read_report", wait)
    monkeypatch.setattr(data_panel, "_read_preview", lambda *_inputs: go.wait() and Preview())
    window = open_window(example(name), keras=False)
    panel = window.docks.show_panel("data")
    try:
        qtbot.waitUntil(panel.reading.isVisible)
        assert panel.look.isHidden()
    finally:
        go.set()
    qtbot.waitUntil(lambda: panel.look.isVisible() and panel.reading.isHidden())


def test_a_window_that_has_gone_is_told_nothing(qtbot):
    """It went without having been closed: what another window reads is read all the same."""
    reading = ReadingProgress()
    reading.begin()
    shiboken6.delete(reading)
    progress.report_progress(1, 2)


def test_two_that_ask_for_the_same_read_it_once():
    recent: RecentValues[int] = RecentValues(2)
    began, made = threading.Event(), []

    def make():
        made.append(1)
        began.wait(10)
        return int(np.sum(made))

    threads = [threading.Thread(target=recent.get, args=("a", make)) for _ in range(2)]
    for one in threads:
        one.start()
    began.set()
    for one in threads:
        one.join()
    assert len(made) == 1


def test_who_fails_leaves_the_other_its_turn():
    recent: RecentValues[int] = RecentValues(2)
    with pytest.raises(ZeroDivisionError):
        recent.get("a", lambda: 1 // 0)
    assert recent.get("a", lambda: 7) == 7


RECIPE = Data("images", path="p")


@pytest.fixture
def pictures(tmp_path):
    """2,100 of them in two classes. Every second is opened at first; one of the others is none."""
    Image.new("L", (4, 4)).save(tmp_path / "one.png")
    content = (tmp_path / "one.png").read_bytes()
    for label in ("cat", "dog"):
        (tmp_path / "p" / label).mkdir(parents=True)
        for number in range(1050):
            (tmp_path / "p" / label / f"{number:04d}.png").write_bytes(content)
    (tmp_path / "p" / "dog" / "0777.png").write_bytes(b"no picture")
    return tmp_path / "p"


def test_what_the_first_look_passes_over_is_named_before_a_run(open_window, qtbot, pictures):
    window = open_window(empty_project())
    bench, panel = window.workbench, window.docks.show_panel("data")
    panel.choose_path(pictures)
    qtbot.waitUntil(lambda: bench.data_error is not None)
    error = bench.data_error
    assert "'dog/0777.png'" in error.what
    assert panel.cards.cards, "the panel shows it, with its mend"
    window.store.apply("Mend", lambda project: apply_data_fix(project, error.fixes[0]))
    qtbot.waitUntil(lambda: bench.facts is not None and bench.data_error is None)
    assert bench.facts.rows + bench.facts.validation_rows + bench.facts.test_rows == 2099


@pytest.mark.slow
def test_an_edit_of_the_network_does_not_lift_it(open_window, qtbot, pictures):
    window = open_window(empty_project())
    bench = window.workbench
    window.docks.show_panel("data").choose_path(pictures)
    qtbot.waitUntil(lambda: bench.data_error is not None)
    seen: list[bool] = []
    bench.facts_changed.connect(lambda: seen.append(bench.facts is None))
    window.store.apply("Add", lambda project: append_layer(project, "Flatten"))
    qtbot.waitUntil(lambda: bench.settled)
    assert bench.data_error is not None
    assert all(seen)
    # What was damaged may be whole: the folder is read again.
    (pictures / "dog" / "0777.png").write_bytes((pictures / "dog" / "0776.png").read_bytes())
    bench.read_again()
    qtbot.waitUntil(lambda: bench.facts is not None)


def test_the_look_can_be_stopped_and_is_remembered(pictures):
    with progress_listener(lambda _done, _of: False), pytest.raises(ReadingCancelledError):
        verify_files(RECIPE, pictures.parent)
    told: list[int] = []
    for _ in range(2):
        with (
            progress_listener(lambda done, _of: not told.append(done)),
            pytest.raises(DataError, match="0777"),
        ):
            verify_files(RECIPE, pictures.parent)
    assert len(told) == 42, "it is looked at once"
