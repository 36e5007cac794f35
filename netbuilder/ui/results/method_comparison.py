"""Comparison of the network with k-nearest neighbours, a tree, a linear model, a forest."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QTabWidget,
    QWidget,
)

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import (
    decimal_padding,
    format_bytes,
    format_duration,
    format_list,
    format_number,
    format_signed,
    join_sentences,
    labelled,
    most_decimals,
)
from netbuilder.ui.forms.boxes import CountBox, NoWheelComboBox
from netbuilder.ui.plots.colour_bar import ColourBar
from netbuilder.ui.plots.live.surface_plot import SurfacePlot, class_legend, number_colours
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.services import jobs
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.accessible_roles import scrolled_page
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, grid_of, hbox, prepared, vbox
from netbuilder.ui.widgets.question_dialogs import plain_buttons

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.view_data import SurfacePicture
    from netbuilder.core.results.other_methods import Candidate, Comparison

#: Rows on which a method and the network disagree that are listed.
_MOST = 50
#: Of more columns a row is not written out.
_MOST_COLUMNS = 24
_LEAST_HEIGHT = 120
_CIRCLED = N_("The points are the evaluated samples; incorrect ones are circled.")
_HELD = N_("Other columns are at their mean.")


def score_rows(comparison: Comparison) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the column titles, and the scores of each method in words."""
    from netbuilder.core.results.headline import metric_column

    first = comparison.candidates[0].evaluation
    metric = "accuracy" if "accuracy" in first.metrics else "mean_absolute_error"
    scores = [
        (method.evaluation.metrics[metric], method.intervals) for method in comparison.candidates
    ]
    rows: list[tuple[str, ...]] = []
    for method, (text, interval) in zip(
        comparison.candidates, metric_column(first, metric, scores), strict=True
    ):
        apart = len(comparison.disagreements(method.name))
        differs = ngettext("{count} sample", "{count} samples", apart)
        times = (format_duration(method.seconds), format_bytes(method.size))
        rows.append(
            (_title(method), text, interval, *times, differs if method.model is not None else "")
        )
    columns = (
        _("method"), metric_words(metric), _("95% interval"), _("training time"), _("size"),
        _("differs on"),
    )  # fmt: skip
    return columns, rows


class MethodComparisonDialog(Dialog):
    """Trains other methods on the network's own rows, and shows all side by side."""

    advanced = Signal(str, int, int)

    def __init__(
        self, workbench: Workbench, trained: TrainedModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("method_comparison")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Other methods"))
        letter, line = self.fontMetrics().averageCharWidth(), self.fontMetrics().lineSpacing()
        height = self.screen().availableGeometry().height() - 5 * line
        self.resize(max(720, 96 * letter), max(520, min(52 * line, height)))
        self.found: Comparison | None = None
        self._sample = 0
        self._stop = threading.Event()
        self._workbench, self.trained, self._data = workbench, trained, trained.project.data
        self.words = note_label(
            _("Other methods are trained on the same rows, prepared in the same way."), self
        )
        self.bar = prepared(QProgressBar(self), accessibleName=_("Progress of the comparison"))
        self.bar.setTextVisible(False)
        self.table = ShortTable(_("Other methods"), self)
        self.table.setWordWrap(False)
        self.table.hide()
        self.details = QTabWidget(self)
        self.details.hide()
        self.views: dict[str, QPlainTextEdit] = {}
        self.chosen = self._make_row_chooser()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        # Enter belongs to the field of the row, and does not close the window.
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self.buttons.rejected.connect(self.reject)
        upper, lower = (self.words, self.bar, self.table, self.chosen), plain_buttons(self.buttons)
        vbox(*upper, (self.details, 100), STRETCH, lower, parent=self)
        self.advanced.connect(self._advance)
        self.finished.connect(lambda _result: self._stop.set())
        base = workbench.base

        def work() -> Comparison:
            from netbuilder.core.data.load import load_dataset
            from netbuilder.core.results.other_methods import compare

            dataset = load_dataset(trained.project, base)
            return compare(
                trained, dataset, on_progress=self.advanced.emit, cancelled=self._stop.is_set
            )

        jobs.run_job(work, self._show, self._failed, name="compare methods", owner=self)

    def _make_row_chooser(self) -> QWidget:
        chosen = QWidget(self)
        self.row = prepared(CountBox(1, 1, chosen), objectName="compared_row")
        self.row.setAccessibleName(_("Row of the test set"))
        self.row.valueChanged.connect(self._show_row)
        self.about_row = note_label("", chosen)
        hbox(QLabel(_("Row"), chosen), self.row, (self.about_row, 1), parent=chosen, margins=0)
        chosen.hide()
        return chosen

    def show_sample(self, row: int) -> None:
        """Show the canvas's sample, from 0; the first for a training row."""
        self._sample = row
        if self.found is not None:
            self.row.setValue(row + 1 if self.found.dataset.test is not None else 1)

    def _advance(self, title: str, number: int, count: int) -> None:
        self.bar.setRange(0, count)
        self.bar.setValue(number)
        self.words.setText(_("Training {method}…", method=title))

    def _failed(self, error: Exception) -> None:
        self.bar.hide()
        self.words.setText(str(error))

    def _show(self, result: Comparison) -> None:
        self.found = result
        self.bar.hide()
        name = self._data.name or Path(self._data.path).name
        self._workbench.happened.emit(f"compared:{name}")
        first = result.candidates[0].evaluation
        columns, rows = score_rows(result)
        self.table.show_rows(columns, rows, narrow=2)
        self.table.show()
        samples = ngettext(
            "All methods are evaluated on the same {count} sample.",
            "All methods are evaluated on the same {count} samples.",
            first.samples,
        )
        error, several = rows[0][1].lstrip("± "), first.columns
        differs = ""
        if first.task == "regression" and len(several) > 1:
            differs = _(
                "Two predictions differ if any of their {count} values is more than {error} apart, "
                "the network's mean absolute error. Of each sample {column} is shown.",
                count=format_number(len(several), ","), error=error, column=several[0],
            )  # fmt: skip
        elif first.task == "regression":
            differs = _(
                "Two predictions differ if they are more than {error} apart, the network's mean "
                "absolute error.",
                error=error,
            )
        self.words.setText(join_sentences((result.advice, samples, differs, *result.notes)))
        for method in result.candidates[1:]:
            view = self.views[method.name] = _text_view(_title(method), self)
            self.details.addTab(view, _title(method))
        if len(result.candidates) > 1:
            self._show_surfaces(result)
            self.row.setRange(1, first.samples)
            self.show_sample(self._sample)
            self._show_row()
            self.chosen.show()
            self.details.show()
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(_("Close"))

    def _show_row(self) -> None:
        from netbuilder.core.results.other_methods import row_words

        result = self.found
        if result is None:
            return
        row = self.row.value() - 1
        predictions = [
            _("{method}: {prediction}", method=_title(method), prediction=_answer(method, row))
            for method in result.candidates
        ]
        truth = _answer(result.candidates[0], row, truth=True)
        about = row_words(result, result.x[row]) if len(result.features) <= _MOST_COLUMNS else ""
        columns = result.candidates[0].evaluation.columns
        true = (
            _("true value of {column}: {truth}", column=columns[0], truth=truth)
            if len(columns) > 1
            else _("true value: {truth}", truth=truth)
        )
        self.about_row.setText("\n".join(filter(None, (about, " · ".join((*predictions, true))))))
        for method in result.candidates[1:]:
            view = self.views[method.name]
            at = view.verticalScrollBar().value()
            view.setPlainText(_detail(result, method, row))
            view.verticalScrollBar().setValue(at)

    def _show_surfaces(self, result: Comparison) -> None:
        from netbuilder.core.results.other_methods import important_columns

        names = important_columns(result)
        if len(names) > 1:
            self.surfaces = MethodSurfaces(result, names, self)
            self.details.insertTab(0, self.surfaces, _("Surfaces"))
            self.details.setCurrentIndex(0)


class MethodSurfaces(QWidget):
    """The decision surface of each method over two columns.

    ``names``: the numeric columns, the two to show first in front.
    """

    def __init__(self, found: Comparison, names: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        from netbuilder.core.results.other_methods import surfaces

        self.setObjectName("method_surfaces")
        self.plots: dict[str, SurfacePlot] = {}
        self.axes = NoWheelComboBox(self), NoWheelComboBox(self)
        plots = QWidget(self)
        head, grid = hbox(), grid_of(plots)
        for box, at, words in zip(self.axes, (0, 1), (_("Horizontal"), _("Vertical")), strict=True):
            box.addItems(names)
            box.setCurrentIndex(at)
            box.setAccessibleName(words)
            box.currentIndexChanged.connect(self.ask)
            head.addWidget(QLabel(words, self))
            head.addWidget(box)
        head.addStretch(1)
        for number, method in enumerate(found.candidates):
            place, plot = vbox(), SurfacePlot(self, small=True)
            plot.setMinimumSize(150, _LEAST_HEIGHT)
            plot.shown_parts = {1 if found.dataset.test is None else 2}
            title = prepared(QLabel(_title(method), self), role="heading")
            place.addWidget(title)
            place.addWidget(plot, 1)
            grid.addLayout(place, number // 3, number % 3)
            self.plots[method.name] = plot
        self.legend = prepared(QLabel(self), objectName="compared_classes")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.colours = ColourBar(self)
        self.legend.hide()
        self.colours.hide()
        self._evaluation = found.candidates[0].evaluation
        self._constants_note = _(_HELD) if len(found.features) > 2 else ""
        self.note = note_label("", self)
        surfaces_page = scrolled_page(plots, _("Surfaces"), self)
        below = (self.legend, self.colours, self.note)
        vbox(head, (surfaces_page, 1), *below, parent=self, margins=0)
        self._titles = {method.name: _title(method) for method in found.candidates}
        self._worker = Derived(
            self, lambda across, up: surfaces(found, across, up), self._draw,
            lambda error: self.note.setText(str(error)),
            slow=lambda: self.note.setText(_("Computing the predictions…")),
        )  # fmt: skip
        self.ask()

    @property
    def idle(self) -> bool:
        return self._worker.idle

    def ask(self) -> None:
        across, up = (box.currentText() for box in self.axes)
        if across == up:
            self.note.setText(_("Choose two different columns."))
            return
        self._worker.ask(across, up)

    def _draw(self, pictures: dict[str, SurfacePicture]) -> None:
        for name, picture in pictures.items():
            self.plots[name].show_surface(picture)
            words = self.plots[name].accessibleName()
            self.plots[name].setAccessibleName(labelled(self._titles[name], words))
        circled = _(_CIRCLED) if picture.classes else ""
        self.note.setText(join_sentences((circled, self._constants_note)))
        self._say_colours(picture)

    def _say_colours(self, picture: SurfacePicture) -> None:
        self.legend.setText(class_legend(picture.classes))
        self.legend.setVisible(bool(picture.classes))
        truth = picture.points.value
        if not picture.classes and len(truth):
            low, high = (self._evaluation.told(float(end), 0) for end in (truth.min(), truth.max()))
            self.colours.show_ends(number_colours(), (f"{picture.target} {low}", high))
            self.colours.show()


def _answer(method: Candidate, row: int, *, truth: bool = False) -> str:
    """Return a method's prediction for a row, or its label."""
    scored = method.evaluation
    value = (scored.truth if truth else scored.predictions)[row]
    if scored.task == "regression":
        return scored.told(float(_flat(value)))
    if scored.task == "multi_label":
        names = [name for name, on in zip(scored.labels, value, strict=True) if on]
        return format_list(names) or _("none")
    return scored.labels[int(value)]


def _title(method: Candidate) -> str:
    from netbuilder.core.results.other_methods import method_title

    return method_title(method.name)


def _text_view(name: str, parent: QWidget) -> QPlainTextEdit:
    view = QPlainTextEdit(parent)
    view.setReadOnly(True)
    view.setAccessibleName(name)
    view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    view.setFont(theme.fixed_font(theme.SMALL))
    return view


def _detail(result: Comparison, method: Candidate, row: int) -> str:
    """Return what a method has learned, its path for a row, and its disagreements."""
    from netbuilder.core.results.other_methods import tree_lines

    parts = []
    if method.name == "tree":
        # An arrow at the line's start, as a reader of screens says it too.
        lines = (
            f"{'→' if line.passed else ' '} {'│  ' * line.depth}{line.text}"
            for line in tree_lines(result, row)
        )
        parts += [_("The arrows show the path of row {row}:", row=row + 1), "\n".join(lines)]
    elif method.name == "knn":
        words = _(
            "Training rows nearest to row {row}, by the distance of scaled columns:", row=row + 1
        )
        parts += [words, _neighbours(result, row)]
    elif method.name == "linear":
        parts += _weights(result)
    parts.append(_disagreements(result, method))
    return "\n\n".join(part for part in parts if part)


def _weights(result: Comparison) -> list[str]:
    """Return the largest coefficients with their meaning, a line per feature."""
    from netbuilder.core.results.other_methods import coefficients

    table, evaluation = coefficients(result), result.by_name["linear"].evaluation
    values = table.values[:_MOST]
    if evaluation.task == "regression":
        meaning = _("How much the prediction changes when a column increases by one unit:")
    else:
        meaning = (
            _(
                "Weight of each scaled column: + is evidence for “{second}”, − for “{first}”.",
                first=evaluation.labels[0], second=table.columns[0],
            )
            if len(table.columns) == 1
            else _("Weight of each scaled column: + is evidence for the class, − against it.")
        )  # fmt: skip
    columns = [[format_signed(float(number)) for number in column] for column in values.T]
    texts = [
        [cell + decimal_padding(cell, most) for cell in column]
        for column in columns
        for most in (most_decimals(column),)
    ]
    cells = list(zip(*texts, strict=True))
    heads = list(table.columns) if len(table.columns) > 1 else []
    wide = max(9, *(len(word) for row in (heads, *cells) for word in row))
    lines = [
        "  ".join(f"{word:>{wide}}" for word in row) for row in ([heads] if heads else []) + cells
    ]
    names = [""] * bool(heads) + list(table.features[:_MOST])
    rows = (f"{line}  {name}".rstrip() for line, name in zip(lines, names, strict=True))
    return [meaning, "\n".join(rows)]


def _neighbours(result: Comparison, row: int) -> str:
    from netbuilder.core.results.other_methods import nearest_rows, row_words

    knn, lines = result.by_name["knn"], []
    for place, distance in nearest_rows(result, row):
        known = replace(knn.evaluation, truth=result.train_y)
        answer = _answer(replace(knn, evaluation=known), place, truth=True)
        words = _(
            "distance {distance}: {value}", distance=format_number(distance, ".2f"), value=answer
        )
        if len(result.features) <= _MOST_COLUMNS:
            words += f"   {row_words(result, result.train_x[place])}"
        lines.append(words)
    return "\n".join(lines)


def _disagreements(result: Comparison, method: Candidate) -> str:
    rows = result.disagreements(method.name)[:_MOST]
    if not len(rows):
        return _("The network and this method differ on no sample.")
    lines = [_("Samples on which the network and this method differ:")]
    for row in map(int, rows) if method.evaluation.task != "multi_label" else ():
        mine, its = (_answer(each, row) for each in (result.candidates[0], method))
        lines.append(
            _(
                "row {row}: network {mine}, this method {its}, true value {truth}",
                row=row + 1, mine=mine, its=its, truth=_answer(method, row, truth=True),
            )
        )  # fmt: skip
    return "\n".join(lines)


def _flat(value: Any) -> Any:
    return value.reshape(-1)[0] if hasattr(value, "reshape") else value
