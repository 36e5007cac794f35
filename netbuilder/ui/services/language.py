"""The window's language: Qt's own texts, and the signal after which windows are built anew."""

from __future__ import annotations

import os
from functools import cache

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator, Signal
from PySide6.QtWidgets import QApplication

from netbuilder.core import i18n
from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.errors import UserError
from netbuilder.ui.services import settings
from netbuilder.ui.style import theme

_translators: list[QTranslator] = []


class Language(QObject):
    """The application's language; ``changed``: windows and services render their texts again."""

    changed = Signal()


@cache
def language() -> Language:
    """Return the language of the application."""
    return Language()


def follow_language(app: QApplication) -> None:
    """Load Qt's texts in the chosen language, or in English if no font has its letters."""
    if theme.font_error(i18n.language()) is not None:
        i18n.set_language(i18n.SOURCE)
    translate_qt(app)


def start_language() -> None:
    """Choose the language at startup: the command's, the site's, the user's, the system's."""
    name = site_settings().language or settings.chosen_language()
    if not os.environ.get(i18n.VARIABLE) and name and i18n.find_language(name):
        i18n.set_language(name)


def fixed_by() -> str:
    """Return why the language cannot be changed; "" if it can."""
    if not site_settings().language:
        return ""
    return i18n.gettext("The language is set for all users of this computer.")


def meant_language(name: str) -> str:
    """Return the language of a choice: "" is the system's."""
    return name or i18n.find_language(i18n.system_language()) or i18n.SOURCE


def choose_language(name: str) -> None:
    """Show everything in another language, now and at the next start.

    ``name`` is of ``i18n.languages()``; "" for the system's. A UserError says that the site
    settings fix the language, or that no font has its letters.
    """
    if reason := fixed_by():
        raise UserError(
            reason, i18n.gettext("Ask the administrator of this computer."), code="language_fixed"
        )
    chosen = meant_language(name)
    if (error := theme.font_error(chosen)) is not None:
        raise error
    i18n.set_language(chosen)
    settings.keep_language(name)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        translate_qt(app)
        language().changed.emit()


def translate_qt(app: QApplication) -> None:
    """Load Qt's own texts for dialogs, context menus and keys."""
    while _translators:
        app.removeTranslator(_translators.pop())
    name = i18n.language()
    QLocale.setDefault(QLocale("en_GB" if name in (i18n.SOURCE, i18n.PSEUDO) else name))
    if name in (i18n.SOURCE, i18n.PSEUDO):
        return
    translator = _QtTexts(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(name), "qtbase", "_", folder):
        app.installTranslator(translator)
        _translators.append(translator)


class _QtTexts(QTranslator):
    """Qt's own texts. Most languages have some labels of the file dialog only as Qt 5 wrote them:
    without the "&", or in the context of the dialog."""

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return (
            super().translate(context, text, disambiguation, n)
            or super().translate("QFileDialog", text.replace("&", ""))
            or text
        )
