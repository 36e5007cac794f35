"""The window's actions as rows, for menus, toolbar, shortcuts and the command search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from netbuilder.core.i18n import gettext as _, pgettext


@dataclass(frozen=True)
class ActionRow:
    """An action of the window.

    ``menu``: the menu, or "View/Pages" for a submenu; "|" at its end adds a separator.
    ``shortcut``: a standard key of Qt or text such as "Ctrl+Shift+Z", several separated by "; ".
    ``enabled``, ``checked`` and ``tip`` (the tooltip) are called on each refresh. ``local``: the
    canvas handles the shortcut itself.
    """

    id: str
    title: str
    callback: Callable[[], object]
    menu: str = ""
    shortcut: QKeySequence.StandardKey | str = ""
    help: str = ""
    enabled: Callable[[], bool] | None = None
    checked: Callable[[], bool] | None = None
    tip: Callable[[], str] | None = None
    local: bool = False

    @property
    def menu_name(self) -> str:
        return self.menu.rstrip("|")


def sequences(shortcut: QKeySequence.StandardKey | str) -> list[QKeySequence]:
    """Return the key sequences of a shortcut."""
    if isinstance(shortcut, QKeySequence.StandardKey):
        return QKeySequence.keyBindings(shortcut)
    return [QKeySequence(text.strip()) for text in shortcut.split(";") if text.strip()]


def _tip(row: ActionRow) -> str:
    tip, keys = row.help or row.title.replace("&", "").rstrip("…"), sequences(row.shortcut)
    return f"{tip} ({keys[0].toString(QKeySequence.SequenceFormat.NativeText)})" if keys else tip


def menu_titles() -> dict[str, str]:
    """Return the titles of the menus, in order."""
    return {
        "File": pgettext("menu", "File"), "Edit": pgettext("menu", "Edit"),
        "Layer": pgettext("menu", "Layer"), "View": pgettext("menu", "View"),
        "Run": pgettext("menu", "Run"), "Help": pgettext("menu", "Help"),
    }  # fmt: skip


class Menu(QMenu):
    """A main menu."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(menu_titles()[name], parent)


class WindowActions(QObject):
    """The rows as ``QAction`` objects of a window."""

    def __init__(self, window: QWidget, rows: Iterable[ActionRow] = ()) -> None:
        super().__init__(window)
        self._window = window
        self.rows: dict[str, ActionRow] = {}
        self._actions: dict[str, QAction] = {}
        for row in rows:
            self.add(row)

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def __contains__(self, action_id: str) -> bool:
        return action_id in self._actions

    def add(self, row: ActionRow) -> QAction:
        action = QAction(row.title, self._window)
        action.setObjectName(row.id)
        keys = sequences(row.shortcut)
        if row.local and keys:
            # The canvas handles the key; only show it.
            action.setText(
                f"{row.title}\t{keys[0].toString(QKeySequence.SequenceFormat.NativeText)}"
            )
        elif keys:
            action.setShortcuts(keys)
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setToolTip(_tip(row))
        action.setCheckable(row.checked is not None)
        action.triggered.connect(lambda _checked=False, call=row.callback: call())
        self._window.addAction(action)
        self.rows[row.id] = row
        self._actions[row.id] = action
        return action

    def retitle(self, action_id: str, title: str, words: str) -> None:
        self.rows[action_id] = row = replace(self.rows[action_id], title=title, help=words)
        self._actions[action_id].setText(title)
        self._actions[action_id].setToolTip(_tip(row))

    def refresh(self) -> None:
        for action_id, row in self.rows.items():
            action = self._actions[action_id]
            if row.enabled is not None:
                action.setEnabled(bool(row.enabled()))
            if row.checked is not None:
                action.setChecked(bool(row.checked()))
            if row.tip is not None:
                action.setToolTip(row.tip())

    def fill(self, menus: Mapping[str, QMenu]) -> None:
        all_menus = dict(menus)
        for action_id, row in self.rows.items():
            name = row.menu_name
            outer, _slash, inner = name.partition("/")
            if inner and name not in all_menus:
                all_menus[name] = all_menus[outer].addMenu(_(inner))
            if name in all_menus:
                all_menus[name].addAction(self._actions[action_id])
                if row.menu.endswith("|"):
                    all_menus[outer].addSeparator()

    def fill_menu_bar(self, bar: QMenuBar, menus: Iterable[QMenu], quit_: ActionRow) -> None:
        """Fill the menu bar of macOS, where Settings, About and Quit have special places."""
        for action in self._actions.values():
            # Qt would guess roles from titles.
            action.setMenuRole(QAction.MenuRole.NoRole)
        self["settings"].setMenuRole(QAction.MenuRole.PreferencesRole)
        self["about"].setMenuRole(QAction.MenuRole.AboutRole)
        # Two actions with the same key would be ambiguous.
        self["close"].setShortcuts([QKeySequence("Ctrl+W")])
        quit_action = self.add(quit_)
        quit_action.setMenuRole(QAction.MenuRole.QuitRole)
        for number, menu in enumerate(menus):
            if not number:
                menu.addAction(quit_action)
            bar.addMenu(menu)

    def matching(self, text: str) -> list[ActionRow]:
        """Return the rows whose title or help contains every word of ``text``, best first."""
        words = text.lower().split()
        query = " ".join(words)

        def plain(row: ActionRow) -> str:
            return row.title.replace("&", "").lower()

        matches = [
            row
            for row in self.rows.values()
            if all(word in f"{plain(row)} {row.help.lower()} {row.menu.lower()}" for word in words)
        ]

        def order(row: ActionRow) -> tuple[bool, ...]:
            title = plain(row).rstrip("…")
            return (
                title != query,
                not title.startswith(query),
                not all(f" {word}" in f" {title}" for word in words),
                not all(word in title for word in words),
            )

        return sorted(matches, key=order)
