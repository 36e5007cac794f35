"""The language of the window: which one it is, Qt's own texts, and a change while it is open.

The catalog remembers what it rendered (``core.i18n.remember_rendered``), so a change needs no
window built anew: every text of a widget, action or item that came from the catalog is rendered
again, and project, run and undo history stay as they are. Whoever paints text, or keeps it in
parts of its own, has a method ``retranslate()``, which is called too.
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
    """Let the texts that Qt brings be of the chosen language, and remember what is rendered.

    A language whose letters no font has would be a window of boxes: it is English then.
    """
    i18n.remember_rendered()
    if theme.font_error(i18n.language()) is not None:
        i18n.set_language(i18n.SOURCE)
    translate_qt(app)


def start_language() -> None:
    """Take the language of a start: that of the command, the machine's, the user's, the system's.

    A language that was chosen once and is there no more counts as not chosen.
    """
    wanted = site_settings().language or settings.chosen_language()
    if not os.environ.get(i18n.VARIABLE) and wanted and i18n.find_language(wanted):
        i18n.set_language(wanted)


def fixed_by() -> str:
    """Why the language cannot be chosen here; "" where it can."""
    if not site_settings().language:
        return ""
    return i18n.gettext("The language is set for all users of this computer.")


def meant_language(name: str) -> str:
    """Return the language that a choice means: "" is the system's."""
    return name or i18n.find_language(i18n.system_language()) or i18n.SOURCE


def choose_language(name: str) -> None:
    """Show everything in another language from now on, and at the next start.

    Args:
        name: of ``i18n.languages()``; "" for the system's.

    Raises:
        UserError: the machine's settings name the language, there is no such language, or no font
            has its letters.
    """
    if reason := fixed_by():
        raise UserError(
            reason,
            i18n.gettext("Ask the administrator of this computer."),
            code="language_fixed",
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
    for one in _objects(window):
        _render_properties(one)
        if isinstance(one, QComboBox):
            _render_combo(one)
        elif isinstance(one, QTabWidget | QToolBox):
            _render_pages(one)
        elif isinstance(one, QAbstractItemView):
            _render_model(one)
        elif isinstance(one, QGraphicsView):
            _render_axes(one)
        again: Callable[[], object] | None = getattr(one, "retranslate", None)
        if again is not None:
            again()
        if isinstance(one, QWidget):
            one.update()


def again(text: str, shown_by: QObject | None = None) -> str:
    """Return a text of one or several messages in the chosen language.

    Two messages of one language may be one in another ("Learning rate" and "learning rate" are
    "Lernrate"): a text that an object had in the chosen language before is that again.
    """
    had: dict[str, tuple[str, str, str]] = {}
    if shown_by is not None:
        had = vars(shown_by).setdefault("_had_texts", had)
    now, language, before = had.get(text, ("", "", ""))
    if now == i18n.language():
        return text
    new = before
    if language != i18n.language():
        new = i18n.rerendered(text, lambda: _modules(shown_by))
    if new != text:
        had[new] = (i18n.language(), i18n.previous_language(), text)
    return new


def _modules(one: QObject | None) -> Iterator[str]:
    """The modules of an object's class and of its parents' classes, the nearest first."""
    while one is not None:
        yield from (cls.__module__ for cls in type(one).__mro__)
        one = QObject.parent(one)


def translate_qt(app: QApplication) -> None:
    """Load Qt's own words for dialogs, context menus and keys; the wheel of Qt holds them."""
    while _translators:
        app.removeTranslator(_translators.pop())
    name = i18n.language()
    QLocale.setDefault(QLocale("en_GB" if name in (i18n.SOURCE, i18n.PSEUDO) else name))
    if name in (i18n.SOURCE, i18n.PSEUDO):
        return
    found = _QtTexts(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if found.load(QLocale(name), "qtbase", "_", folder):
        app.installTranslator(found)
        _translators.append(found)


class _QtTexts(QTranslator):
    """Qt's own texts; most of its languages have some labels of the file dialog as Qt 5 wrote them
    only: "Look in:" without the "&", "Folder" in the context of the dialog."""

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


def _render_properties(one: Any) -> None:
    wanted = {
        name: again(text, one)
        for kind, names in reversed(TEXTS)
        if isinstance(one, kind)
        for name in names
        if (text := getattr(one, name)())
    }
    # A tooltip comes after the text that may set one, too; Qt makes those of an action of its text,
    # and no other once they were set.
    had = {name: getattr(one, name)() for name in wanted} if isinstance(one, QAction) else {}
    for name, text in wanted.items():
        if getattr(one, name)() != text and had.get(name) != text:
            getattr(one, f"set{name[0].upper()}{name[1:]}")(text)


def _render_combo(box: QComboBox) -> None:
    blocked = box.blockSignals(True)  # the choice is the same, by another name
    for at, role in product(range(box.count()), _ITEM_ROLES):
        if new := _changed(box.itemData(at, role), box):
            box.setItemData(at, new, role)
    box.blockSignals(blocked)


def _render_axes(plot: QGraphicsView) -> None:
    axes: list[Any] = [one for one in plot.scene().items() if hasattr(one, "labelText")]
    for axis in axes:  # of pyqtgraph, which may not be loaded
        if new := _changed(axis.labelText, plot):
            axis.setLabel(new)
        axis.picture = None  # else its numbers are painted as they were
        axis.update()


def _render_pages(pages: QTabWidget | QToolBox) -> None:
    for at in range(pages.count()):
        if isinstance(pages, QToolBox):
            if new := _changed(pages.itemText(at), pages):
                pages.setItemText(at, new)
            continue
        if new := _changed(pages.tabText(at), pages):
            pages.setTabText(at, new)
        if new := _changed(pages.tabToolTip(at), pages):
            pages.setTabToolTip(at, new)


def _render_model(view: QAbstractItemView) -> None:
    model = view.model()
    while isinstance(model, QAbstractProxyModel):
        model = model.sourceModel()
    again_of_model: Callable[[], object] | None = getattr(model, "retranslate", None)
    if again_of_model is not None:
        again_of_model()
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
    for way, count in ((Qt.Orientation.Horizontal, columns), (Qt.Orientation.Vertical, rows)):
        for at, role in product(range(min(count, _MOST_CELLS)), _ITEM_ROLES):
            if new := _changed(model.headerData(at, way, role), model):
                model.setHeaderData(at, way, new, role)
    blocked = model.blockSignals(True)
    for index, role in product(_indexes(model), _ITEM_ROLES):
        if new := _changed(index.data(role), model):
            model.setData(index, new, role)
    model.blockSignals(blocked)


def _indexes(model: QAbstractItemModel) -> list[QModelIndex]:
    waiting, found = [QModelIndex()], list[QModelIndex]()
    while waiting and len(found) < _MOST_CELLS:
        parent = waiting.pop()
        for row, column in product(
            range(model.rowCount(parent)), range(column_count(model, parent))
        ):
            index = model.index(row, column, parent)
            found.append(index)
            if not column and model.rowCount(index):
                waiting.append(index)
    return found


def column_count(model: QAbstractItemModel, parent: QModelIndex) -> int:
    """How many columns a model has; that of a list is private in Qt."""
    return 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)


def _changed(text: object, shown_by: QObject) -> str:
    """The text in the chosen language; "" where it is the same."""
    new = again(text, shown_by) if isinstance(text, str) and text else ""
    return new if new != text else ""
