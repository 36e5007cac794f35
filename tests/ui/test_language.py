"""The language of the window: chosen in the settings, at once, and back; or fixed for a machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FunctionType

import pytest
from PySide6.QtCore import QFileInfo
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QFileIconProvider,
    QLabel,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from netbuilder.core import i18n
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource
from netbuilder.core.lessons.parse import read_lesson
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.lessons.lesson_panel import LessonPanel
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.plots.picture_export import write_svg
from netbuilder.ui.services import retranslate, settings
from netbuilder.ui.services.runs.training_thread import RunState
from netbuilder.ui.window.panels import PANELS
from netbuilder.ui.window.settings_dialog import LANGUAGE, SettingsDialog, language_names

MINUTE = 60_000
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
def german(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, home: Path
) -> Iterator[Path]:
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
    retranslate.choose_language("en")


def texts(window: QWidget) -> dict[tuple[int, str], str]:
    """Every text of the window's widgets and actions."""
    found = {}
    for one in (window, *window.findChildren(QWidget)):
        for kind, names in retranslate.TEXTS:
            if isinstance(one, kind):
                found.update({(id(one), name): getattr(one, name)() for name in names})
    return {place: text for place, text in found.items() if text}


@pytest.mark.parametrize("trained", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_window_goes_to_another_language_and_back_with_all_that_it_holds(
    open_window: Open, example: Callable[[str], Project], qtbot: QtBot, trained: bool
) -> None:
    window = open_window(edits.set_training(example("iris"), epochs=3), keras=trained)
    if trained:
        window.runner.start()
        qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
        qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    window.store.apply(
        i18n.gettext("Rename"), lambda project: edits.rename_project(project, "Other")
    )
    for name in (row.id for row in PANELS):
        window.docks.show_panel(name, focus=False)
        qtbot.wait(300)
    before = {}
    while before != (before := texts(window)):
        qtbot.wait(2000)
    model = window.workbench.models.trained
    project = window.store.project
    assert project.name == "Other"
    began = time.perf_counter()
    retranslate.choose_language("qps")
    assert time.perf_counter() - began < 20  # a guard against every widget meeting every message
    assert window.store.project is project
    assert window.store.undo_label == i18n.gettext("Rename")
    assert window.workbench.models.trained is model
    pseudo = texts(window)
    changed = [text for place, text in pseudo.items() if text != before.get(place)]
    assert len(changed) > 300
    words = [one for one in changed if any(map(str.isalpha, one))]  # a legend may lose its words
    assert [one for one in words if "⟦" not in one and not one.endswith(" byte")] == []
    window.store.undo()
    assert window.store.project.name == example("iris").name
    window.store.redo()
    # What is being computed in the one language may not arrive in the other.
    qtbot.waitUntil(
        lambda: window.evaluation_service.idle and window.activations_service.idle, timeout=MINUTE
    )
    retranslate.choose_language("en")
    qtbot.wait(1000)
    assert not [one for one in texts(window).items() if "⟦" in one[1]]
    after = texts(window)
    other = {place: (text, after[place]) for place, text in before.items()
             if place in after and after[place] != text}  # fmt: skip
    assert other == {}


@pytest.mark.slow
def test_figures_of_a_prediction_are_written_as_the_language_writes_them(
    open_window: Open, example: Callable[[str], Project], qtbot: QtBot
) -> None:
    """113,959 stayed 113.959 after German: to an English reader a thousandth of it."""
    window = open_window(edits.set_training(example("diabetes"), epochs=1), keras=True)
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None, timeout=MINUTE)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    answer = window.docks.show_panel("predict").answer
    qtbot.waitUntil(lambda: "." in answer.text(), timeout=MINUTE)
    before = answer.text()
    retranslate.choose_language("de")
    qtbot.waitUntil(lambda: answer.text() == before.replace(".", ","), timeout=MINUTE)
    window.activations_service.show_row(3)
    qtbot.waitUntil(lambda: answer.text() not in ("", before.replace(".", ",")), timeout=MINUTE)
    german = answer.text()
    assert "," in german and "." not in german
    retranslate.choose_language("en")
    qtbot.waitUntil(lambda: answer.text() == german.replace(",", "."), timeout=MINUTE)


def test_what_was_rendered_is_rendered_again_with_its_values(qtbot: QtBot) -> None:
    top = QWidget()
    qtbot.addWidget(top)
    rows = i18n.ngettext("{count} row", "{count} rows", 1234)
    part = i18n.gettext("{part} of {whole} are used.", part="20.5%", whole=rows)
    written = {
        QLabel(part, top): "Von 1.234 Zeilen werden 20,5\xa0% benutzt.",
        QLabel(f"{rows} · Not in the catalog", top): "1.234 Zeilen · Not in the catalog",
        QLabel("<b>" + rows + "</b>", top): "<b>1.234 Zeilen</b>",
        QLabel("1,234.5", top): "1.234,5",
        QLabel("1.5.csv", top): "1.5.csv",
    }
    top.setToolTip(i18n.gettext("The file '{name}' has no header row.", name="a.csv"))
    retranslate.choose_language("de")
    for label, text in written.items():
        assert label.text().replace("\u202f", "\xa0") == text
    assert top.toolTip() == "Die Datei „a.csv“ hat keine Kopfzeile."


class _Page(QWidget):
    """Has a word in a context: on a button, as an item, and in a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.button = QPushButton(i18n.pgettext("button", "Start"), self)
        self.sentence = QLabel(i18n.gettext("Open {name}", name=self.button.text()), self)
        self.items = QComboBox(self)
        self.items.addItem(i18n.pgettext("button", "Start"))


def test_help_that_was_made_of_values_follows_though_it_is_rendered_twice(qtbot: QtBot) -> None:
    """ "On: yes. Off: no." of a field of the data went through gettext once more, and stayed."""
    i18n.remember_rendered()
    label = QLabel(i18n.gettext(i18n.gettext("Open {name}", name="a.csv")))
    qtbot.addWidget(label)
    i18n.set_language("de")
    retranslate.retranslate(label)
    assert label.text() == "a.csv öffnen"
    # Rich text with a sign before the word, and a sentence with a colon beside another.
    i18n.set_language("en")
    begin = i18n.gettext("Start")
    opened = i18n.gettext("Open {name}", name="a: b")
    i18n.set_language("de")
    assert retranslate.again(f"<b>■</b> {begin}") == "<b>■</b> Anfang"
    assert retranslate.again(f"{opened} · {begin}") == "a: b öffnen · Anfang"
    i18n.set_language("en")
    retranslate.retranslate(label)
    assert label.text() == "Open a.csv"


def test_a_number_is_written_once_in_a_language_however_often_it_is_rendered(qtbot: QtBot) -> None:
    """8.686 became 8,686, and rendered once more 8.686: to a German reader a thousand times it."""
    i18n.remember_rendered()
    said = i18n.gettext("Open {name}", name="8.686")
    labels = [QLabel(said), QLabel("8.686")]
    for label in labels:
        qtbot.addWidget(label)
    i18n.set_language("de")
    for _again in range(3):
        for label in labels:
            retranslate.retranslate(label)
    assert [label.text() for label in labels] == ["8,686 öffnen", "8,686"]
    i18n.set_language("en")
    for _again in range(2):
        for label in labels:
            retranslate.retranslate(label)
    assert [label.text() for label in labels] == [said, "8.686"]


def test_a_name_of_one_s_own_data_is_no_message(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    i18n.remember_rendered()
    i18n.gettext("Begin")
    monkeypatch.setattr(i18n._State, "names", {"Begin"})
    labels = [QLabel("Begin"), QLabel(i18n.gettext("Open {name}", name="Begin"))]
    for label in labels:
        qtbot.addWidget(label)
    i18n.set_language("de")
    for label in labels:
        retranslate.retranslate(label)
    assert i18n.gettext("Begin") == "Beginn", "it is one in the catalog"
    assert [label.text() for label in labels] == ["Begin", "Begin öffnen"]


def test_a_word_in_a_context_is_rendered_again_in_its_context(qtbot: QtBot) -> None:
    page = _Page()
    other = QLabel(i18n.gettext("Start"))
    for widget in (page, other):
        qtbot.addWidget(widget)
    for language, shown, plain in (("de", "Starten", "Anfang"), ("en", "Start", "Start")) * 2:
        retranslate.choose_language(language)
        assert (page.button.text(), page.items.itemText(0), other.text()) == (shown, shown, plain)
        assert page.sentence.text() == {"de": f"{shown} öffnen", "en": f"Open {shown}"}[language]


def test_two_messages_that_are_one_in_a_language_are_two_again(qtbot: QtBot) -> None:
    """ "Learning rate" and "learning rate" are both "Lernrate"."""
    labels = []
    for first in ("de", "en"):
        i18n.set_language(first)
        for module, message in (("headings", "Begin"), ("sentences", "begin")):
            said = FunctionType(
                compile("gettext(message)", module, "eval"),
                {"__name__": module, "gettext": i18n.gettext, "message": message},
            )
            labels.append(type("Said", (QLabel,), {"__module__": module})(said()))
            qtbot.addWidget(labels[-1])
        retranslate.choose_language({"de": "en", "en": "de"}[first])
    assert {one.text() for one in labels} == {"Beginn"}
    retranslate.choose_language("en")
    assert [one.text() for one in labels] == ["Begin", "begin"] * 2


def test_the_settings_show_the_languages_and_take_one_at_once(
    open_window: Open, qtbot: QtBot
) -> None:
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


def test_a_start_takes_the_language_that_was_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.keep_language("de")
    retranslate.start_language()
    assert i18n.language() == "en", "the command's language goes before"
    monkeypatch.delenv(i18n.VARIABLE)
    retranslate.start_language()
    assert i18n.language() == "de"
    settings.keep_language("tlh")
    monkeypatch.delenv(i18n.VARIABLE)
    retranslate.start_language()  # it is there no more


def test_a_machine_fixes_the_language(
    german: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    path = german / "settings.toml"
    path.write_text('language = "de"\n', encoding="utf-8")
    monkeypatch.setenv("NETBUILDER_SITE_SETTINGS", str(path))
    monkeypatch.delenv(i18n.VARIABLE)
    settings.keep_language("en")
    retranslate.start_language()
    assert i18n.language() == "de"
    dialog = SettingsDialog()
    qtbot.addWidget(dialog)
    assert not dialog.form.rows[LANGUAGE].editor.isEnabled()
    assert retranslate.fixed_by() in dialog.effect.text()
    with pytest.raises(UserError) as caught:
        retranslate.choose_language("en")
    assert caught.value.code == "language_fixed"


def test_an_open_lesson_follows_at_its_step_with_its_progress(open_window: Open) -> None:
    window = open_window(keras=False)
    session = window.lessons
    session.open(read_lesson(resource("lessons", "first_model.md")), anew=True)
    session.record = replace(session.record, done=frozenset({1}))
    session.go(1)
    panel = window.findChild(LessonPanel)
    assert panel is not None and session.step is not None
    english, heading = session.step.title, panel.heading.text()
    retranslate.choose_language("de")
    assert session.step.title != english, "the lesson is translated"
    assert panel.heading.text() == f"2. {session.step.title}" != heading
    assert session.current == 1 and session.record.done == {1}
    assert session.results[0].ticked
    assert panel.dots[1].toolTip() == session.step.title
    retranslate.choose_language("en")
    assert panel.heading.text() == heading and session.record.done == {1}


def test_a_language_whose_letters_no_font_has_is_not_shown_as_boxes(
    german: Path, qtbot: QtBot
) -> None:
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
        retranslate.choose_language("eo")
    assert caught.value.code == "language_without_font"
    i18n.set_language("eo")
    for name in ("net.png", "net.pdf"):
        with pytest.raises(UserError) as caught:
            write_svg("<svg xmlns='http://www.w3.org/2000/svg'/>", german / name)
        assert caught.value.code == "language_without_font"
    write_svg("<svg xmlns='http://www.w3.org/2000/svg'/>", german / "net.svg")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    retranslate.follow_language(app)
    assert i18n.language() == "en"


def test_joined_sentences_follow_the_language_there_and_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(i18n, "FOLDER", Path(i18n.__file__).resolve().parent.parent / "locale")
    i18n.load_catalog.cache_clear()
    i18n.remember_rendered()
    try:
        i18n.set_language("zh_CN")
        first, second = i18n.gettext("The project has no test set."), i18n.gettext("No problems")
        text = f"{first}{second}"
        i18n.set_language("en")
        english = retranslate.again(text)
        assert english == "The project has no test set. No problems"
        i18n.set_language("zh_CN")
        assert retranslate.again(english) == text
    finally:
        i18n.set_language("en")
        i18n.load_catalog.cache_clear()


@pytest.mark.parametrize("language", ["de", "es", "fr", "pt_BR", "zh_CN"])
def test_the_file_dialog_of_qt_has_no_english_label(
    language: str, qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def labels() -> list[str]:
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
    retranslate.translate_qt(qapp)  # whether or not this machine has the letters
    assert not set(labels()) & set(english) and all(labels())
