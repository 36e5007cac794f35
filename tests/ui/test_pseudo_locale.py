"""In the pseudo-locale every text of the window stands between brackets: it is in the catalog."""

import re
from collections.abc import Callable

import pytest
from PySide6.QtCore import QAbstractListModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QTabBar, QWidget

from netbuilder.cli.verbs import VERBS, make_parser
from netbuilder.core import i18n
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.training.training_index import LOSSES, METRICS, OPTIMIZERS, SCHEDULES
from netbuilder.core.grading.rubric import Rubric
from netbuilder.core.project import edits
from netbuilder.ui.capture.collect_window import CollectWindow
from netbuilder.ui.gallery.help_window import HelpWindow
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.grading.rubric_form import RubricForm
from netbuilder.ui.lessons.lesson_writer import LessonWriter
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.training.train_elsewhere import ElsewhereDialog
from netbuilder.ui.window.command_search import CommandSearch
from netbuilder.ui.window.panels import PANELS
from netbuilder.ui.window.settings_dialog import SettingsDialog, language_names
from tests.ui.left_words import TEXTS
from tests.ui.nameless_fields import nameless

Open = Callable[..., MainWindow]
WORD = re.compile(r"[^\W\d_]{2,}")
TAG = re.compile(r"<[^<>]*>|&\w+;")
#: What no language translates: names of parameters and functions, paths of settings, keys, files.
NAMES = re.compile(
    r"([a-z][a-z0-9]*[_.])*[a-z0-9_]+(, ([a-z0-9]+_?)+)*…?"  # learning_rate, training.optimizer
    r"|(Ctrl|Shift|Alt|Tab|Esc|Del|Return|Enter|Space|F\d+|[+; ]|\b.)+"
    r"|.*\.(h5|keras|netbuilder|md|csv|png|py|toml|netbuilder[^ ]*)|[~/][\w/.-]*|%p%"
    r"|NetBuilder|Keras|t-SNE|ROC|PCA|SGD|https?:.*|localhost.*|(pc\d:\d+\s*)+|English|Adam"
    r"|[\d.]+ (byte|[kM]B)|\w+ [+−]\d+\.\d|\w+\[\d+\]?"  # size; word and weight; kernel[0, 1]
)
KERAS = {*LAYERS, *LOSSES, *METRICS, *OPTIMIZERS, *SCHEDULES}
#: Texts of Qt and pyqtgraph, which have languages of their own, and of the system.
OTHERS = {"Export...", "Export", "Scroll Left", "Scroll Right", "Open", "Close", "Cancel", "OK"}


@pytest.fixture(autouse=True)
def pseudo(qapp, home):
    before = i18n.language()
    i18n.set_language(i18n.PSEUDO)
    yield
    i18n.set_language(before)


def texts(window):
    """Every text of a window with the class that shows it, item views and menus included."""
    for one in (window, *window.findChildren(QWidget), *window.findChildren(QAction)):
        kind = type(one).__name__
        for base, names in TEXTS:
            if isinstance(one, base):
                yield from ((f"{kind}.{name}", getattr(one, name)()) for name in names)
        if isinstance(one, QComboBox):
            yield from ((f"{kind}[{at}]", one.itemText(at)) for at in range(one.count()))
        if isinstance(one, QTabBar):
            yield from ((f"{kind}[{at}]", one.tabText(at)) for at in range(one.count()))
        if isinstance(one, QAbstractItemView) and (model := one.model()) is not None:
            for at in range(
                1 if isinstance(model, QAbstractListModel) else min(model.columnCount(), 40)
            ):
                yield f"{kind} header", str(model.headerData(at, Qt.Orientation.Horizontal) or "")


def outside(window, own):
    """Texts that are not from the catalog and are no names; ``own`` are the person's names."""
    found = set()
    for kind, text in texts(window):
        plain = TAG.sub("", text).strip()
        if kind.startswith("TokenHeat"):  # the person's text, word by word
            continue
        if not WORD.search(plain) or "⟦" in plain or plain in OTHERS or plain in KERAS:
            continue
        parts = [part.strip() for part in re.split(r" · |: |, |\n|  ", plain)]
        if all(
            not WORD.search(part) or NAMES.fullmatch(part) or re.sub(" “.*”", "", part) in KERAS
            or any(name in part for name in own)
            for part in parts
        ):  # fmt: skip
            continue
        found.add(f"{kind}: {text[:100]!r}")
    return found


def panels_outside(window, qtbot, own):
    """Texts of all pages that are not from the catalog, and fields without a name."""
    found = set()
    for row in PANELS:
        window.docks.show_panel(row.id, focus=False)
        qtbot.waitUntil(lambda: window.evaluation_service.idle and window.activations_service.idle)
        qtbot.wait(30)
        found |= {f"{row.id}: {one}" for one in outside(window, own) | nameless(window)}
    for node in window.store.project.graph.nodes:
        window.canvas.select((node.id,))
        found |= {f"{node.layer}: {one}" for one in nameless(window)}
    return found


def test_every_text_of_the_window_is_in_the_catalog(open_window, example, qtbot, tmp_path):
    window = open_window(example("iris"), keras=False)
    # The lesson that a teacher begins with is an example of the words of the format.
    own = {"The first step", "A question", "What did you see?", "The loss"}
    own |= {part for name in language_names().values() for part in name.split(", ")}
    own |= {"Iris", "iris", "species", "sepal", "petal", "setosa", "versicolor", "virginica"}
    found = {one.partition(": ")[2] for one in panels_outside(window, qtbot, own)}
    beside = (
        GradeWindow(window),
        RubricForm(Rubric(), window),
        LessonWriter(window.store.project, window, tmp_path),
        SettingsDialog(window),
        CollectWindow(tmp_path, window.workbench, window.runner, window, begin=bool),
        ElsewhereDialog(window.store.project, tmp_path, print, window),
        HelpWindow("", [], "", window),
        CommandSearch(window.actions_table, window),
    )
    for one in beside:
        found |= {f"{type(one).__name__}: {text}" for text in outside(one, own)}
        one.deleteLater()
    assert not found, "\n".join(sorted(found))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "sales", "reviews", "moons", "week", "stories"])
def test_after_a_training_every_text_is_in_the_catalog_and_every_field_has_a_name(
    open_window, example, qtbot, name
):
    project = edits.set_training(example(name), epochs=2)
    if name == "stories":
        project = edits.set_data(project, samples=100)
    window = open_window(project)
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None, timeout=200_000)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=200_000)
    facts = window.workbench.facts
    own = {window.store.project.name, name, *facts.classes}
    own |= {*facts.column_names, *facts.target_names, *facts.column_types}
    found = panels_outside(window, qtbot, own)
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize("verb", [name for name in VERBS if name != "app"])
def test_the_help_of_every_command_is_in_the_catalog(verb, capsys):
    with pytest.raises(SystemExit):
        make_parser([verb]).parse_args([verb, "--help"])
    text = capsys.readouterr().out
    usage, _, rest = text.partition("\n\n")
    assert verb in usage
    inside = 0
    for line in rest.splitlines():
        shown = line.strip()
        if inside == 0 and "⟦" not in shown and WORD.search(shown):
            assert re.match(r"(-|\{|[A-Za-z_.|]+\b( [A-Z.\[\]]+)*$|FILE|[A-Z]+)", shown), line
        inside += shown.count("⟦") - shown.count("⟧")
