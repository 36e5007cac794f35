"""The text of a lesson: its pictures from its own folder, its formulas drawn in its letters."""

import os
import time

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QColor, QDesktopServices, QImage, QPalette
from pytestqt.qtbot import QtBot

from netbuilder.core.lessons.formulas import MOST_FORMULAS
from netbuilder.ui.lessons.markdown_view import MarkdownView, read_picture

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


def test_pictures_come_from_the_lessons_folder_and_below_only(view, symlink, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out.png"
    (inside / "below").mkdir(parents=True)
    picture = QImage(20, 10, QImage.Format.Format_RGB32)
    picture.fill(QColor("#3366cc"))
    for path in (inside / "a.png", inside / "below" / "b.png", outside):
        assert picture.save(str(path))
    symlink(inside / "link.png", outside)
    view.show_markdown("# Hello\n<b>no html</b>", inside)
    assert "<b>no html</b>" in view.toPlainText()
    for name in ("a.png", "below/b.png"):
        view.show_markdown(f"![d]({name})", inside)
        assert "#3366cc" in _colors(view), name
        assert view.loadResource(IMAGE, QUrl(name)).width() == 20, name
    for name in (
        "../out.png", "link.png", str(outside), f"file://{outside}", f"file:{outside}", "none.png",
        "https://example.org/a.png", "//host/share/a.png", "data:,x", "", "/dev/zero",
        str(inside / "a.png"), "below/../../out.png", "%2e%2e/out.png", r"\\host\share\a.png",
        "C:/a.png", "below//b.png",
    ):  # fmt: skip
        view.show_markdown(f"before ![my drawing]({name}) after", inside)
        assert "#3366cc" not in _colors(view), name
        assert view.loadResource(IMAGE, QUrl(name)).width() == 1, name
        assert view.toPlainText().startswith("before "), name
    view.show_markdown("![my drawing](none.png)", inside)
    assert view.toPlainText() == "my drawing"


def test_pictures_are_bounded_before_they_are_read(view, tmp_path):
    head = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    box = '<rect width="20" height="10" fill="#3366cc"/>'
    picture = QImage(20, 10, QImage.Format.Format_RGB32)
    picture.fill(QColor("#3366cc"))
    picture.save(str(tmp_path / "a.png"))
    svg = f'<svg {head} width="20" height="10">{{}}</svg>'
    (tmp_path / "plain.svg").write_text(svg.format(box))
    (tmp_path / "inner.svg").write_text(svg.format(f'{box}<image xlink:href="a.png"/>'))
    (tmp_path / "out.svg").write_text(svg.format('<image xlink:href="//host/share/a.png"/>'))
    large = QImage(8000, 6000, QImage.Format.Format_Mono)
    large.fill(0)
    large.save(str(tmp_path / "pixels.png"))
    with (tmp_path / "bytes.png").open("wb") as file:
        file.truncate(1 << 40)  # a sparse file of a terabyte
    os.mkfifo(tmp_path / "pipe.png")
    view.show_markdown("", tmp_path)
    assert read_picture(tmp_path, "plain.svg") is not None
    for name in ("inner.svg", "out.svg", "pixels.png", "bytes.png", "pipe.png", "below"):
        assert read_picture(tmp_path, name) is None, name


class Opened(QObject):
    """What the program gives to the system to open."""

    def __init__(self, *schemes: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        for scheme in schemes:
            QDesktopServices.setUrlHandler(scheme, self, "take")

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url.toString())


def test_links_open_web_pages_and_mail_only(view):
    good = ["https://a.org/x", "http://a.org", "HTTPS://a.org/y", "mailto:me@a.org"]
    bad = [
        "ms-msdt:/id", "smb://host/share", "file:///etc/passwd", "other.md", "#part", "//host/x",
        "javascript:alert(1)", "search-ms:query", "x.html?https://a.org", "ftp://a.org",
    ]  # fmt: skip
    opened = Opened("https", "http", "mailto", "ms-msdt", "smb", "file", "javascript", "ftp")
    try:
        view.show_markdown("\n\n".join(f"[word]({link})" for link in [*good, *bad]))
        text = view.toPlainText()
        assert text.count("word") == len(good) + len(bad)
        anchors = [piece[1].anchorHref() for piece in view._pieces() if piece[1].isAnchor()]
        assert [link.lower() for link in anchors] == [link.lower() for link in good]
        for link in [*good, *bad]:
            view.anchorClicked.emit(QUrl(link))
        assert [link.lower() for link in opened.urls] == [link.lower() for link in good]
        assert view.toPlainText() == text  # no link shows another file in the text's place
    finally:
        for scheme in ("https", "http", "mailto", "ms-msdt", "smb", "file", "javascript", "ftp"):
            QDesktopServices.unsetUrlHandler(scheme)


@pytest.mark.slow
def test_very_many_formulas_are_bounded(view):
    began = time.monotonic()
    view.show_markdown("a $x$ b\n\n" * 20_000)
    assert time.monotonic() - began < 20
    assert view.toPlainText().count("$x$") == 20_000 - MOST_FORMULAS


def test_a_wide_picture_is_made_as_wide_as_the_text(view, tmp_path):
    picture = QImage(1200, 400, QImage.Format.Format_RGB32)
    picture.fill(QColor("#3366cc"))
    picture.save(str(tmp_path / "wide.png"))
    view.show_markdown("![wide](wide.png)", tmp_path)
    assert view.document().idealWidth() <= view.viewport().width() + 1
    assert 90 <= view.height() <= 120
    assert "#3366cc" in _colors(view)


def test_a_formula_has_the_colour_and_the_size_of_the_words(view):
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


def test_what_is_no_formula_stands_there_as_it_was_written(view):
    view.show_markdown(r"A price of $5, and $\fraq{1}{2}$ too.")
    assert view.toPlainText() == r"A price of $5, and $\fraq{1}{2}$ too."


def test_the_bar_of_a_long_line_of_code_lies_below_it(view):
    view.show_markdown("```\nshort\nshort\n```")
    low = view.height()
    view.show_markdown("```\nshort\n" + "a long line of code " * 9 + "\n```")
    assert view.horizontalScrollBar().maximum() > 0
    assert view.viewport().height() >= low - 1
