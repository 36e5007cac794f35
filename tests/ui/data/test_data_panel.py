"""The Data tab: files of one's own, their trouble in words, a recipe that edits the project."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QColor, QGuiApplication, QImage, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from netbuilder.core.data.readers.csv_dialect import check_file
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.ui.data.data_gallery import DataCard
from netbuilder.ui.data.data_panel import DataPanel
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.inspector.project_summary import ProjectSummary
from netbuilder.ui.style import theme
from netbuilder.ui.window.documents import empty_project


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "houses.csv"
    rows = [f"{n},{n % 3},{'yes' if n % 2 else 'no'},{1000 + 10 * n}" for n in range(60)]
    path.write_text("size,rooms,garden,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def open_panel(window):
    panel = window.docks.show_panel("data")
    assert isinstance(panel, DataPanel)
    return panel


def test_a_test_file_beside_is_used_by_one_press(open_window, qtbot, table):
    train, test = table.with_name("houses_train.csv"), table.with_name("houses_test.csv")
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    train.write_text("".join(lines[:51]), encoding="utf-8")
    test.write_text("".join([lines[0], *lines[51:]]), encoding="utf-8")
    window = open_window(empty_project())
    panel = open_panel(window)
    panel.choose_path(train)
    qtbot.waitUntil(lambda: bool(panel.conclusions.lines))
    before = window.store.project
    label = "Use houses_test.csv as test data"
    (button,) = (one for one in panel.conclusions.findChildren(QPushButton) if one.text() == label)
    button.click()
    assert window.store.project.data.test_path == str(test)
    qtbot.waitUntil(
        lambda: window.workbench.facts is not None and window.workbench.facts.test_rows == 10
    )
    window.store.undo()
    assert window.store.project == before


def test_a_table_of_ones_own(open_window, qtbot, table):
    window = open_window(empty_project())
    panel = open_panel(window)
    assert panel.stack.currentIndex() == 0, "the gallery invites"
    panel.choose_path(table)
    qtbot.waitUntil(lambda: window.workbench.facts is not None)
    qtbot.waitUntil(lambda: panel.preview.model.rowCount() == 60)
    assert "price: a number" in panel.summary.text()
    entries = [action.text() for action in panel.target.menu.actions()]
    assert entries[:4] == ["size", "rooms", "garden", "price"]

    next(a for a in panel.target.menu.actions() if a.text() == "garden").trigger()
    assert window.store.project.data.target == ("garden",)
    qtbot.waitUntil(lambda: "garden: 2 classes" in panel.summary.text())

    window.store.undo()
    assert window.store.project.data.target == ()


def test_the_form_edits_the_recipe(open_window, qtbot, table):
    window = open_window(empty_project())
    panel = open_panel(window)
    panel.choose_path(table)
    row = panel.form.rows["test_split"]
    row.editor.selectAll()
    QTest.keyClicks(row.editor, "0.5")
    assert window.store.project.data.test_split == 0.5
    scaling = panel.form.rows["scaling"].editor
    scaling.setCurrentIndex(scaling.findData("minmax"))
    scaling.activated.emit(scaling.currentIndex())
    assert window.store.project.data.scaling == "minmax"
    qtbot.waitUntil(
        lambda: window.workbench.facts is not None and window.workbench.facts.test_rows == 30
    )


@pytest.mark.parametrize(
    ("content", "words", "short"),
    [
        ("a,b\n1,2\n3,x\n5,6\n7,8\n", "x", "1 cell of 'b' is not a number"),
        ("a,b\n", "row", "data cannot be read"),
        ("", "empty", "data cannot be read"),
        ("a,b\n1,2\n", "too few", "1 row: too few to train on"),
        ("a,b\n" + "1,yes\n" * 9, "same value", "'b' is “yes” in every row"),
        ("a,b\n1,\n,3\n4,5\n6,7\n", "missing", "2 cells are empty: choose what to do"),
    ],
    ids=["text among numbers", "no rows", "nothing", "one row", "one class", "missing value"],
)
def test_trouble_with_a_file_is_told(open_window, qtbot, tmp_path, content, words, short):
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    window = open_window(empty_project())
    panel = open_panel(window)
    panel.choose_path(path)
    qtbot.waitUntil(lambda: bool(panel.cards.cards) and window.workbench.data_error is not None)
    card = panel.cards.cards[0]
    said = f"{card.title.text()} {card.words.text()}".lower()
    assert words in said
    assert "traceback" not in said
    qtbot.waitUntil(lambda: window.workbench.settled)
    status = window.status
    assert status.problems.text() and window.workbench.data_error is not None
    assert window.inspector.summary.words()["data"].startswith(f"bad.csv: {short}")
    assert window.workbench.data_words == short, "which the goal's card says"
    assert status.parameters.isHidden()
    assert status.memory.isHidden()
    assert status.operations.isHidden()


def test_a_file_that_is_gone_is_told(open_window, qtbot, tmp_path):
    window = open_window(empty_project())
    panel = open_panel(window)
    window.store.apply(
        "x", lambda p: type(p)(**{**p.__dict__, "data": Data(kind="csv", path="gone.csv")})
    )
    qtbot.waitUntil(lambda: bool(panel.cards.cards))
    assert "gone.csv" in panel.cards.cards[0].title.text()


def test_unreadable_data_shows_no_zeros(open_window, example, qtbot, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("a,b\n", encoding="utf-8")
    window = open_window(example("iris"))
    status, bench = window.status, window.workbench
    qtbot.waitUntil(status.parameters.isVisible)
    window.store.apply("x", lambda p: edits.set_data(p, Data(kind="csv", path=str(path))))
    qtbot.waitUntil(lambda: bench.data_error is not None and bench.settled)
    assert _("Data cannot be read") in status.problems.text()
    assert status.parameters.isHidden()
    assert status.operations.isHidden()
    summary = ProjectSummary(window.store, bench, window.evaluation_service)
    qtbot.addWidget(summary)
    assert not any(letter.isdigit() for letter in summary.words()["size"])
    window.store.undo()
    qtbot.waitUntil(status.parameters.isVisible)
    assert "cannot be read" not in status.problems.text()


def test_no_zeros_are_shown_before_the_layers_are_known(open_window, example, qtbot):
    window = open_window(example("digits"))
    status, bench = window.status, window.workbench
    qtbot.waitUntil(status.parameters.isVisible)
    assert bench.shapes is not None
    without = {one: x for one, x in bench.shapes.by_node.items() if not x.parameters}
    assert len(without) > 1
    bench.shapes = replace(bench.shapes, by_node=without)
    status._show_totals()
    assert status.parameters.isHidden() and status.operations.isHidden()


def test_pictures_are_shown(open_window, qtbot):
    window = open_window(empty_project())
    panel = open_panel(window)
    panel.choose_builtin("digits")
    qtbot.waitUntil(lambda: panel.preview.images.count() > 20)
    assert panel.preview.stack.currentIndex() == 1
    assert len(panel.preview.bars.rows) == 10


def test_a_guessed_target_is_asked_about(open_window, qtbot, table):
    window = open_window(empty_project())
    panel = open_panel(window)
    window.dropped(table)
    qtbot.waitUntil(lambda: bool(panel.target.question.cards))
    (card,) = panel.target.question.cards
    assert card.isVisible()
    assert "price" in card.words.text()
    card.buttons[1].click()
    assert panel.target.menu.isVisible()
    panel.target.menu.close()
    card.buttons[0].click()
    assert window.store.project.data.target == ("price",)
    assert not panel.target.question.cards
    window.store.undo()
    assert window.store.project.data.target == ()
    qtbot.waitUntil(lambda: bool(panel.target.question.cards))
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    window.store.apply("Build", lambda p: replace(p, graph=graph))
    assert not panel.target.question.cards, "the network has a target"
    assert panel.target.button.isVisible(), "where it can be changed"
    window.store.undo()
    assert panel.target.question.cards
    next(a for a in panel.target.menu.actions() if a.text() == "size").trigger()
    assert window.store.project.data.target == ("size",)
    assert not panel.target.question.cards, "who chose is not asked again"


@pytest.mark.parametrize(
    ("button", "rule", "rows"),
    [("Leave those rows out", "drop", 57), ("Fill with the mean", "mean", 60)],
)
def test_missing_values_are_mended_by_one_click(open_window, qtbot, table, button, rule, rows):
    lines = table.read_text(encoding="utf-8").splitlines()
    for line in (5, 9, 20):
        lines[line] = "," + lines[line].split(",", 1)[1]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    window = open_window(empty_project())
    panel = open_panel(window)
    panel.choose_path(table)
    qtbot.waitUntil(lambda: window.workbench.data_error is not None)
    qtbot.waitUntil(lambda: bool(panel.cards.cards))
    found = {one.text(): one for one in panel.cards.cards[0].buttons}
    assert set(found) == {"Leave those rows out", "Fill with the mean"}
    before = window.store.project
    found[button].click()
    assert window.store.project.data.options["missing"] == rule
    assert window.store.undo_label == button
    qtbot.waitUntil(lambda: window.workbench.facts is not None)
    facts = window.workbench.facts
    assert facts.rows + facts.validation_rows + facts.test_rows == rows
    window.store.undo()
    assert window.store.project == before


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def scheme(request):
    theme.theme().force(request.param)
    yield
    theme.theme().force(None)


@pytest.mark.usefixtures("scheme")
def test_what_was_left_out_is_told(open_window, qtbot, tmp_path):
    lines = [f"{n},remark number {n},{1000 + 10 * n}" for n in range(60)]
    for n in (5, 9, 20, 31):
        lines[n] = f",remark number {n},{1000 + 10 * n}"
    path = tmp_path / "remarks.csv"
    path.write_text("size,note,price\n" + "\n".join(lines) + "\n", encoding="utf-8")
    window = open_window(empty_project())
    panel = open_panel(window)
    panel.choose_path(path)
    qtbot.waitUntil(lambda: window.workbench.data_error is not None)
    assert panel.notes.isHidden(), "nothing is known of data that cannot be read"
    window.store.apply("Drop", lambda p: edits.set_data(p, options={"missing": "drop"}))
    qtbot.waitUntil(lambda: window.workbench.facts is not None)
    assert panel.notes.isVisible()
    said = panel.notes.text()
    assert "4 rows" in said
    # What can be had otherwise has its button.
    qtbot.waitUntil(lambda: bool(panel.conclusions.lines))
    told = [one.words.text() for one in panel.conclusions.lines]
    (line,) = (one for one in panel.conclusions.lines if "'note'" in one.words.text())
    assert "Column 'note' contains many different texts" in line.words.text()
    assert [one.text() for one in line.menu.actions()] == [
        "Use 'note' as a category", "Train on the texts in 'note'", "Leave 'note' out",
    ]  # fmt: skip
    assert set(window.workbench.facts.notes) <= {*told, *said.split("\n")}
    assert panel.notes.wordWrap()
    color = panel.notes.palette().color(panel.notes.foregroundRole())
    assert color.name().lower() == theme.colors().secondary.lower()
    panel.choose_builtin("iris")
    qtbot.waitUntil(lambda: (facts := window.workbench.facts) is not None and not facts.notes)
    assert panel.notes.isHidden()


def test_an_empty_folder_is_told_once(open_window, qtbot, tmp_path):
    folder = tmp_path / "pets"
    for name in ("cats", "dogs", "none"):
        (folder / name).mkdir(parents=True)
    for n in range(12):
        picture = QImage(8, 8, QImage.Format.Format_RGB32)
        picture.fill(QColor(20 * n, 100, 0))
        assert picture.save(str(folder / ("cats", "dogs")[n % 2] / f"{n}.png"))
    window = open_window(empty_project())
    panel = open_panel(window)
    panel.choose_path(folder)
    qtbot.waitUntil(lambda: window.workbench.facts is not None)
    qtbot.waitUntil(lambda: "none" in panel.preview.note.text())
    assert "none" in panel.notes.text()
    assert panel.preview.note.isHidden()


def test_a_table_is_pasted_from_a_spreadsheet(open_window, qtbot, tmp_path):
    window = open_window(empty_project(), tmp_path / "mine.netbuilder", keras=False)
    panel = open_panel(window)
    QGuiApplication.clipboard().setText("just words")
    panel.gallery.paste_button.click()
    qtbot.waitUntil(lambda: bool(panel.gallery.trouble.cards))
    assert "no table on the clipboard" in panel.gallery.trouble.cards[0].title.text()
    rows = "\n".join(f"{n}\t{n},5\t{3 * n}" for n in range(20))
    QGuiApplication.clipboard().setText(f"a\tb\tprice\n{rows}\n")
    panel.gallery.file_button.setFocus()
    QTest.keyClick(panel.gallery.file_button, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.store.project.data.kind == "csv")
    assert window.store.project.data.path == "Pasted table.csv"
    assert (tmp_path / "Pasted table.csv").exists()
    model = panel.look.columns.columns
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    assert [one.maximum for one in model.columns] == [19, 19.5, 57]
    window.store.undo()
    assert panel.stack.currentIndex() == 0
    assert panel.gallery.trouble.isHidden()


def test_what_was_concluded_is_told_with_its_choice(open_window, qtbot, tmp_path):
    rows = "\n".join(f"{'東京' if n % 2 else '大阪'},{n},{2 * n}" for n in range(60))
    path = tmp_path / "d.csv"
    path.write_bytes(f"都市,量,価格\n{rows}\n".encode("shift_jis"))
    window = open_window(empty_project(), keras=False)
    panel = open_panel(window)
    panel.choose_path(path)
    qtbot.waitUntil(lambda: bool(panel.conclusions.lines))
    (line,) = (one for one in panel.conclusions.lines if "Shift-JIS" in one.words.text())
    assert line.words.text() == "The text was read with the encoding Shift-JIS."
    next(a for a in line.menu.actions() if a.text() == "Read as GBK").trigger()
    assert window.store.project.data.options["encoding"] == "gb18030"
    window.store.undo()
    assert "encoding" not in window.store.project.data.options


def test_remarks_about_columns_leave_the_room_to_the_table(open_window, qtbot, tmp_path):
    rows = [f"{n},{-999 if n % 9 == 0 else 20 + n % 7},{n % 5}.5" for n in range(60)]
    (tmp_path / "d.csv").write_text("id,temp,y\n" + "\n".join(rows), encoding="utf-8")
    window = open_window(empty_project(), keras=False)
    panel = open_panel(window)
    panel.choose_path(tmp_path / "d.csv")
    qtbot.waitUntil(panel.findings.more.isVisible)
    told = "⚠ 2 warnings about id and temp …"
    more = panel.findings.more
    assert (more.text(), more.toolTip()) == (told, "")
    panel.findings.resize(90, panel.findings.height())
    assert more.text() != told and more.text()[:8] == told[:8] and more.toolTip() == told
    assert not panel.findings.cards.cards
    assert panel.findings.minimumSizeHint().width() < 200, "it gives way in a narrow panel"
    panel.findings.more.click()
    assert [card.button.text() for card in panel.findings.cards.cards if card.button] == [
        "Leave 'id' out", "Treat -999 as missing",
    ]  # fmt: skip


def test_of_the_tabs_only_the_one_in_front_is_seen(open_window, qtbot, table):
    window = open_window(empty_project(), keras=False)
    panel = open_panel(window)
    panel.choose_builtin("digits")
    qtbot.waitUntil(lambda: panel.preview.images.count() > 20)
    qtbot.waitUntil(lambda: "Pictures" in panel.look.tabs)
    for path in (None, table):
        if path is not None:
            panel.choose_path(path)
            qtbot.waitUntil(lambda: panel.preview.model.rowCount() == 60)
        pages = [panel.look.widget(place) for place in range(panel.look.count())]
        assert [one for one in pages if one.isVisible()] == [panel.look.currentWidget()]


def test_the_guess_of_the_target_is_what_was_concluded(open_window, qtbot, table):
    """Not the last column, where that one is left out."""
    window = open_window(empty_project(), keras=False)
    panel = open_panel(window)
    panel.choose_path(table)
    qtbot.waitUntil(lambda: bool(panel.target.question.cards))
    panel._decide(("price",), "role", "ignore")
    qtbot.waitUntil(lambda: "garden" in panel.target.question.cards[0].words.text())
    panel.target.question.cards[0].buttons[0].click()
    assert window.store.project.data.target == ("garden",)


def test_damaged_pictures_are_left_out_by_a_button_and_come_back_by_undo(
    open_window, tmp_path, qtbot
):
    for label in ("cat", "dog"):
        (tmp_path / "pics" / label).mkdir(parents=True)
        for n in range(6):
            Image.new("L", (8, 8), 20 * n).save(tmp_path / "pics" / label / f"{n}.png")
    for name in ("cat/1.png", "dog/2.png"):
        whole = (tmp_path / "pics" / name).read_bytes()
        (tmp_path / "pics" / name).write_bytes(whole[: len(whole) // 2])
    window = open_window(empty_project(), tmp_path / "p.netbuilder")
    panel = window.docks.show_panel("data")
    panel.choose_path(tmp_path / "pics")
    qtbot.waitUntil(lambda: bool(panel.cards.cards))
    (card,) = panel.cards.cards
    assert "'cat/1.png' and 'dog/2.png'" in card.accessibleName()
    assert panel.look.isHidden(), "no empty frame where there is nothing to see"

    card.buttons[0].click()
    qtbot.waitUntil(lambda: window.workbench.facts is not None)
    qtbot.waitUntil(lambda: bool(panel.conclusions.lines))
    assert "'cat/1.png' and 'dog/2.png'" in panel.conclusions.lines[0].words.text()
    assert not panel.look.isHidden()
    window.store.undo()
    qtbot.waitUntil(lambda: bool(panel.cards.cards))


def test_in_a_narrow_panel_no_view_is_behind_an_arrow(open_window, tmp_path, qtbot):
    days = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d},{n}" for n in range(112)]
    (tmp_path / "s.csv").write_text("date,sales\n" + "\n".join(days))
    data = Data("series", path="s.csv", target=("sales",))
    window = open_window(Project(data=data), tmp_path / "p.netbuilder", keras=False)
    window.resize(1024, 700)
    panel = window.docks.show_panel("data")
    qtbot.waitUntil(lambda: "Series" in panel.look.tabs)
    bar = panel.look.tabBar()
    qtbot.waitUntil(lambda: bar.tabRect(bar.count() - 1).right() <= bar.width())
    assert bar.tabRect(0).left() >= 0
    assert not any(button.isVisible() for button in bar.findChildren(QToolButton))


def rows_of(path, head, count=60):
    width = head.count(",")
    lines = [",".join(["1.5", *(str(n + k) for k in range(width))]) for n in range(count)]
    path.write_text(head + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_nothing_of_other_data_is_asked(open_window, qtbot, tmp_path):
    window = open_window(empty_project())
    panel = open_panel(window)
    panel.choose_path(rows_of(tmp_path / "iris.csv", "petal,sepal,species"))
    qtbot.waitUntil(lambda: panel.target.question.isVisibleTo(panel))
    qtbot.waitUntil(lambda: bool(panel.target.menu.actions()))
    gone = Data(kind="csv", path=str(tmp_path / "gone.csv"))
    window.documents.show_project(edits.set_data(empty_project(), gone), None)
    assert not panel.target.menu.actions()
    qtbot.waitUntil(lambda: window.workbench.data_error is not None)
    qtbot.waitUntil(lambda: panel.worker.idle and panel.reporter.idle)
    assert not panel.target.menu.actions()
    assert not [one.text() for one in panel.target.question.findChildren(QLabel)]


def test_data_that_moved_keeps_what_was_decided(open_window, qtbot, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
    rows_of(new / "sales.csv", "a,goal,b")
    rows_of(new / "test.csv", "a,goal,b")
    data = Data(
        kind="csv", path=str(old / "sales.csv"), test_path=str(old / "test.csv"),
        target=("goal",), scaling="minmax",
    )  # fmt: skip
    window = open_window(edits.set_data(empty_project(), data))
    panel = open_panel(window)
    panel.choose_path(new / "sales.csv")
    now = window.store.project.data
    assert (now.path, now.test_path) == (str(new / "sales.csv"), str(new / "test.csv"))
    assert (now.target, now.scaling) == (("goal",), "minmax")
    window.store.undo()
    panel.choose_path(rows_of(new / "renamed.csv", "a,goal,b"))
    assert window.store.project.data.target == ("goal",), "its name may be another one"
    panel.choose_path(rows_of(new / "other.csv", "a,goal,b"))
    assert window.store.project.data.target == (), "the old one is there: this is other data"
    window.store.undo()
    panel.choose_path(rows_of(old / "renamed.csv", "a,b,c"))
    assert window.store.project.data.target == (), "it has not the column that was learned"


def test_a_path_is_taken_whole_and_the_keyboard_stays_in_its_field(open_window, qtbot, table):
    window = open_window(empty_project(), keras=False)
    panel = open_panel(window)
    panel.choose_path(table)
    test = table.with_name("test.csv")
    test.write_bytes(table.read_bytes())
    rows = panel.form.rows
    field = rows["test_path"].editor.findChild(QLineEdit)

    def said():
        return window.store.project.data.test_path

    def focused():
        QApplication.processEvents()
        return QApplication.focusWidget() is field and panel.form.rows == rows

    field.setFocus()
    QTest.keyClicks(field, str(test))
    assert said() == "" and focused(), "half of a path is another path"
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert said() == str(test) and focused()
    assert rows["test_split"].editor.isHidden() and rows["test_split"].label.isHidden()
    assert rows["validation_split"].editor.isVisibleTo(panel)
    field.clear()
    QTest.keyClicks(field, "  ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert said() == "" and focused() and rows["test_split"].editor.isVisibleTo(panel)

    QShortcut("F12", window)
    # Nothing that was typed is lost, whatever comes next.
    for name, leave in {
        "a.csv": rows["scaling"].editor.setFocus,
        "b.csv": lambda: QTest.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton),
        "c.csv": lambda: QTest.keyClick(field, Qt.Key.Key_F12),
        "d.csv": lambda: QApplication.sendEvent(QWidget(window), QCloseEvent()),
    }.items():
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, name)
        assert said() != name
        QTest.mouseClick(field, Qt.MouseButton.LeftButton)
        assert said() != name, "the click was into the field itself"
        leave()
        assert said() == name
    # Other data comes by another way: what was typed was not meant for it.
    field.setFocus()
    QTest.keyClicks(field, "x")
    window.store.apply("Other", lambda one: edits.set_data(one, Data("csv", path=str(test))))
    assert field.text() == ""
    panel.form.rows["scaling"].editor.setFocus()
    assert said() == ""


def test_words_of_a_recipe_are_taken_when_they_are_written(open_window, qtbot, table):
    window = open_window(empty_project(), keras=False)
    panel = open_panel(window)
    panel.choose_path(table)
    for form in panel.findChildren(ParamForm):
        form.unfold(True)
    before = window.store.project.data
    for name, typed in {"ignore": "rooms, garden", "sheet": "Second"}.items():
        field = panel.form.rows[name].editor
        field.setFocus()
        QTest.keyClicks(field, typed)
        assert window.store.project.data is before
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert window.store.project.data is not before
        before = window.store.project.data
    assert before.options["sheet"] == "Second"


def test_a_folder_without_a_name_is_told_by_its_path():
    with pytest.raises(DataError) as wrong:
        check_file(Path("/"))
    assert "''" not in wrong.value.what


def test_tab_goes_from_the_buttons_straight_to_the_sets(open_window, qtbot):
    window = open_window(empty_project(), keras=False)
    panel = open_panel(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    panel.gallery.collect_button.setFocus()
    QTest.keyClick(panel.gallery.collect_button, Qt.Key.Key_Tab)
    first = QApplication.focusWidget()
    assert isinstance(first, DataCard)
    assert first.property("chosen"), "where the keyboard is can be seen"
