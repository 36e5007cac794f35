"""Parallel coordinates: each trial is a line over its settings, coloured by score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from netbuilder.core.results.tuning.study import Study


class ParallelCoordinatesPlot(QWidget):
    """The best trial is thick; the last axis is the rank by loss, low at the bottom."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = PictureMenu(self, "variants")
        self._axes: list[tuple[str, str, str]] = []
        self._lines: list[tuple[list[float], float]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def show_study(self, study: Study) -> None:
        """Show all successful trials; pruned ones share the worst rank. Without any: the axes."""
        from netbuilder.core.engine.runs.differences import format_setting
        from netbuilder.core.results.tuning.search_space import display_name

        varied = study.plan.varied
        trials = [trial for trial in study.ranked if trial.score is not None]
        self._axes = [
            (
                display_name(dimension.path, study.plan.project),
                format_setting(dimension.at(0.0)),
                format_setting(dimension.at(1.0)),
            )
            for dimension in varied
        ]
        scores = [trial.score or 0.0 for trial in trials if not trial.pruned]
        ranks = np.minimum(np.arange(len(trials)) / max(len(scores) - 1, 1), 1.0)
        self._lines = [
            ([*(d.place(trial.values[d.path]) for d in varied), float(rank)], float(rank))
            for trial, rank in zip(trials, ranks, strict=True)
        ]
        ends = [format_number(scores[at]) if scores else "" for at in (0, -1)]
        self._axes.append((_("loss (rank)"), ends[0], ends[1]))
        self.setAccessibleName(
            _("{trials} trials over {settings} settings", trials=len(trials), settings=len(varied))
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._axes:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            scheme, line = theme.colors(), self.fontMetrics().height()
            width = self.width() / len(self._axes)
            top, bottom = 2.0 * line + 6, self.height() - line - 6.0
            xs = [width * (number + 0.5) for number in range(len(self._axes))]
            for places, rank in sorted(self._lines, key=lambda line: -line[1]):
                painter.setPen(QPen(QColor(scheme.signed(0.34 - rank)), 3 if rank == 0 else 1.3))
                points = [
                    QPointF(x, bottom - place * (bottom - top))
                    for x, place in zip(xs, places, strict=True)
                ]
                painter.drawPolyline(QPolygonF(points))
            centre = Qt.AlignmentFlag.AlignCenter
            for x, (name, low, high) in zip(xs, self._axes, strict=True):
                painter.setPen(QColor(scheme.secondary))
                painter.drawLine(QPointF(x, top), QPointF(x, bottom))
                title = self.fontMetrics().elidedText(
                    name, Qt.TextElideMode.ElideLeft, int(width - 4)
                )
                painter.drawText(QRectF(x - width / 2, bottom + 3, width, line), centre, low)
                painter.drawText(QRectF(x - width / 2, line + 2, width, line), centre, high)
                painter.setPen(QColor(scheme.text))
                painter.drawText(QRectF(x - width / 2, 0, width, line), centre, title)
