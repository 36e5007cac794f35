"""How points are given, by form: what a rubric's TOML says, without writing TOML."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QDateTime, Qt, QTime
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.grading.rubric import (
    DEFAULT_RUBRIC,
    Rubric,
    Threshold,
    from_toml,
    write_rubric,
)
from netbuilder.core.i18n import gettext as _, noop as N_, pgettext
from netbuilder.core.lessons.conditions import parse_number
from netbuilder.ui.forms.boxes import NoWheelComboBox, NoWheelDateTimeEdit
from netbuilder.ui.widgets.file_dialogs import FileType, ask_save
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox
from netbuilder.ui.widgets.question_dialogs import plain_buttons

_TOML = FileType(N_("Rubric"), (".toml",))
#: Metrics of grading: names, and whether lower is better.
_METRICS: list[tuple[str, bool]] = resource_json("keras_names.json")["graded_metrics"]
_BOUNDS = ((N_("at least"), "at_least"), (N_("at most"), "at_most"))


class ThresholdRow(QWidget):
    """A threshold: metric, bound, points, and a button that removes it."""

    def __init__(self, number: int, threshold: Threshold | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = prepared(NoWheelComboBox(self), editable=True)
        self.name.addItems([name for name, _less in _METRICS])
        self.bound = NoWheelComboBox(self)
        for words, key in _BOUNDS:
            self.bound.addItem(_(words), key)
        self.value = _number("0.9", _("Bound of threshold {number}", number=number), self)
        self.points = _number(
            pgettext("unit", "points"), _("Points of threshold {number}", number=number), self
        )
        self.name.setAccessibleName(_("Metric of threshold {number}", number=number))
        self.bound.setAccessibleName(_("Direction of threshold {number}", number=number))
        self.remove = QToolButton(self)
        self.remove.setText("✕")
        self.remove.setProperty("role", "quiet")
        self.remove.setAccessibleName(_("Remove threshold {number}", number=number))
        self.remove.setToolTip(_("Remove this threshold."))
        hbox(
            (self.name, 2),
            (self.bound, 1),
            (self.value, 1),
            (self.points, 1),
            self.remove,
            parent=self,
            margins=0,
        )
        self.name.currentTextChanged.connect(self._follow)
        if threshold is not None:
            self._show(threshold)

    def _show(self, threshold: Threshold) -> None:
        self.name.setCurrentText(threshold.name)
        low = threshold.at_least is not None
        self.bound.setCurrentIndex(0 if low else 1)
        bound = threshold.at_least if low else threshold.at_most
        self.value.setText("" if bound is None else f"{bound:g}")
        self.points.setText(f"{threshold.points:g}")

    def _follow(self, name: str) -> None:
        """Errors have an upper bound, all other metrics a lower one."""
        self.bound.setCurrentIndex(int(dict(_METRICS).get(name, False)))

    def raw(self) -> dict[str, Any]:
        values = {"name": self.name.currentText().strip(), "points": _value(self.points, 0.0)}
        if self.value.text().strip():
            values[self.bound.currentData()] = _value(self.value, None)
        return values


class RubricForm(Dialog):
    """Edits a rubric (``rubric`` once accepted); overrides of single files are kept."""

    def __init__(self, rubric: Rubric = DEFAULT_RUBRIC, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rubric = rubric
        self.setWindowTitle(_("Rubric"))
        self.title = prepared(QLineEdit(rubric.title, self), accessibleName=_("Title"))
        # Not of the dialog: that would let it be narrower than its rows.
        self.title.setMinimumWidth(max(430, 56 * self.fontMetrics().averageCharWidth()))
        self.thresholds: list[ThresholdRow] = []
        self._rows = vbox()
        self.add = prepared(QPushButton(_("Add a threshold"), self), small=True, autoDefault=False)
        self.add.clicked.connect(lambda _checked=False: self.add_threshold())
        self.steps = _number("0", _("Points for the steps"), self)
        self.points = _number(_("the sum, or 100"), _("Total points"), self)
        self.parameters = _number(_("no limit"), _("Maximum number of parameters"), self)
        self.late = QCheckBox(_("after"), self)
        self.late.setAccessibleName(_("Late submissions lose points"))
        self.late_after = NoWheelDateTimeEdit(self)
        self.late_after.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.late_after.setAccessibleName(_("Deadline"))
        self.penalty = _number("0", _("Percent deducted from late submissions"), self)
        self.complaint = note_label("", self, role="complaint")
        self.complaint.hide()
        self._build()
        self._show(rubric)

    def _build(self) -> None:
        form = QFormLayout()
        form.addRow(_("Title"), self.title)
        form.addRow(_("Thresholds"), self._rows)
        self.none = note_label(
            _("None: the points are based on the accuracy, or on R² for regression."), self
        )
        form.addRow("", self.none)
        form.addRow("", self.add)
        form.addRow(_("Lesson steps"), _with(self.steps, _("points for all of them"), self))
        form.addRow(_("Total"), _with(self.points, pgettext("unit", "points"), self))
        form.addRow(
            _("Limit"), _with(self.parameters, _("parameters; larger networks get no points"), self)
        )
        late = hbox(
            self.late, self.late_after, self.penalty, QLabel(_("% deducted"), self), STRETCH
        )
        form.addRow(_("Late"), late)
        self.late.toggled.connect(self.late_after.setEnabled)
        self.late.toggled.connect(self.penalty.setEnabled)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        save = buttons.addButton(_("Save as TOML…"), QDialogButtonBox.ButtonRole.ActionRole)
        self.use = buttons.addButton(_("Use this rubric"), QDialogButtonBox.ButtonRole.ActionRole)
        save.setAutoDefault(False)
        self.use.setDefault(True)
        save.clicked.connect(lambda _checked=False: self.save_as())
        self.use.clicked.connect(lambda _checked=False: self._use())
        buttons.rejected.connect(self.reject)
        vbox(form, self.complaint, plain_buttons(buttons), parent=self)

    def _show(self, rubric: Rubric) -> None:
        for threshold in rubric.thresholds:
            self.add_threshold(threshold)
        total = sum(threshold.points for threshold in rubric.thresholds) + rubric.steps_points
        self.steps.setText(f"{rubric.steps_points:g}" if rubric.steps_points else "")
        own = rubric.points != (total or 100.0)
        self.points.setText(f"{rubric.points:g}" if own else "")
        limit = rubric.max_parameters
        self.parameters.setText("" if limit is None else str(limit))
        self.late.setChecked(rubric.late_after is not None)
        when = QDateTime.currentDateTime()
        when.setTime(QTime(23, 59))
        if rubric.late_after is not None:
            when = QDateTime.fromSecsSinceEpoch(int(rubric.late_after.timestamp()))
        self.late_after.setDateTime(when)
        self.penalty.setText(f"{100 * rubric.late_penalty:g}" if rubric.late_penalty else "")
        for widget in (self.late_after, self.penalty):
            widget.setEnabled(self.late.isChecked())

    def add_threshold(self, threshold: Threshold | None = None) -> None:
        row = ThresholdRow(len(self.thresholds) + 1, threshold, self)
        row.remove.clicked.connect(lambda _checked=False: self._remove(row))
        self.thresholds.append(row)
        self._rows.addWidget(row)
        self.none.hide()
        row.value.setFocus(Qt.FocusReason.OtherFocusReason)

    def _remove(self, row: ThresholdRow) -> None:
        self.thresholds.remove(row)
        self._rows.removeWidget(row)
        row.hide()
        row.deleteLater()
        self.none.setVisible(not self.thresholds)
        self.add.setFocus(Qt.FocusReason.OtherFocusReason)

    def made(self) -> Rubric:
        """Return the rubric in the form; raise ``UserError`` naming an invalid field."""
        raw: dict[str, Any] = {"metric": [row.raw() for row in self.thresholds]}
        if self.title.text().strip():
            raw["title"] = self.title.text().strip()
        for key, field in (("points", self.points), ("max_parameters", self.parameters)):
            if field.text().strip():
                raw[key] = _value(field, None)
        raw["steps"] = {"points": _value(self.steps, 0.0)}
        if self.late.isChecked():
            seconds = self.late_after.dateTime().toSecsSinceEpoch()
            raw["late_after"] = datetime.fromtimestamp(seconds, UTC)
            percent = _value(self.penalty, 0.0)
            raw["late_penalty"] = percent / 100 if isinstance(percent, float) else percent
        return replace(
            from_toml(raw, _("the form")),
            overrides=self.rubric.overrides,
            unverified_share=self.rubric.unverified_share,
        )

    def _use(self) -> None:
        try:
            self.rubric = self.made()
        except UserError as error:
            self._say("complaint", str(error))
            return
        self.accept()

    def save_as(self) -> None:
        try:
            rubric = self.made()
            path = ask_save(self, _("Save the rubric"), "rubric.toml", (_TOML,))
            if path is not None:
                write_rubric(rubric, path)
                self._say("body", _("✓ Wrote {name}.", name=path.name))
        except UserError as error:
            self._say("complaint", str(error))

    def _say(self, role: str, words: str) -> None:
        self.complaint.setProperty("role", role)
        self.complaint.style().unpolish(self.complaint)
        self.complaint.style().polish(self.complaint)
        self.complaint.setText(words)
        self.complaint.show()


def _number(placeholder: str, name: str, parent: QWidget) -> QLineEdit:
    field = prepared(QLineEdit(parent), placeholderText=placeholder, accessibleName=name)
    letter = field.fontMetrics().averageCharWidth()
    field.setMinimumWidth(12 * letter)
    field.setMaximumWidth(max(160, 22 * letter))
    return field


def _with(field: QLineEdit, words: str, parent: QWidget) -> QHBoxLayout:
    label = prepared(QLabel(words, parent), wordWrap=True)
    # Qt makes a dialog two thirds as high as the screen at most: its lines are never squeezed.
    label.setMinimumHeight(label.heightForWidth(32 * label.fontMetrics().averageCharWidth()))
    return hbox(field, (label, 1))


def _value(field: QLineEdit, nothing: float | None) -> Any:
    """Return the number in a field; invalid text is returned for the rubric to report."""
    text = field.text().strip()
    if not text:
        return nothing
    number = parse_number(text)
    return text if number is None else number
