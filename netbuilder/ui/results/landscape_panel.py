"""The page Landscape: the loss around the network's weights, and the path of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.networks.network_copies import changing_weights
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.landscape import Landscape, loss_landscape
from netbuilder.core.wording import format_number, format_percent, join_sentences
from netbuilder.ui.plots.images import shaded
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.results.empty_states import ResultsPage
from netbuilder.ui.services.derived import Derived, Rank, wanted
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label

_TEXTS = resource_json("texts.json")["landscape"]
_LEVELS = 14


def _compute(trained: TrainedModel, base: Path, paths: Any) -> Landscape | None:
    return loss_landscape(trained, load_dataset(trained.project, base), paths, needed=wanted)


class LandscapePlot(QWidget):
    """Contours of the loss, dark where it is low, with the paths of this run and the one before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.landscape: Landscape | None = None
        self.menu = PictureMenu(self, "landscape")
        self.setMinimumHeight(260)
        self.setAccessibleName(_("Loss landscape"))

    def sizeHint(self) -> QSize:
        return QSize(480, 420)

    def show_landscape(self, landscape: Landscape | None) -> None:
        self.landscape = landscape
        self.update()

    def _image(self, losses: Any) -> QImage:
        """Return bands of equal steps of the logarithm."""
        scheme = theme.colors()
        logs = np.log(np.maximum(np.nan_to_num(losses, nan=np.inf), 1e-12))
        logs = np.minimum(logs, logs[np.isfinite(logs)].max(initial=0.0))
        part = (logs - logs.min()) / (np.ptp(logs) or 1.0)
        fine = np.linspace(0, len(part) - 1, 400)
        grid = np.arange(len(part))
        part = np.array([np.interp(fine, grid, row) for row in part])
        part = np.array([np.interp(fine, grid, column) for column in part.T]).T
        low, high = QColor(theme.ABOVE_ZERO), QColor(scheme.text if scheme.dark else scheme.panel)
        table = [theme.mix(low, high, 1 - level / (_LEVELS - 1)) for level in range(_LEVELS)]
        colors = np.array([(c.red(), c.green(), c.blue()) for c in table], np.uint8)
        places = np.minimum((part[::-1] * _LEVELS).astype(int), _LEVELS - 1)
        return shaded(places, colors)

    def paintEvent(self, _event: QPaintEvent) -> None:
        landscape = self.landscape
        if landscape is None:
            return
        with QPainter(self) as p:
            p.setRenderHint(QPainter.RenderHint.Antialiasing)
            p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            p.drawImage(box, self._image(landscape.losses))
            p.setPen(QPen(QColor(theme.colors().hairline), 1))
            p.drawRect(box)
            colors = (QColor(theme.BELOW_ZERO), QColor("#009E73"))
            for path, color in reversed(tuple(zip(landscape.paths, colors, strict=False))):
                spots = [self._spot(box, x, y) for x, y in path]
                for pen in (QPen(QColor("white"), 4), QPen(color, 2)):
                    p.setPen(pen)
                    p.drawPolyline(QPolygonF(spots))
                for number, spot in enumerate(spots):
                    size = 6.0 if number in (0, len(spots) - 1) else 2.5
                    p.setBrush(color if number else QColor("white"))  # a ring where it begins
                    p.setPen(QPen(QColor("white"), 1) if number else QPen(color, 3))
                    p.drawEllipse(spot, size, size)

    def _spot(self, box: QRectF, x: float, y: float) -> QPointF:
        assert self.landscape is not None
        left, bottom, right, top = self.landscape.box
        return QPointF(
            box.left() + (x - left) / (right - left) * box.width(),
            box.bottom() - (y - bottom) / (top - bottom) * box.height(),
        )


class LandscapePanel(ResultsPage):
    """Computes the landscape of the network on show when the page is opened."""

    def __init__(self, workbench: Workbench, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__(workbench, _TEXTS["untrained"], "surface", parent)
        self._runner = runner
        self._path: tuple[TrainedModel | None, Any] = (None, ())
        self._before: tuple[str, Any] = "", ()  # the optimizer's name, and the path
        self._requested_model: TrainedModel | None = None
        self._worker = Derived(
            self, _compute, self._found, lambda error: self.note.setText(str(error)),
            of=lambda: workbench.models.trained, rank=Rank.BACKGROUND,
        )  # fmt: skip
        self.plot = LandscapePlot(self)
        self.note = note_label("", self)
        self.waiting.page_layout.addWidget(self.plot, 1)
        self.waiting.page_layout.addWidget(self.note)
        runner.ended.connect(self._follow)

    def _follow(self) -> None:
        trained = self._workbench.models.trained
        if trained is not None and not self._runner.state.active and trained is not self._path[0]:
            history = self._runner.weight_history
            path = [] if history is None else [history.weights(at) for at in history.epochs]
            if path:
                path.append([np.array(value) for value in changing_weights(trained.training_model)])
            if (before := self._path[0]) is not None:
                self._before = before.project.training.optimizer.name, self._path[1]
            self._path = trained, path
        if trained is None:
            self._wait()
        elif self.isVisible() and not self._runner.state.active:
            self.waiting.ready()
            if self._requested_model is not trained:
                self._requested_model = trained
                self.plot.show_landscape(None)
                self.note.setText(_("Computing the losses…"))
                paths = [path for path in (self._path[1], self._before[1]) if path]
                self._worker.ask(trained, self._workbench.base, paths)

    def _found(self, landscape: Landscape | None) -> None:
        if landscape is None or (trained := self._path[0]) is None:
            return
        self.plot.show_landscape(landscape)
        ends = float(np.nanmin(landscape.losses)), float(np.nanmax(landscape.losses))
        low, high = (format_number(loss, ".3g") for loss in ends)
        words = [_(_TEXTS["losses"], low=low, high=high)]
        shares = [format_percent(share, 0) for share in landscape.explained]
        if shares:
            name = trained.project.training.optimizer.name
            words.append(_(_TEXTS["path"], optimizer=name, share=shares[0]))
        else:
            words.append(_(_TEXTS["random"]))
        if len(shares) > 1:
            words.append(_(_TEXTS["before"], name=self._before[0], share=shares[1]))
        self.note.setText(join_sentences(words))
