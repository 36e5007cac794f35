"""A form for catalog parameters, with less important ones under More."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent, QWindow
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QGridLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.catalog.training.training_index import ACTIVATIONS
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.glossary import entry_of_field
from netbuilder.core.wording import format_list, join_values, label_with_unit
from netbuilder.ui.forms.boxes import ElidedComboBox, TextEditor, TypedBox
from netbuilder.ui.forms.nested_editors import (
    LayerEditor,
    NestedEditor,
    ObjectEditor,
    ScheduleEditor,
)
from netbuilder.ui.forms.parsing import UNSET
from netbuilder.ui.forms.slide_editor import DaySlideEditor, SlideEditor
from netbuilder.ui.widgets.file_dialogs import ask_folder, ask_open
from netbuilder.ui.widgets.labels import ClampedLabel, note_label, show_text
from netbuilder.ui.widgets.layouts import grid_of, hbox, polish_again, prepared, vbox


class CheckEditor(QCheckBox):
    """A check box."""

    edited = Signal(object)
    complaint_changed = Signal(str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._default = bool(param.default)
        # PySide may omit the signal's default argument.
        self.clicked.connect(lambda: self.edited.emit(self.isChecked()))

    def show_value(self, value: Any) -> None:
        """Show a value; None is the default."""
        self.setChecked(self._default if value is None else bool(value))


class ChoiceEditor(ElidedComboBox):
    """A choice with an explanation for each entry (``helps``) and for no entry (``none``)."""

    edited = Signal(object)
    complaint_changed = Signal(str)
    explained = Signal(str)

    def __init__(
        self,
        param: Param,
        parent: QWidget | None = None,
        helps: dict[str, str] | None = None,
        none: str = "",
    ) -> None:
        super().__init__(parent)
        self._param = param
        self._helps = helps or {}
        self._none = none
        empty = param.optional or not (param.required or param.default is not None)
        if empty and "none" not in param.choices:
            self.addItem("none", None)
        for name in self._helps or param.choices:
            self.addItem(str(name), name)
            if self._helps.get(name):
                self.setItemData(self.count() - 1, self._helps[name], Qt.ItemDataRole.ToolTipRole)
        self.activated.connect(self._choose)

    def show_value(self, value: Any) -> None:
        """Show a value, even if not among the choices; None is the default."""
        if value is None and not self._param.optional:
            value = self._param.default
        index = self.findData(value) if value is not None else self.findText("none")
        if index < 0 and value is not None:
            self.addItem(str(value), value)
            index = self.count() - 1
        self.setCurrentIndex(index)
        self._explain()

    def explanation(self) -> str:
        chosen = self.currentData()
        return self._helps.get(chosen, "") if chosen else self._none

    def _choose(self, index: int) -> None:
        self._explain()
        self.edited.emit(self.itemData(index))

    def _explain(self) -> None:
        if self._helps:
            self.explained.emit(self.explanation())


def activation_editor(param: Param, parent: QWidget | None = None) -> ChoiceEditor:
    """Return an editor of the catalog's activations."""
    return ChoiceEditor(
        param,
        parent,
        {name: _(text) for name, text in ACTIVATIONS.items()},
        _(ACTIVATIONS["linear"]),
    )


class FileEditor(QWidget):
    """A file path with a browse button."""

    edited = Signal(object)
    complaint_changed = Signal(str)
    editingFinished = Signal()

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = TextEditor(param, self)
        browse = prepared(QPushButton("…", self), small=True, toolTip=_("Choose a file"))
        browse.setAccessibleName(_("Choose a file for {name}", name=param.name))
        hbox((self._text, 1), browse, parent=self, margins=0, spacing=4)
        self._text.edited.connect(self.edited)
        self._text.editingFinished.connect(self.editingFinished)
        self._text.complaint_changed.connect(self.complaint_changed)
        if param.folders:  # no dialog of the system's offers both
            menu = QMenu(browse)
            menu.addAction(_("Choose a file") + "…", self._browse)
            menu.addAction(_("Choose a folder…"), partial(self._browse, ask_folder))
            browse.setMenu(menu)
        else:
            browse.clicked.connect(partial(self._browse, ask_open))
        self.setFocusProxy(self._text)

    def show_value(self, value: Any) -> None:
        self._text.show_value(value)

    def _browse(self, ask: Callable[..., Path | None] = ask_open, *_signal: object) -> None:
        start = Path(self._text.text()).parent if self._text.text() else None
        title = _("Choose a file") if ask is ask_open else _("Choose a folder…").rstrip("…")
        path = ask(self, title, start=start)
        if path is not None:
            self._text.show_value(str(path))
            self.edited.emit(str(path))
            self.editingFinished.emit()


def _nested(editor: type[NestedEditor]) -> Callable[[Param, QWidget | None], QWidget]:
    return lambda param, parent: editor(param, parent, ParamForm)


def _slide_editor(param: Param, parent: QWidget | None = None) -> QWidget:
    return (DaySlideEditor if param.kind is Kind.TEXT else SlideEditor)(param, parent)


EDITORS: dict[Kind, Callable[[Param, QWidget | None], QWidget]] = {
    Kind.INT: TypedBox,
    Kind.FLOAT: TypedBox,
    Kind.SIZE: TypedBox,
    Kind.SHAPE: TypedBox,
    Kind.INTS: TypedBox,
    Kind.FLOATS: TypedBox,
    Kind.STRINGS: TypedBox,
    Kind.BOOL: CheckEditor,
    Kind.CHOICE: ChoiceEditor,
    Kind.ACTIVATION: activation_editor,
    Kind.TEXT: TextEditor,
    Kind.FILE: FileEditor,
    Kind.INITIALIZER: _nested(ObjectEditor),
    Kind.REGULARIZER: _nested(ObjectEditor),
    Kind.CONSTRAINT: _nested(ObjectEditor),
    Kind.LAYER: _nested(LayerEditor),
}

_BLOCKS = frozenset({Kind.INITIALIZER, Kind.REGULARIZER, Kind.CONSTRAINT, Kind.LAYER})


def is_block(param: Param) -> bool:
    """Return whether the editor of ``param`` is taller than a line and has no help beside it."""
    return param.schedule or param.kind in _BLOCKS


def editor_for(param: Param, parent: QWidget | None = None) -> QWidget:
    """Create the editor of a parameter."""
    make = EDITORS[param.kind]
    if param.schedule or param.slide:
        make = _nested(ScheduleEditor) if param.schedule else _slide_editor
    return make(param, parent)


LABEL_WIDTH = 116
_ARROW = 44  # pixels of a fold button beside its text
#: A field's property: its glossary entry.
WORD = "word"
_NOTHING = object()
#: Kinds whose unfinished text is another valid value.
_WRITTEN = frozenset({Kind.TEXT, Kind.FILE, Kind.STRINGS})
_KINDS = QEvent.Type
#: Events that commit typed text; not all of them move the focus.
_LEAVES = frozenset({_KINDS.MouseButtonPress, _KINDS.Shortcut, _KINDS.Close, _KINDS.Drop})


class ParamRow:
    """Label and editor of one parameter; below the editor its help and what is wrong."""

    def __init__(
        self, form: ParamForm, param: Param, grid: QGridLayout, parent: QWidget, narrow: bool
    ) -> None:
        self.param = param
        self._differs = False  # whether the help lists differing values
        self.label = prepared(QLabel(label_with_unit(param.name, param.unit), parent), role="row")
        word = entry_of_field(param.name, form.about)
        more = "\n" + _("Press F1 to read about “{word}”.", word=word) if word else ""
        self.label.setToolTip(f"{param.explanation}{more}")
        self.editor = editor_for(param, parent)
        self.editor.setAccessibleName(param.name)
        self.editor.setAccessibleDescription(param.explanation)
        self.editor.setProperty(WORD, word)
        self.editor.setToolTip(f"{param.explanation}{more}")
        self.label.setBuddy(self.editor)
        self.help = prepared(ClampedLabel(param.explanation, parent), toolTip=param.explanation)
        self.complaint = note_label("", parent, role="complaint")
        self.complaint.hide()
        self.shown: Any = _NOTHING
        self.typed: Any = _NOTHING  # not committed yet
        self.commits_when_left = form.commits_when_left and param.kind in _WRITTEN
        line = grid.rowCount()
        self.caution = note_label("", parent, role="caution")
        self.caution.hide()
        grid.addWidget(self.label, line, 0, Qt.AlignmentFlag.AlignTop)
        if self._has_help:
            self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        else:
            self.help.hide()
        words = (self.help, self.complaint, self.caution)
        grid.addLayout(vbox(self.editor, *([] if narrow else words), spacing=4), line, 1)
        if narrow:
            grid.addLayout(vbox(*words, spacing=4), line + 1, 0, 1, 2)
        self.editor.edited.connect(lambda value: form.take(self, value))  # type: ignore[attr-defined]
        self.editor.complaint_changed.connect(self.complain)  # type: ignore[attr-defined]
        if self.commits_when_left:
            self.editor.editingFinished.connect(form.commit)  # type: ignore[attr-defined]
        if hasattr(self.editor, "explained"):
            self.editor.explained.connect(self._explain)

    @property
    def _has_help(self) -> bool:
        return not (is_block(self.param) or self.param.slide)

    def set_shown(self, visible: bool) -> None:
        self.label.setVisible(visible)
        self.editor.setVisible(visible)
        self.help.setVisible(visible and self._has_help)
        for words in (self.complaint, self.caution):
            words.setVisible(visible and bool(words.text()))

    def show_value(self, value: Any) -> None:
        """Show the project's value unless the field itself set it."""
        if self.shown is not _NOTHING and _same(value, self.shown):
            return
        self.shown, self.typed = value, _NOTHING
        self.editor.show_value(value)  # type: ignore[attr-defined]

    def complain(self, sentence: str) -> None:
        """Show what is wrong with the text; "" clears it."""
        if sentence:
            self.typed = _NOTHING
        show_text(self.complaint, sentence)
        if self.editor.property("wrong") != bool(sentence):
            self.editor.setProperty("wrong", bool(sentence))
            polish_again(self.editor)

    def warn(self, sentence: str) -> None:
        """Show a caution about a valid value; "" clears it."""
        show_text(self.caution, sentence)

    def differ(self, values: Sequence[str]) -> None:
        if len(set(values)) > 1:
            self.help.setText(
                _("Different values: {values}", values=format_list(dict.fromkeys(values)))
            )
            self._differs = True
        elif self._differs:
            self._differs = False
            self.help.setText(self.param.explanation)

    def _explain(self, line: str) -> None:
        self.help.setText(line or self.param.explanation)


def _same(first: Any, second: Any) -> bool:
    return type(first) is type(second) and bool(first == second)  # True is not 1


def fold_button(parent: QWidget) -> QToolButton:
    """Create a button with an arrow that points down while it is checked."""
    button = prepared(QToolButton(parent), role="fold", checkable=True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setArrowType(Qt.ArrowType.RightArrow)
    arrows = Qt.ArrowType.RightArrow, Qt.ArrowType.DownArrow
    button.toggled.connect(lambda on: button.setArrowType(arrows[on]))
    return button


class ParamForm(QWidget):
    """Fields for ``params``. ``edited(name, value)`` gives a legal value or ``UNSET``.

    Args:
        params: the parameters.
        parent: the parent widget.
        fold: whether less important parameters are under More.
        narrow: whether the form is nested in another.
        about: the glossary entry of fields without their own.
        commits_when_left: whether text and paths are emitted when finished, not while typing.
    """

    edited = Signal(str, object)

    def __init__(
        self,
        params: Sequence[Param],
        parent: QWidget | None = None,
        *,
        fold: bool = True,
        narrow: bool = False,
        about: str = "",
        commits_when_left: bool = False,
    ) -> None:
        super().__init__(parent)
        self._narrow = narrow
        self._limit: frozenset[str] | None = None
        self.about, self.commits_when_left = about, commits_when_left
        self.rows: dict[str, ParamRow] = {}
        self._more_params = [p for p in params if p.more and fold]
        self._values: Mapping[str, Any] = {}
        self._differing: Mapping[str, Sequence[str]] = {}
        self._steps = 0
        outer = vbox(parent=self, margins=0)
        first = [p for p in params if p not in self._more_params]
        if first:
            outer.addWidget(self._section(first))
        self.more_button: QToolButton | None = None
        if self._more_params:
            self.more_button = prepared(fold_button(self), text=_more_text(self._more_params))
            self.more_button.setToolTip(join_values(p.name for p in self._more_params))
            self.more_button.toggled.connect(self.unfold)
            # Long names must not widen the form beyond its panel.
            self.more_button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self.more_button.setMinimumWidth(60)
            outer.addWidget(self.more_button)
        self._more: QWidget | None = None

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show the project's parameters; missing ones have their default."""
        self._values = values
        for name, row in self.rows.items():
            row.show_value(values.get(name, row.param.default))
        if self._limit is not None:
            self.limit(self._limit)

    def limit(self, names: frozenset[str] | None) -> None:
        """Show only these parameters and those that differ from their default; None: all."""
        if names is None and self._limit is None:
            return
        self._limit = names

        def shown(param: Param) -> bool:
            value = self._values.get(param.name, param.default)
            return names is None or param.name in names or not _same(value, param.default)

        for row in self.rows.values():
            row.set_shown(shown(row.param))
        if self.more_button is not None:
            self.more_button.setVisible(any(shown(param) for param in self._more_params))

    def show_differences(self, values: Mapping[str, Sequence[str]]) -> None:
        self._differing = values
        for name, row in self.rows.items():
            row.differ(values.get(name, ()))

    def unfold(self, opened: bool) -> None:
        """Expand or collapse More, which is created when first expanded."""
        if self.more_button is not None:
            self.more_button.setChecked(opened)
        if opened and self._more is None and self._more_params:
            self._more = self._section(self._more_params)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._more)
            self.show_values(self._values)
            self.show_differences(self._differing)
        if self._more is not None:
            self._more.setVisible(opened)

    def folds(self, name: str) -> bool:
        return any(param.name == name for param in self._more_params)

    def set_steps(self, steps: int) -> None:
        """Set the number of training steps for learning rate schedules; 0: unknown."""
        self._steps = steps
        for row in self.rows.values():
            if hasattr(row.editor, "set_steps"):
                row.editor.set_steps(steps)

    def take(self, row: ParamRow, value: Any) -> None:
        row.typed = value
        if not row.commits_when_left:
            self._emit(row)
        else:
            self._listen(True)

    def commit(self) -> None:
        typed = [row for row in self.rows.values() if row.typed is not _NOTHING]
        self._listen(False)
        for row in typed:
            self._emit(row)

    def discard_typed(self) -> None:
        self._listen(False)
        for row in self.rows.values():
            if row.typed is not _NOTHING:
                row.typed = _NOTHING
                row.editor.show_value(row.shown)  # type: ignore[attr-defined]

    def _listen(self, on: bool) -> None:
        app = QApplication.instance()
        if app is not None:
            if on:
                app.installEventFilter(self)
            else:
                app.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _LEAVES and not isinstance(watched, QWindow):
            ancestor: QObject | None = watched  # a field's menu belongs to the field
            fields = [row.editor for row in self.rows.values() if row.typed is not _NOTHING]
            while ancestor is not None and ancestor not in fields:
                ancestor = ancestor.parent()
            if ancestor is None:
                self.commit()
        return False

    def _emit(self, row: ParamRow) -> None:
        value, row.typed = row.typed, _NOTHING
        row.shown = row.param.default if value is UNSET else value
        self.edited.emit(row.param.name, value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.more_button is not None:
            room = self.width() - _ARROW
            text, metrics = _more_text(self._more_params), self.more_button.fontMetrics()
            self.more_button.setText(metrics.elidedText(text, Qt.TextElideMode.ElideRight, room))

    def _section(self, params: Sequence[Param]) -> QWidget:
        section = QWidget(self)
        grid = grid_of(section, 0 if self._narrow else LABEL_WIDTH)
        for param in params:
            self.rows[param.name] = ParamRow(self, param, grid, section, self._narrow)
        self.set_steps(self._steps)
        return section


def _more_text(params: Sequence[Param]) -> str:
    names = [p.name for p in params[:3]] + ["…"] * (len(params) > 3)
    return _("More ({names})", names=join_values(names))
