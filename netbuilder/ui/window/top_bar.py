"""The top bar: files, undo, training and its progress, help."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.services.runs.run_progress import RunProgress
from netbuilder.ui.style import icons, theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.style.motion import reduced_motion
from netbuilder.ui.training.speed_control import SpeedControl
from netbuilder.ui.widgets.labels import show_text
from netbuilder.ui.widgets.layouts import STRETCH, hbox, polish_again, prepared, vbox
from netbuilder.ui.widgets.throttle import SteadyFrame
from netbuilder.ui.window.action import WindowActions
from netbuilder.ui.window.documents import PROJECT_ENDING

_SIDE, _GAP = 8, 12
#: If room is short, texts are shortened, then widgets are hidden, the least important first.
_SHORT = {"save-model": ".h5", "help": "?"}
_GIVE_WAY = ("gallery", "level", "save-model", "document", "save", "redo", "undo", "speed", "stop")
_AT_START = ("level", "help")
#: Text and icon of the train button, by action.
_TRAIN = {
    "train": (N_("Train"), "play"),
    "pause": (N_("Pause"), "pause"),
    "resume": (N_("Continue"), "play"),
}
_SHOWN = Qt.TextFlag.TextShowMnemonic
_NAME_WIDTH, _SHORT_NAME, _ICON = 128, 96, 15
#: Width in pixels, at the system's font size, below which the layout is compact.
_ROOMY = 1200


class ProgressView(SteadyFrame):
    """Epoch, speed and time left above a thin bar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        inside = QWidget()
        super().__init__(inside, parent, grows=False)
        self.left = QLabel(self)
        self.right = QLabel(self)
        for label in (self.left, self.right):
            label.setProperty("role", "note")
        self.bar = prepared(QProgressBar(self), textVisible=False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(_("Training progress"))
        self._progress: RunProgress | None = None
        words = hbox(self.left, STRETCH, self.right, spacing=0)
        lines = (STRETCH, words, self.bar, STRETCH)
        vbox(*lines, parent=inside, margins=(_SIDE, 0, _SIDE, 0), spacing=4)
        # Leaves room for Gallery and Help at 1024 pixels.
        self.setMinimumWidth(64)
        self.setMaximumWidth(300)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.show_progress(None)

    def sizeHint(self) -> QSize:
        return QSize(300, 36)

    def show_progress(self, progress: RunProgress | None) -> None:
        self._progress = progress
        self.bar.setVisible(progress is not None)
        if progress is None:
            self._fit()
            return
        self._fit()
        if progress.part is None:
            # An indeterminate bar, or an empty one with reduced motion.
            self.bar.setRange(0, 1000 if reduced_motion() else 0)
            self.bar.setValue(0)
        else:
            # A visible bar repaints immediately, with all pending updates of the window.
            self.bar.setUpdatesEnabled(False)
            self.bar.setRange(0, 1000)
            self.bar.setValue(max(round(1000 * progress.part), self._least))
            self.bar.setUpdatesEnabled(True)

    @property
    def _least(self) -> int:
        """Two pixels: Qt ends the indeterminate animation only when it paints a part."""
        return math.ceil(2000 / max(self.bar.width(), 2))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        progress = self._progress
        words, left = (progress.words, progress.left) if progress is not None else ("", "")
        self.setToolTip(" · ".join(part for part in (words, left) if part))
        parts, metrics = words.split(" · "), self.left.fontMetrics()
        room = self.contentsRect().width() - 2 * _SIDE
        short = (progress.short if progress is not None else ()) or (parts[0],)
        choices = [
            *((" · ".join(parts[:count]), left) for count in range(len(parts), 0, -1)),
            (short[0], left),
            (parts[0], ""),
            *((words, "") for words in short),
        ]
        for left_text, right_text in choices:
            gap = _GAP if right_text else 0
            width = (
                metrics.horizontalAdvance(left_text) + gap + metrics.horizontalAdvance(right_text)
            )
            if width <= room:
                break
        else:
            left_text = metrics.elidedText(parts[0], Qt.TextElideMode.ElideRight, room)
            right_text = ""
        self.left.setText(left_text)
        show_text(self.right, right_text)


class DocumentLabel(QWidget):
    """The document's name and whether it is saved, with a constant width."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("document")
        self.name, self.saved = QLabel(self), QLabel(self)
        prepared(self.name, objectName="document_name", role="heading")
        prepared(self.saved, objectName="document_saved", role="note")
        lines = (STRETCH, self.name, self.saved, STRETCH)
        vbox(*lines, parent=self, margins=(4, 0, 8, 0), spacing=0)
        self._name, self._states, self._width = "", (_("not saved"), _("saved")), 0
        self.compact = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def show_document(self, name: str, unsaved: Iterable[str], *, in_file: bool) -> None:
        self._name, lost = name, tuple(unsaved)
        self.saved.setText(self._states[0] if lost else self._states[1] if in_file else "")
        self.saved.setHidden(not self.saved.text())  # centres the name
        self.setToolTip("\n".join((name, *(f"• {work}" for work in lost))))
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def set_compact(self, compact: bool) -> None:
        self.compact = compact
        self._fit()

    def _fit(self) -> None:
        if not hasattr(self, "_states"):  # Qt sends events during construction
            return
        for label in (self.name, self.saved):
            label.ensurePolished()
        width = scaled(_SHORT_NAME if self.compact else _NAME_WIDTH)
        metrics, mode = self.name.fontMetrics(), Qt.TextElideMode.ElideMiddle
        fits = metrics.horizontalAdvance(self._name) <= width
        # The window's title and the tooltip have the ending.
        name = self._name if fits else self._name.removesuffix(PROJECT_ENDING)
        self.name.setText(metrics.elidedText(name, mode, width))
        state = max(map(self.saved.fontMetrics().horizontalAdvance, self._states))
        self._width = max(width, state) + 4 + 6
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self._width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class TrainButton(QPushButton):
    """Train, Pause or Continue, as wide as the longest of these."""

    def __init__(self, actions: WindowActions, parent: QWidget) -> None:
        super().__init__(_("Train"), parent)
        self.setObjectName("train_button")
        self._actions, self._mode, self._icon = actions, "train", ("", "")
        self.setProperty("role", "train")
        self.clicked.connect(lambda _checked=False: self._action.trigger())
        for name in ("train", "pause"):
            actions[name].changed.connect(self.follow)
        self.follow()

    @property
    def _action(self) -> QAction:
        return self._actions["pause" if self._mode == "pause" else "train"]

    def show_run(self, *, running: bool, paused: bool) -> None:
        self._mode = "resume" if paused else "pause" if running else "train"
        self.follow()

    def follow(self) -> None:
        title, icon_name = _TRAIN[self._mode]
        self.setText(_(title))
        if self._icon != (icon_key := (icon_name, theme.colors().disabled)):
            self._icon = icon_key
            self.setIcon(icons.icon(icon_name, "#FFFFFF", icon_key[1]))
        prepared(self, enabled=self._action.isEnabled(), toolTip=self._action.toolTip())

    def sizeHint(self) -> QSize:
        size = super().sizeHint()
        longest = max(self._text_width(_(title)) for title, _icon in _TRAIN.values())
        return QSize(size.width() + longest - self._text_width(self.text()), size.height())

    def _text_width(self, text: str) -> int:
        """Measure a text as the button does, or the bar moves by a pixel."""
        return self.fontMetrics().size(_SHOWN, text).width()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


#: What an audience does not see.
_NOT_PRESENTED = ("save", "save-model", "level")


class TopBar(QToolBar):
    """The tool bar, made of the window's actions."""

    def __init__(
        self, actions: WindowActions, menus: list[QMenu], speeds: Iterable[str], parent: QWidget
    ) -> None:
        super().__init__(_("Top bar"), parent)
        prepared(self, objectName="top-bar", movable=False, floatable=False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._actions = actions
        self.menu_button = prepared(QToolButton(self), text="☰", toolTip=_("All menus (F10)"))
        self.menu_button.setAccessibleName(_("Menu"))
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(QMenu(self.menu_button))
        # The menu hides the mouse's leaving from the button, which would look pressed.
        over = Qt.WidgetAttribute.WA_UnderMouse
        self.menu_button.menu().aboutToHide.connect(
            lambda: self.menu_button.setAttribute(over, False)
        )
        for menu in menus:
            self.menu_button.menu().addMenu(menu)
        self.addWidget(self.menu_button)
        #: The toolbar's actions by name, which show and hide its widgets.
        self._places: dict[str, QAction] = {}
        self._fitting = self._short = self._starts = self._presented = False
        self._named: dict[str, tuple[QToolButton, Callable[..., str]]] = {}
        self.document = DocumentLabel(self)
        self._put("document", self.document)
        self._put("save", self._text_button("save"))
        for name in ("undo", "redo"):
            self._put(name, self._picture_button(name))
        self._places["steps"] = self.addSeparator()
        self.train = TrainButton(actions, self)
        self._places["train"] = self.addWidget(self.train)
        button = self._picture_button("stop")
        button.setProperty("role", "boxed")
        self._put("stop", _spaced(button, self))
        self.speed = self._speed_control(speeds)
        self._put("speed", _spaced(self.speed, self))
        self.progress = ProgressView(self)
        self._places["progress"] = self.addWidget(self.progress)
        space = self._space = QWidget(self)
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self._put("level", _spaced(self._level_switch(), self))
        self._put("save-model", self._text_button("save-model"))
        self._put("gallery", self._text_button("gallery", N_("Gallery")))
        self._put("help", self._text_button("help"))
        self.restyle()
        theme.theme().changed.connect(self.restyle)

    def _put(self, name: str, widget: QWidget) -> None:
        place = self._places[name] = self.addWidget(widget)
        if name not in self._actions:
            return
        action = self._actions[name]

        # Qt enables a widget when its toolbar action is shown.
        def follow() -> None:
            place.setEnabled(action.isEnabled())

        action.changed.connect(follow)
        follow()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fit()
        return super().event(event)

    def show_start(self, on: bool) -> None:
        """Show only what the start page needs."""
        self._starts = on
        self.setMinimumHeight(self.height() if on else 0)  # the page below stays where it is
        self._fit()

    def show_files(self, shown: bool) -> None:
        """Show what saves, and the level; an audience has no need of them."""
        self._presented = not shown
        self._fit()

    def _fit(self) -> None:
        """Hide what the menus also have if room is short; Qt would hide Help instead."""
        if self._fitting or self.width() < self.menu_button.width():
            return
        self._fitting = True
        compact = self.width() < scaled(_ROOMY)
        if compact != bool(self.property("compact")):
            self.setProperty("compact", compact)
            for widget in self.findChildren(QWidget):
                polish_again(widget)
                widget.updateGeometry()
            for part in (self.document, self.speed):
                part.set_compact(compact)
        away = _NOT_PRESENTED if self._presented else ()
        places = _AT_START if self._starts else self._places
        visible = {name: True for name in places if name not in away}
        for name in ("", "short", *_GIVE_WAY):
            visible.pop(name, None)
            self._short = name != ""
            visible["steps"] = any(visible.get(step) for step in ("save", "undo", "redo"))
            if self._needed({place for place, on in visible.items() if on}) <= self.width():
                break
        for name in _SHORT:
            self._update_text(name)
        for name, place in self._places.items():
            if place.isVisible() != visible.get(name, False):
                place.setVisible(visible.get(name, False))
        self._fitting = False

    def _needed(self, names: set[str]) -> int:
        hidden = {place for name, place in self._places.items() if name not in names}
        widgets = [self.widgetForAction(place) for place in self.actions() if place not in hidden]
        layout, total = self.layout(), 0
        assert layout is not None
        for button, text in (self._named[name] for name in names & _SHORT.keys()):
            button.ensurePolished()
            widths = [
                button.fontMetrics().size(_SHOWN, label).width()
                for label in (text(), button.text())
            ]
            total += widths[0] - widths[1]
        for widget in widgets:
            if widget is self.progress:
                total += widget.minimumWidth()
            elif widget is not self._space:
                widget.ensurePolished()
                total += widget.sizeHint().width()
        margins = layout.contentsMargins()
        return total + (len(widgets) - 1) * layout.spacing() + margins.left() + margins.right()

    def restyle(self) -> None:
        scheme = theme.colors()
        for name in ("undo", "redo", "stop", "step"):
            self._actions[name].setIcon(icons.icon(name, scheme.text, scheme.disabled))
        for button in self.findChildren(QToolButton):
            button.setIconSize(QSize(scaled(_ICON), scaled(_ICON)))
        self.train.follow()

    def _level_switch(self) -> QFrame:
        frame = prepared(QFrame(self), objectName="level_switch", role="tasks")
        frame.setAccessibleName(_("Level"))
        row = hbox(parent=frame, margins=4, spacing=0)
        for name in ("level-basic", "level-full"):
            action = self._actions[name]
            button = prepared(QPushButton(action.text(), frame), objectName=name, role="segment")
            button.setCheckable(True)
            button.setToolTip(action.toolTip())

            def follow(button: QPushButton = button, action: QAction = action) -> None:
                button.setChecked(action.isChecked())

            def press(_checked: bool = False, action: QAction = action) -> None:
                action.trigger()
                self._actions.refresh()  # keep the current level checked

            action.changed.connect(follow)
            button.clicked.connect(press)
            follow()
            row.addWidget(button)
        return frame

    def _speed_control(self, names: Iterable[str]) -> SpeedControl:
        choices = [self._actions[f"speed-{name}"] for name in ("step", "watch", "full")]
        others = [self._actions[name] if name else None for name in names]
        more = [action for action in others if action not in choices]
        return SpeedControl(choices, choices[-1], self._actions["finish-now"], more, self)

    def _picture_button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(self._actions[name])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(self._actions[name].text())
        return button

    def _text_button(self, name: str, title: str = "") -> QToolButton:
        action = self._actions[name]
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

        def words(*, whole: bool = False) -> str:
            if self._short and name in _SHORT and not whole:
                return _SHORT[name]
            return _(title) if title else action.text().replace("&", "").rstrip("…")

        # Each change of the action resets the button's text.
        self._named[name] = button, words
        action.changed.connect(partial(self._update_text, name))
        self._update_text(name)
        return button

    def _update_text(self, name: str) -> None:
        button, words = self._named[name]
        button.setText(words())
        button.setAccessibleName(words(whole=True))


def _spaced(widget: QWidget, parent: QWidget) -> QWidget:
    box = QWidget(parent)
    hbox(widget, parent=box, margins=(4, 0, 4, 0))
    return box
