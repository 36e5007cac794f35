"""The text of a lesson: its pictures from its own folder, its formulas drawn in its letters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QImage, QPalette
from pytestqt.qtbot import QtBot

from netbuilder.ui.lessons.markdown_view import MarkdownView

IMAGE = 2


@pytest.fixture
def view(qtbot: QtBot) -> MarkdownView:
    view = MarkdownView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show()
    return view


def _colors(view: MarkdownView) -> set[str]:
    image = view.grab().toImage()
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }


def test_pictures_come_from_the_lessons_folder_and_below_only(
    view: MarkdownView, symlink: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out.png"
    (inside / "below").mkdir(parents=True)
    picture = QImage(20, 10, QImage.Format.Format_RGB32)
    picture.fill(QColor("#3366cc"))
    for path in (inside / "a.png", inside / "below" / "b.png", outside):
        assert picture.save(str(path))
    symlink(inside / "link.png", outside)
    view.show_markdown("# Hello\n<b>no html</b>", inside)
    for name in ("a.png", "below/b.png"):
        assert view.loadResource(IMAGE, QUrl(name)), name
    for name in (
        "../out.png", "link.png", str(outside), f"file://{outside}", "none.png",
        "https://example.org/a.png", "http://127.0.0.1/a.png", "//host/share/a.png", "data:,x", "",
    ):  # fmt: skip
        assert view.loadResource(IMAGE, QUrl(name)) is None, name
    assert "<b>no html</b>" in view.toPlainText()


def test_a_wide_picture_is_made_as_wide_as_the_text(view: MarkdownView, tmp_path: Path) -> None:
    picture = QImage(1200, 400, QImage.Format.Format_RGB32)
    picture.fill(QColor("#3366cc"))
    picture.save(str(tmp_path / "wide.png"))
    view.show_markdown("![wide](wide.png)", tmp_path)
    assert view.document().idealWidth() <= view.viewport().width() + 1
    assert 90 <= view.height() <= 120
    assert "#3366cc" in _colors(view)


def test_a_formula_has_the_colour_and_the_size_of_the_words(view: MarkdownView) -> None:
    palette = view.palette()
    palette.setColor(QPalette.ColorRole.Text, QColor("#ff0000"))
    view.setPalette(palette)
    view.show_markdown(r"$$\frac{a}{b}$$")
    assert "#ff0000" in _colors(view)
    small = view.height()
    font = view.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    view.setFont(font)
    assert 1.7 * small < view.height() < 2.3 * small
    # Who does not see it hears what was written.
    assert view.accessibleDescription() == r"\frac{a}{b}"


def test_what_is_no_formula_stands_there_as_it_was_written(view: MarkdownView) -> None:
    view.show_markdown(r"A price of $5, and $\fraq{1}{2}$ too.")
    assert view.toPlainText() == r"A price of $5, and $\fraq{1}{2}$ too."


def test_the_bar_of_a_long_line_of_code_lies_below_it(view: MarkdownView) -> None:
    view.show_markdown("```\nshort\nshort\n```")
    low = view.height()
    view.show_markdown("```\nshort\n" + "a long line of code " * 9 + "\n```")
    assert view.horizontalScrollBar().maximum() > 0
    assert view.viewport().height() >= low - 1
