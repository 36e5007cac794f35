"""What goes onto paper: a run on one page, and a picture of the network for a worksheet."""

import base64
import html
import re
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer

from netbuilder.core.formats.registry import FORMATS
from netbuilder.core.formats.writers.svg import HEADER_HEIGHT, network_svg
from netbuilder.core.lessons.worksheet import NUMBERS, worksheet
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.core.results.headline import headline
from netbuilder.ui.plots.picture_export import image_png_bytes, svg_image
from netbuilder.ui.style import theme
from netbuilder.ui.window import window_commands
from netbuilder.ui.window.run_report import RunReport, report_page


def test_the_last_run_stands_on_one_page(request, open_window, example, qtbot, tmp_path):
    theme.theme().force(True)
    request.addfinalizer(lambda: theme.theme().force(None))
    window = open_window(edits.set_training(example("iris"), epochs=3))
    assert not window.actions_table["report"].isEnabled()
    window.actions_table["export"].trigger()
    share = window.docks.show_panel("share").buttons
    trained = {"report", *(row.name for row in FORMATS if row.trained)}
    assert {name for name, button in share.items() if not button.isEnabled()} == trained
    assert set(share) == trained | {row.name for row in FORMATS} | {"hand-in", "worksheet"}
    for rate in (0.01, 0.002):
        optimizer = Choice("Adam", {"learning_rate": rate, "beta_1": 0.8})
        window.store.apply("rate", lambda one, o=optimizer: edits.set_training(one, optimizer=o))
        qtbot.train(window)
    assert window.actions_table["report"].isEnabled()
    assert all(button.isEnabled() for button in share.values())
    for name in ("run.html", "run.pdf"):
        window.toast.hide()
        window.commands.report_to(tmp_path / name)
        qtbot.waitUntil(window.toast.isVisible)
    page = (tmp_path / "run.html").read_text("utf-8")
    # Paper is white, whatever the window is.
    pictures = re.findall("base64,([^']+)'", page)
    curves = QImage.fromData(base64.b64decode(pictures[1]))
    assert curves.pixelColor(2, 2).lightness() > 200
    assert page.count("data:image/png;base64,") == 2
    assert "http" not in page.replace("http-equiv", ""), "nothing comes from elsewhere"
    for words in (
        "Iris",
        "3 epochs",
        "species",
        "3 classes",
        "<td>the weights of epoch 3 (the",
        "Adam (learning rate 0.002, beta_1 0.8), cross-entropy",
        "<td>Adam 0.01</td>",  # what the other run had
        "<th>versicolor</th>",  # of the confusion matrix
        "95% interval",
        "accuracy",
        # The page of the command promises them.
        "petal width",
        "Columns",
        "Split",
        "validation: ",
    ):
        assert words in page
    assert page.count("<td>Adam 0.0") == 1, "the run itself is none of the others"
    drawing = QImage.fromData(base64.b64decode(pictures[0])).size()
    shapes = worksheet(window.store.project, window.workbench.facts, sheet=NUMBERS)
    without_name = svg_image(shapes).size() - QSize(0, 2 * round(HEADER_HEIGHT))
    assert drawing == without_name != svg_image(network_svg(window.store.project)).size()
    assert f"width='{drawing.width() // 2}'" in page, "letters are as large as on a worksheet"
    pdf = (tmp_path / "run.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 5000
    assert pdf.count(b"/Type /Page\n") == 1
    window.commands.report_to(tmp_path / "run.docx")
    qtbot.waitUntil(lambda: bool(window.banner.cards))


def test_a_picture_for_a_worksheet(open_window, example, qtbot, tmp_path, monkeypatch):
    window = open_window(example("iris"))
    answers = iter(("Blank lines", "With numbers", "Cancel"))
    monkeypatch.setattr(window_commands, "ask_question", lambda *_a, **_k: next(answers))
    paths = iter((tmp_path / "blank.svg", tmp_path / "full.svg"))
    monkeypatch.setattr(window_commands, "ask_save", lambda *_a, **_k: next(paths))
    for name in ("blank.svg", "full.svg"):
        window.toast.hide()
        window.actions_table["worksheet"].trigger()
        qtbot.waitUntil(window.toast.isVisible)
        assert name in window.toast.text()
    window.actions_table["worksheet"].trigger()
    assert "131 weights" in (tmp_path / "full.svg").read_text("utf-8")
    assert "131" not in (tmp_path / "blank.svg").read_text("utf-8")
    for ending in ("png", "pdf"):
        window.toast.hide()
        window.commands.worksheet_to(tmp_path / f"sheet.{ending}", sheet="blank")
        qtbot.waitUntil(window.toast.isVisible)
    image = QImage(str(tmp_path / "sheet.png"))
    size = QSvgRenderer(str(tmp_path / "blank.svg")).defaultSize()
    assert image.size() == size * 2
    assert image.pixelColor(2, 2).name() == "#ffffff"
    pdf = (tmp_path / "sheet.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == 1
    # One writes into it by hand: it is larger than on a screen, and stays on its page.
    pdfium = pytest.importorskip("pypdfium2")
    page = pdfium.PdfDocument(tmp_path / "sheet.pdf")[0]
    paper = page.render(scale=1, grayscale=True).to_numpy().squeeze()
    down, across = np.nonzero(paper < 250)
    left, right = int(across.min()), int(across.max())
    assert right - left > 1.2 * 0.75 * (size.width() - 60)
    assert min(left, paper.shape[1] - right) > 36
    assert down.max() < paper.shape[0] - 36
    window.commands.worksheet_to(tmp_path / "sheet.docx", sheet="blank")
    qtbot.waitUntil(lambda: bool(window.banner.cards))


@pytest.mark.slow
def test_it_says_which_weights_were_tested(open_window, example, qtbot):
    """Of one run two networks can be tested: that of its end, and that of its best epoch."""
    window = open_window(edits.set_training(example("iris"), epochs=4))
    qtbot.train(window)
    trained = window.workbench.models.trained
    assert trained is not None
    tested = (
        (replace(trained, best_epoch=2, kept_epoch=0), "epoch 4 (the last)"),
        (replace(trained, best_epoch=4, kept_epoch=0), "epoch 4 (the best)"),
        (replace(trained, best_epoch=2, kept_epoch=2), "epoch 2 (the best)"),
    )
    drawn = QImage(2, 2, QImage.Format.Format_RGB32)
    for one, told in tested:
        report = RunReport(one.project, one.facts, one, image_png_bytes(drawn))
        assert f"the weights of {told}" in report_page(report, ())
    evaluation = window.workbench.models.state.settled.evaluation
    assert evaluation is not None
    beaten = replace(evaluation, baseline=0.9999)  # a rule without a network does better
    report = replace(report, evaluation=beaten)
    assert headline(beaten).worse
    assert html.escape(headline(beaten).worse, quote=False) in report_page(report, ())
    assert not headline(evaluation).worse
