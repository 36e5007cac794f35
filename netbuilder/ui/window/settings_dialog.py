"""The dialog of settings for all projects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from netbuilder.core import i18n
from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.engine.runs import run_store as runs
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import format_percent, join_sentences
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.forms.parsing import UNSET
from netbuilder.ui.services import language, settings
from netbuilder.ui.services.runs.run_progress import FULL as FULL_SPEED, WATCH
from netbuilder.ui.services.runs.run_record import remembered_speed
from netbuilder.ui.services.settings import BASIC, FULL, choose_font_scale, level
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.style.motion import reduced_motion
from netbuilder.ui.widgets.accessible_roles import scrolled_page
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, prepared, vbox
from netbuilder.ui.widgets.question_dialogs import plain_buttons
from netbuilder.ui.window.action import WindowActions


@dataclass(frozen=True)
class SettingRow:
    """A setting: its field, its current value, what changes it, and the effect of a value."""

    param: Param
    now: Callable[[], Any]
    change: Callable[[Any], object]
    effect: Callable[[Any], str] = lambda _value: ""


def _effect_on_runs(most: int) -> str:
    count = runs.run_count()
    message = ngettext("{count} run is now kept.", "{count} runs are now kept.", count)
    surplus = count - most
    if most and surplus > 0:
        delete = ngettext(
            "The oldest run is deleted when the next run ends, with its network.",
            "The oldest {count} runs are deleted when the next run ends, with their networks.",
            surplus,
        )
        message = join_sentences((message, delete))
    return message


LANGUAGE = N_("language")
SYSTEM = N_("the system's language")


def language_names() -> dict[str, str]:
    """Return the languages by their own names; "" is the system's."""
    from babel import Locale

    names = {"": _(SYSTEM), i18n.SOURCE: "English"}
    for name in i18n.languages():
        names.setdefault(name, str(Locale.parse(name).get_display_name()))
    return {name: words[:1].upper() + words[1:] for name, words in names.items()}


def _language_row() -> SettingRow:
    names = language_names()
    current = names.get(settings.chosen_language(), names[""])
    fixed = language.fixed_by()
    if fixed:
        current = names.get(i18n.language(), current)
    by_title = {shown: name for name, shown in names.items()}

    def effect(shown: str) -> str:
        error = theme.font_error(language.meant_language(by_title[shown]))
        return fixed or (str(error) if error else "")

    def change(shown: str) -> None:
        if not effect(shown):  # which the dialog shows
            language.choose_language(by_title[shown])

    return SettingRow(
        Param(
            _(LANGUAGE),
            Kind.CHOICE,
            current,
            _("for all text in the program"),
            choices=tuple(names.values()),
        ),
        lambda: current,
        change,
        effect,
    )


def _choice_row(
    title: str, words: str, names: Mapping[str, str], now: str, change: Callable[[str], object]
) -> SettingRow:
    values = {shown: name for name, shown in names.items()}
    return SettingRow(
        Param(title, Kind.CHOICE, names[now], words, choices=tuple(values)),
        lambda: names[now],
        lambda shown: change(values[shown]),
    )


def _window_rows(actions: WindowActions) -> tuple[SettingRow, ...]:
    """Return the settings that controls of the window change, too."""

    def set_all_layers(shown: bool) -> None:
        if shown != settings.lists_all_layers():
            actions["all-layers"].trigger()

    return (
        SettingRow(
            Param(_("all layers"), Kind.BOOL, False, _("the palette lists every Keras layer")),
            settings.lists_all_layers,
            set_all_layers,
        ),
        _choice_row(
            _("training speed"),
            _("of runs that begin in this window"),
            {speed.id: _(speed.title) for speed in (WATCH, FULL_SPEED)},
            remembered_speed().id,
            lambda name: actions[f"speed-{name}"].trigger(),
        ),
    )


def setting_rows(actions: WindowActions | None = None) -> tuple[SettingRow, ...]:
    """Return the settings; with ``actions``, also those that the window's controls change."""
    return (
        _language_row(),
        _choice_row(
            _("level"),
            _("how much of the program the window shows"),
            {BASIC: _("Basic"), FULL: _("Full")},
            level().name,
            level().choose,
        ),
        *(_window_rows(actions) if actions is not None else ()),
        _choice_row(
            _("colours"),
            _("of the window"),
            {"system": _("as the system"), "light": _("light"), "dark": _("dark")},
            settings.chosen_scheme(),
            settings.set_scheme,
        ),
        _choice_row(
            _("text size"),
            _("of the whole window"),
            {str(factor): format_percent(factor, 0) for factor in font_scale.FACTORS},
            min(
                (str(factor) for factor in font_scale.FACTORS),
                key=lambda factor: abs(float(factor) - font_scale.font_scale()),
            ),
            lambda factor: choose_font_scale(float(factor)),
        ),
        SettingRow(
            Param(
                _("runs kept"),
                Kind.INT,
                runs.USUAL_LIMIT,
                _("the newest ones are kept; 0 keeps all"),
                minimum=0,
            ),
            runs.run_limit,
            runs.set_run_limit,
            _effect_on_runs,
        ),
        SettingRow(
            Param(_("reduce motion"), Kind.BOOL, False, _("turns off decorative animations")),
            reduced_motion,
            settings.set_motion,
        ),
    )


_WIDTH = 560  # at the system's font size


class SettingsDialog(Dialog):
    """One field per setting; changes apply on OK."""

    def __init__(self, parent: QWidget | None = None, actions: WindowActions | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Settings"))
        self.rows = setting_rows(actions)
        self.values = {row.param.name: row.now() for row in self.rows}
        self._before = dict(self.values)
        self.form = ParamForm(tuple(row.param for row in self.rows), self)
        self.form.rows[_(LANGUAGE)].editor.setEnabled(not language.fixed_by())
        self.form.show_values(self.values)
        self.form.edited.connect(self._take)
        self.effect = note_label("", self)
        page = prepared(QWidget(self), role="page")
        self._page = vbox(self.form, self.effect, STRETCH, parent=page, margins=0)
        self._scroll = scrolled_page(page, self.windowTitle(), self)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        standard = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(standard.Ok | standard.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        vbox(self._scroll, plain_buttons(buttons), parent=self)
        self._most = self.screen().availableGeometry().size() - QSize(40, 60)
        self.setMinimumWidth(min(font_scale.scaled(_WIDTH), self._most.width()))
        self._show_effects()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._fit)  # once the fields have their font

    def _fit(self) -> None:
        around = self.height() - self._scroll.height()
        page = self._page.totalHeightForWidth(self._scroll.viewport().width())
        self.resize(self.width(), min(page + around, self._most.height()))

    def accept(self) -> None:
        for row in self.rows:
            value = self.values[row.param.name]
            if value != self._before[row.param.name]:
                row.change(value)
        super().accept()

    def _take(self, name: str, value: Any) -> None:
        param = next(row.param for row in self.rows if row.param.name == name)
        self.values[name] = param.default if value is UNSET else value
        self._show_effects()

    def _show_effects(self) -> None:
        effects = [row.effect(self.values[row.param.name]) for row in self.rows]
        self.effect.setText(join_sentences(effects))
