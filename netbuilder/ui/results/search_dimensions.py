"""The search space, a line for each dimension."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_, number_style
from netbuilder.core.project.model import Project
from netbuilder.ui.forms.boxes import ElidedComboBox
from netbuilder.ui.forms.parsing import read_float
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.widgets.labels import ClampedLabel
from netbuilder.ui.widgets.layouts import grid_of, hbox, prepared, vbox

LIST, RANGE, LOGARITHMIC = N_("one of"), N_("from … to"), N_("logarithmic")
#: Room for values, so that those of all lines stand below each other.
_VALUES, _LEAST_VALUES = 164, 124
_NAME_LETTERS = 14
_TIPS = {
    LIST: N_("Values separated by commas, or by semicolons where numbers have a decimal comma"),
    RANGE: N_("All numbers between two values, equally likely"),
    LOGARITHMIC: N_("A logarithmic range: 0.001 to 0.01 is as wide as 0.01 to 0.1"),
}


class DimensionRow(QWidget):
    """One path. ``line()`` is the text of ``netbuilder tune --vary``."""

    edited = Signal()
    removed = Signal()

    def __init__(self, line: str, title: str, numbers: bool, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.path, _equals, words = line.partition("=")
        self.title = prepared(ClampedLabel(title, self), toolTip=self.path)
        self.how = ElidedComboBox(self)
        for name in (LIST, RANGE, LOGARITHMIC) if numbers else (LIST,):
            self.how.addItem(_(name), name)
            self.how.setItemData(self.how.count() - 1, _(_TIPS[name]), Qt.ItemDataRole.ToolTipRole)
        longest = max(len(self.how.itemText(index)) for index in range(self.how.count()))
        self.how.setMinimumContentsLength(max(6, longest - 2))  # of letters as wide as an X
        self.how.setAccessibleName(_("{setting}: a list or a range", setting=title))
        self.how.setVisible(numbers)
        self.first, self.last = QLineEdit(self), QLineEdit(self)
        self.to = QLabel(_("to"), self)
        self.remove = prepared(QToolButton(self), text="×", role="quiet")
        self.remove.setToolTip(_("Remove from the search space"))
        self.remove.setAccessibleName(_("Remove {setting} from the search space", setting=title))
        self._grid = grid_of(self)
        self._grid.setColumnStretch(0, 1)
        self._controls = QWidget(self)
        values = QWidget(self)
        values.setMinimumWidth(scaled(_LEAST_VALUES))
        values.setMaximumWidth(scaled(_VALUES))
        hbox(self.first, self.to, self.last, parent=values, margins=0)
        hbox((self.how, 1), values, self.remove, parent=self._controls, margins=0)
        self._above: bool | None = None
        self._lay(above=False)
        self._fill(words)
        self._arrange()
        self.how.activated.connect(self._turn)
        for box in (self.first, self.last):
            box.textEdited.connect(lambda _text: self.edited.emit())
        self.remove.clicked.connect(self.removed.emit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = event.size().width() - self._controls.sizeHint().width()
        self._lay(above=room < _NAME_LETTERS * self.fontMetrics().averageCharWidth())

    def _lay(self, *, above: bool) -> None:
        """Lay the title beside the values, or above if it would be cut."""
        if above == self._above:
            return
        self._above = above
        for part in (self.title, self._controls):
            self._grid.removeWidget(part)
        if above:
            self._grid.addWidget(self.title, 0, 0, 1, 2)
            self._grid.addWidget(self._controls, 1, 0, 1, 2)
        else:
            self._grid.addWidget(self.title, 0, 0)
            self._grid.addWidget(self._controls, 0, 1)

    def line(self) -> str:
        """Return ``dense.units=16,32``, ``dense.rate=0.1:0.5``,
        ``…learning_rate=log:1e-4:1e-1``."""
        first, last = self.first.text().strip(), self.last.text().strip()
        start = {LIST: "", RANGE: "", LOGARITHMIC: "log:"}[self.how.currentData()]
        if self.how.currentData() == LIST:
            words = ",".join(map(_read, _split(first)))
        else:
            words = f"{start}{_read(first)}:{_read(last)}"
        return f"{self.path}={words}"

    def _fill(self, words: str) -> None:
        from netbuilder.core.results.tuning.search_space import split_values

        parts = words.split(":")
        ranged = len(parts) in {2, 3} and not words.startswith(("[", "{", '"'))
        if ranged and self.how.count() > 1:
            self.how.setCurrentIndex(self.how.findData(LOGARITHMIC if parts[0] == "log" else RANGE))
            self.first.setText(_shown(parts[-2]))
            self.last.setText(_shown(parts[-1]))
        else:
            self.first.setText(_between().join(map(_shown, split_values(words))))

    def _arrange(self) -> None:
        listed = self.how.currentData() == LIST
        self.last.setVisible(not listed)
        self.to.setVisible(not listed)
        name = self.title.text()
        self.first.setAccessibleName(
            _("{setting}: values", setting=name) if listed else _("{setting}: from", setting=name)
        )
        self.last.setAccessibleName(_("{setting}: to", setting=name))

    def _turn(self) -> None:
        """Turn a list into the range that it spans, and a range into its ends."""
        listed, ends = self.how.currentData() == LIST, [self.first.text(), self.last.text()]
        if listed and self.last.text():
            self.first.setText(_between().join(ends))
            self.last.clear()
        elif not listed and not self.last.text():
            words = sorted(_split(self.first.text()), key=_size)
            self.first.setText(words[0] if words else "")
            self.last.setText(words[-1] if len(words) > 1 else "")
        self._arrange()
        self.edited.emit()


def _size(word: str) -> float:
    try:
        return float(_read(word))
    except ValueError:
        return 0.0


def _between() -> str:
    """Return the separator of values: no comma where it is the decimal sign."""
    return "; " if number_style().decimal == "," else ", "


def _split(text: str) -> list[str]:
    from netbuilder.core.results.tuning.search_space import split_values

    if number_style().decimal != ",":
        return [word for word in split_values(text) if word]
    values: list[str] = []
    for part in split_values(text, ";"):
        bracketed = part.startswith(("[", "{"))
        values += split_values(part) if bracketed else re.split(r",\s+", part.rstrip(","))
    return [word for word in values if word]


def _read(word: str) -> str:
    """Return a typed value for ``search_space.parse_dimension``: "0.1" of "0,1"."""
    word = word.strip()
    if number_style().decimal != ",":
        return word
    try:
        number = read_float(word)
    except ValueError:
        # A number that can be read in two ways is none.
        return f'"{word}"' if word[:1].isdigit() else word
    return str(int(word)) if re.fullmatch(r"[+-]?\d+", word) else repr(number)


def _shown(word: str) -> str:
    """Return a value of a line in the language's notation."""
    try:
        number = float(word)
    except ValueError:
        return word
    return word.replace(".", number_style().decimal) if math.isfinite(number) else word


class DimensionRows(QWidget):
    """The lines. ``changed``: a line changed."""

    changed = Signal()

    def __init__(self, project: Callable[[], Project], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self.rows: list[DimensionRow] = []
        self._page = vbox(parent=self, margins=0, spacing=4)

    def lines(self) -> list[str]:
        """Return the search space for ``search_space.parse_dimension``."""
        return [row.line() for row in self.rows]

    def set_lines(self, lines: Sequence[str]) -> None:
        """Replace all lines; paths that do not exist are left out."""
        for row in self.rows:
            self._page.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for line in lines:
            self._put(line)
        self.changed.emit()

    def add(self, line: str) -> None:
        """Add a line, or focus the existing one."""
        path = line.partition("=")[0]
        known = next((row for row in self.rows if row.path == path), None)
        if known is None:
            known = self._put(line)
            self.changed.emit()
        if known is not None:
            known.first.setFocus()

    def keep_known(self) -> None:
        """Remove paths that do not exist in the current project."""
        from netbuilder.core.results.tuning.search_space import display_name

        project = self._project()
        for row in list(self.rows):
            try:
                row.title.setText(display_name(row.path, project))
                row.title.setToolTip(row.path)
            except UserError:
                self._take_out(row)

    def _put(self, line: str) -> DimensionRow | None:
        from netbuilder.core.results.tuning.search_space import display_name, holds_number

        path, project = line.partition("=")[0], self._project()
        try:
            title, numbers = display_name(path, project), holds_number(path, project)
        except UserError:
            return None
        row = DimensionRow(line, title, numbers, self)
        row.edited.connect(self.changed)
        row.removed.connect(lambda: self._take_out(row))
        self.rows.append(row)
        self._page.addWidget(row)
        return row

    def _take_out(self, row: DimensionRow) -> None:
        if row in self.rows:
            self.rows.remove(row)
            self._page.removeWidget(row)
            row.hide()
            row.deleteLater()
            self.changed.emit()
