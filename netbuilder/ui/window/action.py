"""Everything a person can tell the window to do, as rows.

Menus, toolbar, shortcuts and the command search are made from the same rows, so what one
offers the others offer too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from netbuilder.core.i18n import gettext as _, pgettext, rerendered


@dataclass(frozen=True)
class ActionRow:
    """One thing to do.

    ``menu`` is the menu that it stands in, "View/Pages" a menu in another; "|" at its end draws a
    line after it. ``shortcut``
    is a standard key of Qt or a text such as "Ctrl+Shift+Z", several with "; " between them.
    ``enabled`` and ``checked`` are asked whenever something changed; a row with ``checked``
    has a tick. ``tip`` says anew what it would do. ``local`` shortcuts belong to the canvas and
    are only shown, not taken.
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
        """The menu without the line's mark."""
        return self.menu.rstrip("|")


def sequences(shortcut: QKeySequence.StandardKey | str) -> list[QKeySequence]:
    """The key sequences of a row."""
    if isinstance(shortcut, QKeySequence.StandardKey):
        return QKeySequence.keyBindings(shortcut)
    return [QKeySequence(text.strip()) for text in shortcut.split(";") if text.strip()]


def _tip(row: ActionRow) -> str:
    """What a row does, and its key."""
    tip, keys = row.help or row.title.replace("&", "").rstrip("…"), sequences(row.shortcut)
    return f"{tip} ({keys[0].toString(QKeySequence.SequenceFormat.NativeText)})" if keys else tip


def menu_titles() -> dict[str, str]:
    """The menus, in their order, and how they are called in the language in force."""
    return {
        "File": pgettext("menu", "File"), "Edit": pgettext("menu", "Edit"),
        "Layer": pgettext("menu", "Layer"), "View": pgettext("menu", "View"),
        "Run": pgettext("menu", "Run"), "Help": pgettext("menu", "Help"),
    }  # fmt: skip


class Menu(QMenu):
    """One of the main menus."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(menu_titles()[name], parent)


class WindowActions(QObject):
    """The rows as ``QAction`` objects of one window."""

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

    def is_choice(self, action_id: str) -> bool:
        return action_id in self and self[action_id].isCheckable()

    def add(self, row: ActionRow) -> QAction:
        action = QAction(row.title, self._window)
        action.setObjectName(row.id)
        keys = sequences(row.shortcut)
        if row.local and keys:
            # The canvas takes the key itself; here it is told beside the title.
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
        """Show another title and line of help on an action."""
        self.rows[action_id] = row = replace(self.rows[action_id], title=title, help=words)
        self._actions[action_id].setText(title)
        self._actions[action_id].setToolTip(_tip(row))

    def retranslate(self) -> None:
        """Let the rows be searched by their titles in the chosen language."""
        self.rows = {
            key: replace(row, title=rerendered(row.title), help=rerendered(row.help))
            for key, row in self.rows.items()
        }
        for key, row in self.rows.items():
            self._actions[key].setToolTip(_tip(row))
        self.refresh()

    def refresh(self) -> None:
        """Ask every row whether it can be done now."""
        for action_id, row in self.rows.items():
            action = self._actions[action_id]
            if row.enabled is not None:
                action.setEnabled(bool(row.enabled()))
            if row.checked is not None:
                action.setChecked(bool(row.checked()))
            if row.tip is not None:
                action.setToolTip(row.tip())

    def fill(self, menus: Mapping[str, QMenu]) -> None:
        """Put each action into its menu, in the order of the rows."""
        known = dict(menus)
        for action_id, row in self.rows.items():
            name = row.menu_name
            outer, _slash, inner = name.partition("/")
            if inner and name not in known:
                known[name] = known[outer].addMenu(_(inner))
            if name in known:
                known[name].addAction(self._actions[action_id])
                if row.menu.endswith("|"):
                    known[outer].addSeparator()

    def fill_menu_bar(self, bar: QMenuBar, menus: Iterable[QMenu], quit_: ActionRow) -> None:
        """Make the menu bar of macOS, where Settings, About and Quit have places of their own.

        Args:
            bar: of the window.
            menus: filled already.
            quit_: what leaves the program.
        """
        for action in self._actions.values():
            # By its words Qt would take "Setup…" for the settings.
            action.setMenuRole(QAction.MenuRole.NoRole)
        self["settings"].setMenuRole(QAction.MenuRole.PreferencesRole)
        self["about"].setMenuRole(QAction.MenuRole.AboutRole)
        # Two actions with the same key would both do nothing.
        self["close"].setShortcuts([QKeySequence("Ctrl+W")])
        leave = self.add(quit_)
        leave.setMenuRole(QAction.MenuRole.QuitRole)
        for number, menu in enumerate(menus):
            if not number:
                menu.addAction(leave)
            bar.addMenu(menu)

    def matching(self, text: str) -> list[ActionRow]:
        """The rows whose title or help holds every word of ``text``.

        First the title that is just that, then those that begin with it, then those of which a word
        does, then all titles that hold it.
        """
        words = text.lower().split()
        wanted = " ".join(words)

        def plain(row: ActionRow) -> str:
            return row.title.replace("&", "").lower()

        found = [
            row
            for row in self.rows.values()
            if all(word in f"{plain(row)} {row.help.lower()} {row.menu.lower()}" for word in words)
        ]

        def order(row: ActionRow) -> tuple[bool, ...]:
            title = plain(row).rstrip("…")
            return (
                title != wanted,
                not title.startswith(wanted),
                not all(f" {word}" in f" {title}" for word in words),
                not all(word in title for word in words),
            )

        return sorted(found, key=order)
