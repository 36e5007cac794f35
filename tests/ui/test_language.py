"""The language of the window: chosen in the settings, at once, and back; or fixed for a machine."""

import gc
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import SIGNAL, QFileInfo, QMetaMethod
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialogButtonBox,
    QFileDialog,
    QFileIconProvider,
    QLabel,
)

import netbuilder
from netbuilder.core import i18n
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource
from netbuilder.core.lessons.parse import read_lesson
from netbuilder.core.project import edits
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.plots.picture_export import write_svg
from netbuilder.ui.services import language as window_language, settings
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.window.settings_dialog import LANGUAGE, SettingsDialog, language_names

Open = Callable[..., MainWindow]
GERMAN = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "The file '{name}' has no header row."
msgstr "Die Datei „{name}“ hat keine Kopfzeile."

msgid "{count} row"
msgid_plural "{count} rows"
msgstr[0] "{count} Zeile"
msgstr[1] "{count} Zeilen"

msgid "{part} of {whole} are used."
msgstr "Von {whole} werden {part} benutzt."

msgid "Start"
msgstr "Anfang"

msgctxt "button"
msgid "Start"
msgstr "Starten"

msgid "Open {name}"
msgstr "{name} öffnen"

msgid "Begin"
msgstr "Beginn"

msgid "begin"
msgstr "Beginn"
"""


@pytest.fixture(autouse=True)
def german(tmp_path, monkeypatch, qapp, home):
    """A program with English and a little German; English again afterwards."""
    (tmp_path / "locale/de").mkdir(parents=True)
    (tmp_path / "locale/de/netbuilder.po").write_text(GERMAN, encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path / "locale")
    monkeypatch.setenv(i18n.VARIABLE, "en")
    i18n.load_catalog.cache_clear()
    i18n.set_language("en")
    yield tmp_path
    i18n.load_catalog.cache_clear()
    monkeypatch.delenv("NETBUILDER_SITE_SETTINGS", raising=False)
    choose_language("en")


def receivers(window):
    """The number of connections of each signal of the window's services."""
    services = [one for one in window.children() if one in window._lasting]
    emitters = [*services, *(child for one in services for child in one.children())]
    found = {"language": window_language.language().receivers(SIGNAL("changed()"))}
    for at, emitter in enumerate(emitters):
        kind = emitter.metaObject()
        for number in range(kind.methodCount()):
            method = kind.method(number)
            if method.methodType() == QMetaMethod.MethodType.Signal:
                name = bytes(method.methodSignature().data()).decode()
                found[f"{at} {type(emitter).__name__}.{name}"] = emitter.receivers(SIGNAL(name))
    return {name: count for name, count in found.items() if count}


def test_no_widget_gives_a_service_a_function_that_outlives_it():
    """Such a connection calls a deleted widget after a change of language: ``connect_while``."""
    given = re.compile(
        r"\b(store|models|workbench|runner|live|lessons|documents|activations_service"
        r"|evaluation_service)\.\w+\.connect\(\s*(lambda|partial)"
    )
    folder = Path(netbuilder.__file__).parent / "ui"
    found = {
        f"{path.relative_to(folder)}: {match[0]}"
        for path in folder.rglob("*.py")
        if "services" not in path.parts
        and path.name not in ("main_window.py", "documents.py", "app.py")
        for match in given.finditer(path.read_text("utf-8"))
    }
    assert found == set()


@pytest.mark.slow
def test_a_window_is_built_anew_on_the_same_services_while_a_run_goes_on(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("moons"), epochs=100_000))
    window.store.apply("Rename", lambda project: edits.rename_project(project, "Other"))
    window.resize(1200, 700)
    for page in window.docks.pages:
        window.docks.show_panel(page, focus=False).grab()
        qtbot.wait(50)
    with qtbot.waitSignal(window.runner.observation.curves_changed):
        window.runner.start()
    window.docks.show_panel("training", focus=False)
    layer = window.store.project.graph.order[1]
    window.canvas.select((layer,))
    window.canvas.scene_viewport.zoom_to(0.8)
    window.docks.show_panel("training", focus=False)
    window.docks.side.detach("surface")
    window.commands.welcome.show_page()
    services = window.runner, window.store, window.workbench, window.experiments
    state, place, count = window.docks.state(), window.geometry(), receivers(window)
    session, canvas, scale = window.runner.record.session, window.canvas, window.canvas.camera.scale
    project, undo = window.store.project, window.store.undo_label
    for name in ("qps", "de", "en"):
        with qtbot.waitSignals(
            [canvas.destroyed, window.runner.observation.curves_changed], timeout=60_000
        ):
            choose_language(name)
        canvas = window.canvas
        assert services == (window.runner, window.store, window.workbench, window.experiments)
        assert window.runner.record.session is session and window.runner.state.running
        assert (window.store.project, window.store.undo_label) == (project, undo)
        assert window.docks.state() == state and window.geometry() == place
        assert window.canvas.selection() == (layer,) and window.canvas.camera.scale == scale
        assert window.docks.pages["surface"].detached and window.commands.welcome.page.isVisible()
        train = window.actions_table["train"].text()
        assert train.startswith("⟦") == (name == "qps")
    window.docks.side.attach("surface")
    for page in window.docks.pages:
        window.docks.show_panel(page, focus=False).grab()
        qtbot.wait(50)
    gc.collect()
    after = receivers(window)
    assert {
        name: (count.get(name), after[name]) for name in after if after[name] > count.get(name, 0)
    } == {}
    window.store.undo()
    assert window.store.project.name == example("moons").name


@pytest.mark.slow
def test_figures_of_a_prediction_are_written_as_the_language_writes_them(
    open_window, example, qtbot
):
    """113,959 stayed 113.959 after German: to an English reader a thousandth of it."""
    window = open_window(edits.set_training(example("diabetes"), epochs=1), keras=True)
    qtbot.train(window)
    window.docks.show_panel("predict")

    def answer():
        return window.docks.pages["predict"].panel.answer.text()

    qtbot.waitUntil(lambda: "." in answer())
    before = answer()
    choose_language("de")
    qtbot.waitUntil(lambda: answer() == before.replace(".", ","))
    window.activations_service.show_row(3)
    qtbot.waitUntil(lambda: answer() not in ("", before.replace(".", ",")))
    german = answer()
    assert "," in german and "." not in german
    choose_language("en")
    qtbot.waitUntil(lambda: answer() == german.replace(",", "."))
    window.docks.pages["predict"].panel.rows.edit("bmi", 0.125)
    qtbot.waitUntil(lambda: window.activations_service.own is not None)
    qtbot.waitUntil(lambda: window.activations_service.idle)
    choose_language("de")
    panel = window.docks.pages["predict"].panel
    qtbot.waitUntil(lambda: panel.rows.row["bmi"] == 0.125 and panel.idle)
    assert window.activations_service.own is not None


def test_the_settings_show_the_languages_and_take_one_at_once(open_window, qtbot):
    window = open_window(keras=False)
    dialog = SettingsDialog(window)
    qtbot.addWidget(dialog)
    names = language_names()
    assert list(names) == ["", "en", "de"] and names["de"] == "Deutsch"
    dialog.form.edited.emit(LANGUAGE, "Deutsch")
    assert i18n.language() == "en", "nothing counts before OK"
    dialog.accept()
    assert i18n.language() == "de"
    assert settings.chosen_language() == "de"
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    [cancel] = box.findChildren(QAbstractButton)
    assert cancel.text().replace("&", "") == "Abbrechen"  # Qt's own word
    assert window.locale().decimalPoint() == ","


def test_a_start_takes_the_language_that_was_chosen(monkeypatch):
    settings.keep_language("de")
    window_language.start_language()
    assert i18n.language() == "en", "the command's language goes before"
    monkeypatch.delenv(i18n.VARIABLE)
    window_language.start_language()
    assert i18n.language() == "de"
    settings.keep_language("tlh")
    monkeypatch.delenv(i18n.VARIABLE)
    window_language.start_language()  # it is there no more


def test_a_machine_fixes_the_language(german, monkeypatch, qtbot):
    path = german / "settings.toml"
    path.write_text('language = "de"\n', encoding="utf-8")
    monkeypatch.setenv("NETBUILDER_SITE_SETTINGS", str(path))
    monkeypatch.delenv(i18n.VARIABLE)
    settings.keep_language("en")
    window_language.start_language()
    assert i18n.language() == "de"
    dialog = SettingsDialog()
    qtbot.addWidget(dialog)
    assert not dialog.form.rows[LANGUAGE].editor.isEnabled()
    assert window_language.fixed_by() in dialog.effect.text()
    with pytest.raises(UserError) as caught:
        choose_language("en")
    assert caught.value.code == "language_fixed"


def test_an_open_lesson_follows_at_its_step_with_its_progress(open_window):
    window = open_window(keras=False)
    session = window.lessons
    session.open(read_lesson(resource("lessons", "first_model.md")), anew=True)
    session.record = replace(session.record, done=frozenset({1}))
    session.go(1)
    window.welcome.lessons.show()
    panel = window.welcome.lessons.panel
    english, heading = session.step.title, panel.heading.text()
    choose_language("de")
    assert session.step.title != english, "the lesson is translated"
    panel = window.welcome.lessons.panel
    assert not panel.isHidden()
    assert panel.heading.text() == f"2. {session.step.title}" != heading
    assert session.current == 1 and session.record.done == {1}
    assert session.results[0].ticked
    assert panel.dots[1].toolTip() == session.step.title
    choose_language("en")
    assert window.welcome.lessons.panel.heading.text() == heading and session.record.done == {1}


def test_a_language_whose_letters_no_font_has_is_not_shown_as_boxes(german, qtbot):
    (german / "locale/eo").mkdir()
    text = 'msgid "Choose data to train on"\nmsgstr "\U000f1234"\n'
    (german / "locale/eo/netbuilder.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n' + text, encoding="utf-8"
    )
    dialog = SettingsDialog()
    qtbot.addWidget(dialog)
    dialog._take(LANGUAGE, "Esperanto")
    assert "fonts-noto-cjk" in dialog.effect.text()
    dialog.accept()
    assert i18n.language() == "en"
    with pytest.raises(UserError) as caught:
        choose_language("eo")
    assert caught.value.code == "language_without_font"
    i18n.set_language("eo")
    for name in ("net.png", "net.pdf"):
        with pytest.raises(UserError) as caught:
            write_svg("<svg xmlns='http://www.w3.org/2000/svg'/>", german / name)
        assert caught.value.code == "language_without_font"
    write_svg("<svg xmlns='http://www.w3.org/2000/svg'/>", german / "net.svg")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    window_language.follow_language(app)
    assert i18n.language() == "en"


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "pt_BR", "tr", "zh_CN"])
def test_the_file_dialog_of_qt_has_no_english_label(language, qtbot, qapp, monkeypatch, tmp_path):
    def labels():
        dialog = QFileDialog(None, "", str(tmp_path))
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        qtbot.addWidget(dialog)
        names = ("lookInLabel", "fileNameLabel", "fileTypeLabel")
        found = [dialog.findChild(QLabel, name) for name in names]
        kind = QFileIconProvider().type(QFileInfo(str(tmp_path)))
        return [*(label.text() for label in found if label is not None), kind]

    english = labels()
    assert len(english) == 4
    monkeypatch.setattr(i18n, "FOLDER", Path(i18n.__file__).resolve().parent.parent / "locale")
    i18n.set_language(language)
    window_language.translate_qt(qapp)  # whether or not this machine has the letters
    assert not set(labels()) & set(english) and all(labels())
