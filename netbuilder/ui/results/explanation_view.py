"""The explanation of a prediction: method, picture or bars, nearest counterexample."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import join_values
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.colour_bar import ColourBar
from netbuilder.ui.plots.images import to_image
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.plots.token_heat import TokenHeat
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.views.sample_activations import Sample
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import flow, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.explain.explanation import Explanation

log = logging.getLogger(__name__)
MOST_BARS = 24


def _explain(
    trained: TrainedModel, base: Path, make: Callable[[TrainedModel], Sample], method: str | None
) -> Explanation:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.explain.methods import TABLE, ComparisonRows, explain, sample_sort

    sample, text = make(trained)
    rows = None
    if sample_sort(trained) == TABLE:
        try:
            dataset = load_dataset(trained.project, base)
        except UserError as error:  # a model that was opened without its data
            log.info("no rows to compare with: %s", error)
        else:
            split = dataset.test if dataset.test is not None else dataset.train
            truth = next(iter(split.raw_y.values()), None)
            rows = ComparisonRows(split.raw_x, truth) if len(split) > 1 else None
    return explain(trained, sample, method, rows=rows, text=text)


class ExplanationView(QWidget):
    """Explains a sample when ``button`` is pressed. ``side``: of a picture, in pixels.

    Signals:
        picture_ready: a picture is shown or hidden. explained(responses): the explanation changed.
        came: the requested explanation is shown.
    """

    picture_ready = Signal()
    explained = Signal(object)
    came = Signal()

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._sample: Callable[[TrainedModel], Sample] | None = None
        self._known: object = None
        self._awaited = False
        self.side = 140
        layout = self.column = vbox(parent=self, margins=0)
        self.button = prepared(QPushButton(_("Explain this prediction"), self), checkable=True)
        self.button.toggled.connect(self._toggled)
        self.method = prepared(NoWheelComboBox(self), accessibleName=_("Explanation method"))
        self.method.activated.connect(self._ask)
        self.method.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.sentence = note_label("", self)
        self.picture = QLabel(self)
        PictureMenu(self.picture, "why")
        self.text = TokenHeat(self)
        self.legend = ColourBar(self)
        self.bars = BarList(self)
        self.nearest = note_label("", self)
        # In a narrow dock the colours stand below the ways.
        layout.addLayout(flow(self.method, self.legend, spacing=8))
        parts = (self.sentence, self.picture, self.text, self.bars, self.nearest)
        self._parts = (*parts, self.legend)
        for widget in parts:
            layout.addWidget(widget)
        self._worker = Derived(
            self, _explain, self._found, self._failed,
            of=lambda: workbench.models.prediction_model, slow=self._say_slow,
        )  # fmt: skip
        self._make_room()

    @property
    def idle(self) -> bool:
        return self._worker.idle

    def show_sample(self, sample: Callable[[TrainedModel], Sample] | None) -> None:
        self._sample = sample
        self.button.setVisible(sample is not None)
        self._list_methods()
        if not self.method.count():  # there is no way to explain such a network
            self._sample = None
            self.button.hide()
        self._make_room()
        self._ask()

    def forget(self) -> None:
        self._sample = None
        self.button.setChecked(False)
        self._hide_parts()

    def _hide_parts(self) -> None:
        for widget in self._parts:
            widget.setVisible(False)
        self.picture_ready.emit()
        self.explained.emit(())

    def _make_room(self) -> None:
        on = self.button.isChecked() and self._sample is not None
        self.setVisible(on)
        self.method.setVisible(on and self.method.count() > 1)
        if not on:
            self._hide_parts()

    def _list_methods(self) -> None:
        trained = self._workbench.models.prediction_model
        if trained is None or trained is self._known:
            return
        from netbuilder.core.results.explain.methods import methods_for

        self._known = trained
        chosen = self.method.currentData()
        self._hide_parts()  # what is explained there is another network's answer
        self.method.clear()
        try:
            ways = methods_for(trained)
        except UserError:
            ways = ()
        if chosen not in {way.name for way in ways}:
            self.button.setChecked(False)
        if not ways:
            return
        for way in ways:
            self.method.addItem(_(way.title), way.name)
            place = self.method.count() - 1
            self.method.setItemData(place, _(way.help), Qt.ItemDataRole.ToolTipRole)
        # One asks about one answer: what is about all rows is the second choice.
        first = next((index for index, way in enumerate(ways) if not way.overall), 0)
        known = self.method.findData(chosen) if chosen is not None else -1
        self.method.setCurrentIndex(known if known >= 0 else first)

    def _toggled(self) -> None:
        self._awaited = self.button.isChecked()
        self._make_room()
        self._ask()

    def _ask(self) -> None:
        trained = self._workbench.models.prediction_model
        if self._sample is None or trained is None or not self.button.isChecked():
            return
        method = str(self.method.currentData()) if self.method.count() > 1 else None
        self._worker.ask(trained, self._workbench.base, self._sample, method)

    def _say_slow(self) -> None:
        self.sentence.setText(_("Computing the explanation…"))
        self.sentence.setVisible(True)

    def _failed(self, error: UserError) -> None:
        self._hide_parts()
        self.sentence.setText(str(error))
        self.sentence.setVisible(True)

    def _found(self, result: Explanation) -> None:
        from netbuilder.core.results.explain.explanation import (
            explanation_bars,
            heat_map_legend,
            overlay_heat_map,
            strongest_values,
            token_patches,
        )
        from netbuilder.core.wording import format_number, format_signed

        if not self.button.isChecked():
            return
        self.sentence.setText(result.sentence)
        self.sentence.setVisible(True)
        self.picture.setVisible(result.heatmap is not None)
        self.text.setVisible(bool(result.tokens))
        self.text.show_tokens(token_patches(result))
        evidence = result.heatmap is not None and bool(result.heatmap.any())
        self.legend.setVisible(evidence or any(value for _unused, value in result.tokens))
        rgb, ends = heat_map_legend(result)
        colours = tuple(QColor(*rgb_color) for rgb_color in rgb)
        self.legend.show_ends(self.text.colours(colours) if result.tokens else colours, ends)
        if result.heatmap is not None and result.picture is not None:
            image = to_image(overlay_heat_map(result.picture, result.heatmap))
            keep = Qt.AspectRatioMode.KeepAspectRatio
            pixels = QPixmap.fromImage(image).scaled(self.side, self.side, keep)
            self.picture.setPixmap(pixels)
            self.picture.setAccessibleName(result.sentence)
        pairs, left = strongest_values(explanation_bars(result), MOST_BARS)
        largest = max((abs(value) for _name, value in pairs), default=0.0)
        signed = partial(format_signed, largest=largest)
        written = format_number if result.responses else signed
        rows = [(name, value, written(value)) for name, value in pairs]
        self.bars.show_rows(rows if any(value for _unused, value in pairs) else [], signed=True)
        if left:
            self.sentence.setText(
                _(
                    "{result} The {count} of {total} columns that change it most:",
                    result=result.sentence,
                    count=MOST_BARS,
                    total=len(pairs) + left,
                )
            )
        near = result.nearest
        self.nearest.setVisible(near is not None and bool(near.changes))
        if near is not None:
            changes = join_values(
                f"{n} {here} → {there}" for n, (here, there) in near.changes.items()
            )
            self.nearest.setText(f"{near.words} ({near.answer}): {changes}.")
        self.picture_ready.emit()
        self.explained.emit(result.responses)
        if self._awaited:  # once: whoever slides or draws on stays where that is
            self._awaited = False
            QTimer.singleShot(0, self, self.came.emit)
