"""A run on one page: HTML that holds its pictures, and a PDF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState

MINUTE = 60_000


def test_the_last_run_stands_on_one_page(
    open_window: Callable[..., MainWindow],
    example: Callable[[str], Project],
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    window = open_window(edits.set_training(example("iris"), epochs=3))
    assert not window.actions_table["report"].isEnabled()
    for _ in range(2):
        window.runner.start()
        qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    assert window.actions_table["report"].isEnabled()
    for name in ("run.html", "run.pdf"):
        window.toast.hide()
        window.commands.report_to(tmp_path / name)
        qtbot.waitUntil(window.toast.isVisible, timeout=MINUTE)
    page = (tmp_path / "run.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") == 2
    assert "http" not in page.replace("http-equiv", ""), "nothing comes from elsewhere"
    for words in ("Iris", "3 epochs", "species", "3 classes", "What was tried", "accuracy"):
        assert words in page
    pdf = (tmp_path / "run.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 5000
    assert pdf.count(b"/Type /Page\n") == 1
    window.commands.report_to(tmp_path / "run.docx")
    qtbot.waitUntil(lambda: bool(window.banner.cards), timeout=MINUTE)
