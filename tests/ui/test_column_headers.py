"""The heads of every table are whole: in German, at large letters, in a window of 1024 x 700."""

import pytest
from PySide6.QtWidgets import QHeaderView, QTableView, QTreeView, QVBoxLayout, QWidget
from pytestqt.exceptions import TimeoutError as QtTimeoutError

from netbuilder.core.grading.submission import GRADED, Submission
from netbuilder.core.project import edits
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.style import font_scale
from netbuilder.ui.window.panels import TASKS


def cut(window):
    """The heads that are cut, of the tables in sight."""
    tables = [*window.findChildren(QTableView), *window.findChildren(QTreeView)]
    return [
        f"{table.accessibleName()}: {table.model().headerData(one, header.orientation())}"
        for table in tables
        if table.isVisible() and table.property("role") != "frozen"
        for header in [table.header() if isinstance(table, QTreeView) else table.horizontalHeader()]
        for one in range(header.count())
        if not header.isSectionHidden(one)
        and header.sectionSize(one) < QHeaderView.sectionSizeHint(header, one)
    ]


#: German, large letters, and both.
LOOKS = (("de", 1.0), ("de", 1.25), ("en", 1.25), ("en", 1.0))


def whole(window, qtbot, looks=LOOKS):
    for language, letters in looks:
        choose_language(language)
        font_scale.set_font_scale(letters)
        found: list[str] = []

        def fits(found=found):
            found[:] = cut(window)
            return not found

        try:
            qtbot.waitUntil(fits, timeout=5_000)
        except QtTimeoutError:
            pytest.fail(f"{language} {letters}: {found}")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iris", "reviews"])
def test_every_page(open_window, example, qtbot, name):
    window = open_window(edits.set_training(example(name), epochs=1))
    window.resize(1024, 700)
    qtbot.train(window)
    seen = 0
    for page in (page for task in TASKS for page in task.pages):
        shown = window.docks.show_panel(page, focus=False)
        if page == "data":
            qtbot.waitUntil(lambda panel=shown: panel.settled and panel.look.isVisible())
        if page == "evaluate":
            qtbot.waitUntil(lambda panel=shown: panel.evaluation is not None)
        tables = [one for one in shown.findChildren(QTableView) if one.isVisible()]
        seen += len(tables)
        if tables:
            whole(window, qtbot)
    assert seen >= (2 if name == "reviews" else 1)


@pytest.mark.parametrize("look", LOOKS)
def test_submissions(qtbot, home, look):
    choose_language(look[0])
    window = GradeWindow()
    qtbot.addWidget(window, before_close_func=lambda one: one.hide())
    window.resize(1024, 700)
    window.model.show_rows([Submission("a.h5", "Ada", GRADED, 91.5, {"accuracy": 0.9}, 3, 4)])
    window.shown.setCurrentWidget(window.table)
    window.show()
    whole(window, qtbot, [look])


@pytest.mark.slow
def test_a_column_that_stretches_keeps_its_head_and_the_others_share(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    table = ShortTable("Table", window)
    layout = QVBoxLayout(window)
    layout.addWidget(table)
    heads = ("measure", "a", "a head of very many words", "b")
    table.show_rows(heads, [("loss", "1", "2", "3")] * 3)
    header = table.horizontalHeader()
    window.resize(420, 300)
    window.show()
    qtbot.waitUntil(lambda: not cut(window) and header.length() == header.viewport().width())
    assert abs(header.sectionSize(1) - header.sectionSize(3)) <= 1
    window.resize(900, 300)
    qtbot.waitUntil(lambda: abs(header.sectionSize(1) - header.sectionSize(2)) <= 1)
    window.resize(260, 300)
    qtbot.waitUntil(lambda: not cut(window) and table.horizontalScrollBar().maximum() > 0)
    window.resize(900, 300)
    qtbot.waitUntil(lambda: header.length() == header.viewport().width())
