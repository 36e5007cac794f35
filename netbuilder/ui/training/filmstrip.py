"""Small decision surfaces of a run in a row: how it came to its network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.data.registry import point_view_name
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.model_store import ModelState, Source
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.engine.weight_history import WeightHistory
    from netbuilder.core.project.model import Project
    from netbuilder.core.results.live.view_data import Picture, ViewRequest

KEY = "filmstrip"
FRAMES, _SIZE, _HEIGHT, _LEAST = 12, 24, 36, 18
_EVERY = 0.02  # least seconds between two of a quick run


def _request(project: Project, base: Path) -> ViewRequest:
    from netbuilder.core.data.defaults import resolve_defaults
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.live.plane import surface_request

    dataset = load_dataset(project, base)
    request = surface_request(dataset, resolve_defaults(project, dataset.facts), size=_SIZE)
    return replace(request, probe=replace(request.probe, key=KEY, epochs=1, every=_EVERY))


def _from_history(
    trained: TrainedModel, history: WeightHistory, request: ViewRequest
) -> list[tuple[int, Picture]]:
    """Return surfaces at evenly spaced epochs of a run that has ended."""
    from netbuilder.core.engine.monitor.observer import evaluate_probe
    from netbuilder.core.engine.weight_history import model_at

    # A quick run is stored at uneven distances: of each evenly spaced epoch the nearest.
    stored = history.epochs
    places = np.linspace(stored[0], stored[-1], FRAMES)
    epochs = sorted({epoch for place in places if (epoch := history.nearest(place)) is not None})
    model = model_at(trained, epochs[0], history.weights(epochs[0]))
    pictures = []
    for epoch in epochs:
        model.training_model.set_weights(history.weights(epoch))
        result = evaluate_probe(model, request.probe)
        pictures.append((int(epoch), request.read(result)))  # parts of an epoch are stored, too
    return pictures


class Filmstrip(QWidget):
    """Shows at most twelve surfaces of a run on points. ``placed(epoch)``: one was chosen.

    ``place_of(epoch)``: where an epoch is on the curves' axis, in pixels of this widget.
    """

    placed = Signal(object)

    def __init__(
        self,
        runner: Runner,
        workbench: Workbench,
        place_of: Callable[[float], float],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._runner, self._workbench = runner, workbench
        self.frames: list[tuple[int, QImage]] = []
        self._ratio = 1.0  # width to height of a surface
        self.chosen: int | None = None
        self._place_of = place_of
        self._request: ViewRequest | None = None
        self._worker = Derived(self, _request, self._found, lambda _error: None, rank=Rank.QUICK)
        self._late = Derived(self, _from_history, self._filled, lambda _error: None)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setObjectName("filmstrip")
        self.setAccessibleName(_("Decision surfaces of the run"))
        self.setToolTip(_("The surface at earlier epochs: press one to see its network"))
        runner.began.connect(self._began)
        runner.probes.answered.connect(self._probed)
        workbench.models.changed.connect(self._model_changed)
        theme.theme().changed.connect(self.updateGeometry)
        self._began()

    def sizeHint(self) -> QSize:
        return QSize(240, scaled(_HEIGHT))

    def _began(self) -> None:
        """Ask a new run for surfaces; with twelve, every second goes and later ones are rarer."""
        runner = self._runner
        project = runner.record.project
        self._worker.cancel()
        self._late.cancel()
        runner.probes.unwatch(KEY)
        self.frames, self._request = [], None
        self.choose(None)
        self.setHidden(project is None or point_view_name(project.data) != "surface")
        if project is not None and not self.isHidden():
            self._worker.follow(project, self._workbench.base)

    def _found(self, request: ViewRequest) -> None:
        self._request = request
        if self._runner.state.active:
            self._runner.probes.watch(request.probe)
        else:  # it was a short run
            self._complete()

    def _probed(self, event: Any) -> None:
        request = self._request
        if request is None or event.probe is not request.probe or event.problem is not None:
            return
        frames = [frame for frame in self.frames if frame[0] < event.epoch]  # it may be rewound
        self.frames = [*frames, (event.epoch, self._paint(request.read(event)))]
        if len(self.frames) > FRAMES:
            self.frames = self.frames[::2]
            probe = replace(request.probe, epochs=2 * request.probe.epochs)
            self._found(replace(request, probe=probe))
        self.update()

    def _paint(self, picture: Any) -> QImage:
        from netbuilder.ui.plots.live.surface_plot import paint_surface

        left, bottom, right, top = picture.box
        self._ratio = min(max((right - left) / (top - bottom), 0.7), 2.0)
        pixels = np.ascontiguousarray(paint_surface(picture, discrete=False)[::-1])
        return QImage(pixels.data, _SIZE, _SIZE, 3 * _SIZE, QImage.Format.Format_RGB888).copy()

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        """Replace what came while it trained by evenly spaced epochs, as the run has ended."""
        if new.source is Source.RUN and old.settled.model is not new.settled.model:
            self._complete()

    def _complete(self) -> None:
        trained, history = self._workbench.models.trained, self._runner.weight_history
        if trained is not None and history is not None and history.epochs and self._request:
            self._late.follow(trained, history, self._request)

    def _filled(self, pictures: list[tuple[int, Picture]]) -> None:
        if self.chosen is None:
            self.frames = [(epoch, self._paint(picture)) for epoch, picture in pictures]
            self.update()

    def box(self, number: int) -> QRectF:
        """Return the place of a frame, below its epoch, with the scale of the surface."""
        first, middle, last = (self._place_of(self.frames[n][0]) for n in (0, number, -1))
        between = (last - first) / max(len(self.frames) - 1, 1)
        across = min(max(between - 2, _LEAST), (self.height() - 2) * self._ratio)
        left = min(max(middle - across / 2, 1), self.width() - across - 1)
        return QRectF(left, 1, across, across / self._ratio)

    @property
    def _visible(self) -> list[int]:
        """The frames that do not overlap a later one, and the chosen one."""
        visible: list[int] = []
        right = float(self.width())
        for number in reversed(range(len(self.frames))):
            box = self.box(number)
            if number == self.chosen or box.right() <= right:
                visible.append(number)
                right = box.left()
        return visible

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            for number in self._visible:
                painter.drawImage(self.box(number), self.frames[number][1])
                if number == self.chosen:
                    painter.setPen(QPen(QColor(theme.colors().accent), 3))
                    painter.drawRect(self.box(number))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._number_at(event)
        self.choose(None if number == self.chosen else number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.choose(self._number_at(event))

    def _number_at(self, event: QMouseEvent) -> int:
        x = event.position().x()
        return min(self._visible, key=lambda n: abs(self.box(n).center().x() - x), default=-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Escape and self.chosen is not None:
            self.choose(None)
        elif step is not None:
            self.choose(len(self.frames) - 1 if self.chosen is None else self.chosen + step)
        else:
            super().keyPressEvent(event)

    def choose(self, number: int | None) -> None:
        """Show the network of a frame, or None: that of the run's end."""
        if number == self.chosen or (number is not None and not 0 <= number < len(self.frames)):
            return
        self.chosen = number
        epoch = None if number is None else self.frames[number][0]
        self.setAccessibleDescription("" if epoch is None else _("epoch {number}", number=epoch))
        self.update()
        self.placed.emit(epoch)
