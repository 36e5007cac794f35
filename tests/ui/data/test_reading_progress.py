"""Large data is prepared behind the window: seen, stopped by a button, and begun again."""

import threading
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import shiboken6

from netbuilder.core.data import progress
from netbuilder.core.data.preview import Preview
from netbuilder.core.data.readers import disk_cache, large_csv
from netbuilder.core.data.readers.cache import RecentValues
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.ui.data import data_panel
from netbuilder.ui.services.data_watch import ReadingProgress

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
