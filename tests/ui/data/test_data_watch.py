"""A file that changes, goes and comes again while the window is open is noticed and read again."""

import time

from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from netbuilder.core.data.readers.cache import data_stamp
from netbuilder.core.project.model import Data
from netbuilder.ui.services.data_watch import DataWatch
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
