"""The window's language: Qt's own texts, and changing the language while the window is open.

The catalog remembers what it rendered (``core.i18n.remember_rendered``), so every text of a
widget, action or item that came from it is rendered again. Widgets that paint text, or build it
from parts, have a method ``retranslate()``, which is called too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QAbstractProxyModel,
    QEvent,
    QLibraryInfo,
    QLocale,
    QModelIndex,
    QObject,
    Qt,
    QTranslator,
)
from PySide6.QtGui import QAction, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QGraphicsView,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QSpinBox,
    QTableWidget,
    QTabWidget,
    QTextEdit,
    QToolBox,
    QTreeWidget,
    QWidget,
)

from netbuilder.core import i18n
from netbuilder.core.errors import UserError
from netbuilder.core.site_settings import site_settings
from netbuilder.ui.services import settings
from netbuilder.ui.style import theme

TEXTS: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (
        QWidget,
        ("toolTip", "statusTip", "whatsThis", "accessibleName", "accessibleDescription",
         "windowTitle"),
    ),
    (QLabel, ("text",)),
    (QAbstractButton, ("text",)),
    (QGroupBox, ("title",)),
    (QMenu, ("title",)),
    (QLineEdit, ("placeholderText",)),
    (QTextEdit, ("placeholderText",)),
    (QPlainTextEdit, ("placeholderText",)),
    (QSpinBox, ("prefix", "suffix", "specialValueText")),
    (QDoubleSpinBox, ("prefix", "suffix", "specialValueText")),
    (QProgressBar, ("format",)),
    (QAction, ("text", "iconText", "toolTip", "statusTip", "whatsThis")),
)  # fmt: skip
_ITEM_ROLES = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.AccessibleDescriptionRole,
)
_MOST_CELLS = 5000
_translators: list[QTranslator] = []


def follow_language(app: QApplication) -> None:
    """Load Qt's texts in the chosen language, and remember what is rendered.

    A language without a font for its letters is replaced by English.
    """
    i18n.remember_rendered()
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
        for window in app.topLevelWidgets():
            window.setLocale(QLocale())
            retranslate(window)


def retranslate(window: QWidget) -> None:
    """Render the texts of a window, its menus and dialogs again."""
    for target in _objects(window):
        _render_properties(target)
        if isinstance(target, QComboBox):
            _render_combo(target)
        elif isinstance(target, QTabWidget | QToolBox):
            _render_pages(target)
        elif isinstance(target, QAbstractItemView):
            _render_model(target)
        elif isinstance(target, QGraphicsView):
            _render_axes(target)
        retranslate_target: Callable[[], object] | None = getattr(target, "retranslate", None)
        if retranslate_target is not None:
            retranslate_target()
        if isinstance(target, QWidget):
            target.update()


def again(text: str, shown_by: QObject | None = None) -> str:
    """Return a text of one or several messages in the chosen language.

    Two messages may be the same in one language ("Learning rate" and "learning rate" are both
    "Lernrate"), so an object's previous texts are remembered and restored.
    """
    previous_texts: dict[str, tuple[str, str, str]] = {}
    if shown_by is not None:
        previous_texts = vars(shown_by).setdefault("_had_texts", previous_texts)
    text_language, language, old_text = previous_texts.get(text, ("", "", ""))
    if text_language == i18n.language():
        return text
    new_text = old_text
    if language != i18n.language():
        new_text = i18n.rerendered(text, lambda: _modules(shown_by))
    if new_text != text:
        previous_texts[new_text] = (i18n.language(), i18n.previous_language(), text)
    return new_text


def _modules(owner: QObject | None) -> Iterator[str]:
    """Yield the modules of an object's class and of its parents' classes, the nearest first."""
    while owner is not None:
        yield from (cls.__module__ for cls in type(owner).__mro__)
        owner = QObject.parent(owner)


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


def _objects(window: QWidget) -> Iterator[QObject]:
    yield window
    yield from window.findChildren(QObject)


def _render_properties(target: Any) -> None:
    new_texts = {
        name: again(text, target)
        for kind, names in reversed(TEXTS)
        if isinstance(target, kind)
        for name in names
        if (text := getattr(target, name)())
    }
    # Qt derives an action's tooltip from its text, unless one was set explicitly.
    previous = (
        {name: getattr(target, name)() for name in new_texts} if isinstance(target, QAction) else {}
    )
    for name, text in new_texts.items():
        if getattr(target, name)() != text and previous.get(name) != text:
            getattr(target, f"set{name[0].upper()}{name[1:]}")(text)


def _render_combo(box: QComboBox) -> None:
    blocked = box.blockSignals(True)
    for row, role in product(range(box.count()), _ITEM_ROLES):
        if new := _changed(box.itemData(row, role), box):
            box.setItemData(row, new, role)
    box.blockSignals(blocked)


def _render_axes(plot: QGraphicsView) -> None:
    axes: list[Any] = [item for item in plot.scene().items() if hasattr(item, "labelText")]
    for axis in axes:  # of pyqtgraph, which may not be loaded
        if new := _changed(axis.labelText, plot):
            axis.setLabel(new)
        axis.picture = None  # discard the cached drawing
        axis.update()


def _render_pages(pages: QTabWidget | QToolBox) -> None:
    for page in range(pages.count()):
        if isinstance(pages, QToolBox):
            if new := _changed(pages.itemText(page), pages):
                pages.setItemText(page, new)
            continue
        if new := _changed(pages.tabText(page), pages):
            pages.setTabText(page, new)
        if new := _changed(pages.tabToolTip(page), pages):
            pages.setTabToolTip(page, new)


def _render_model(view: QAbstractItemView) -> None:
    model = view.model()
    while isinstance(model, QAbstractProxyModel):
        model = model.sourceModel()
    retranslate_model: Callable[[], object] | None = getattr(model, "retranslate", None)
    if retranslate_model is not None:
        retranslate_model()
    elif isinstance(view, QListWidget | QTableWidget | QTreeWidget) or isinstance(
        model, QStandardItemModel
    ):
        _render_items(model)
    for header in view.findChildren(QHeaderView):
        header.headerDataChanged(header.orientation(), 0, max(header.count() - 1, 0))
        QApplication.sendEvent(
            header, QEvent(QEvent.Type.LanguageChange)
        )  # columns fit their heads
    view.viewport().update()


def _render_items(model: QAbstractItemModel) -> None:
    root = QModelIndex()
    rows, columns = model.rowCount(root), column_count(model, root)
    for orientation, count in (
        (Qt.Orientation.Horizontal, columns),
        (Qt.Orientation.Vertical, rows),
    ):
        for section, role in product(range(min(count, _MOST_CELLS)), _ITEM_ROLES):
            if new := _changed(model.headerData(section, orientation, role), model):
                model.setHeaderData(section, orientation, new, role)
    blocked = model.blockSignals(True)
    for index, role in product(_indexes(model), _ITEM_ROLES):
        if new := _changed(index.data(role), model):
            model.setData(index, new, role)
    model.blockSignals(blocked)


def _indexes(model: QAbstractItemModel) -> list[QModelIndex]:
    parents, indexes = [QModelIndex()], list[QModelIndex]()
    while parents and len(indexes) < _MOST_CELLS:
        parent = parents.pop()
        for row, column in product(
            range(model.rowCount(parent)), range(column_count(model, parent))
        ):
            index = model.index(row, column, parent)
            indexes.append(index)
            if not column and model.rowCount(index):
                parents.append(index)
    return indexes


def column_count(model: QAbstractItemModel, parent: QModelIndex) -> int:
    """Return a model's column count; a list model's is private in Qt."""
    return 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)


def _changed(text: object, shown_by: QObject) -> str:
    """Return the text in the chosen language; "" if it is the same."""
    new = again(text, shown_by) if isinstance(text, str) and text else ""
    return new if new != text else ""
