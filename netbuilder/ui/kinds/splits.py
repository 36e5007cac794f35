"""The splits of the data, and their class balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from netbuilder.core.data.data_views import SplitDataView
from netbuilder.core.data.dataset import PARTS
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_, pgettext
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number, join_sentences, join_values, labelled
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, vbox


class SplitTab(QWidget):
    """A bar for each class, or for each range of a number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = note_label("", self)
        self.chart = SplitChart(self)
        self.legend = QLabel(self)
        vbox(self.legend, self.words, self.chart, STRETCH, parent=self, margins=(0, 4, 0, 0))
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def show_look(self, look: SplitDataView, project: Project, base: Path) -> None:
        self.chart.show_look(look)
        more = (
            ngettext(
                "{count} rarer class is not drawn.",
                "{count} rarer classes are not drawn.",
                look.more,
            )
            if look.more
            else ""
        )
        words = [_("Rows for each “{target}”.", target=look.target), balance_sentence(look), more]
        self.words.setText(join_sentences(words))

    def _restyle(self) -> None:
        self.legend.setText(split_legend())


_GREY = "#8A93A3"
_NAMES = (N_("training"), N_("validation"), N_("test"))


def split_names() -> tuple[str, str, str]:
    """Return the names of the splits, in the order of ``PARTS``."""
    training, validation, test = map(_, _NAMES)
    return training, validation, test


def split_colors() -> tuple[QColor, QColor, QColor]:
    """Return the theme's colours of training, validation and test."""
    scheme = theme.colors()
    return QColor(scheme.training), QColor(scheme.validation), QColor(_GREY)


def split_legend(more: Sequence[tuple[str, str]] = ()) -> str:
    """Return the splits with their colours as rich text; ``more`` are (colour, words) pairs."""
    entries = [
        (color.name(), name) for color, name in zip(split_colors(), split_names(), strict=True)
    ]
    return "&nbsp;&nbsp; ".join(
        f'<span style="color:{color}">■</span> {words}' for color, words in (*entries, *more)
    )


class SplitChart(QWidget):
    """A bar for each class or range of the target, divided by split."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: SplitDataView | None = None
        self.menu = PictureMenu(self, "parts")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_look(self, look: SplitDataView) -> None:
        self._look = look
        rows = join_values(map(self._words, range(len(look.names))), clauses=True)
        self.setAccessibleName(_("Rows for each {target}: {rows}", target=look.target, rows=rows))
        self.updateGeometry()
        self.update()

    @property
    def _line(self) -> int:
        return self.fontMetrics().height() + 4

    def sizeHint(self) -> QSize:
        rows = len(self._look.names) if self._look is not None else 1
        return QSize(320, rows * self._line + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def _words(self, row: int) -> str:
        assert self._look is not None
        counts = self._look.counts[row]
        parts = [
            f"{name} {format_number(int(n), ',')}"
            for name, n in zip(split_names(), counts, strict=True)
            if n
        ]
        return labelled(self._look.names[row], join_values(parts) or pgettext("rows", "none"))

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._look
        if look is None or not look.names:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            scheme, metrics, line = theme.colors(), self.fontMetrics(), self._line
            totals = look.counts.sum(axis=1)
            names = min(max(map(metrics.horizontalAdvance, look.names)) + 8, self.width() // 3)
            numbers = metrics.horizontalAdvance(format_number(int(totals.max()), ",")) + 10
            room = max(self.width() - names - numbers, 10)
            top = int(totals.max()) or 1
            middle = Qt.AlignmentFlag.AlignVCenter
            for row, name in enumerate(look.names):
                y, left = float(row * line), float(names)
                painter.setPen(QColor(scheme.secondary))
                elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, names - 8)
                painter.drawText(
                    QRectF(0, y, names - 6, line), middle | Qt.AlignmentFlag.AlignRight, elided
                )
                painter.setPen(Qt.PenStyle.NoPen)
                for color, count in zip(split_colors(), look.counts[row], strict=True):
                    width = room * int(count) / top
                    painter.fillRect(QRectF(left, y + 4, max(width - 1, 0), line - 8), color)
                    left += width
                painter.setPen(QColor(scheme.secondary))
                painter.drawText(
                    QRectF(left + 6, y, numbers, line), middle, format_number(int(totals[row]), ",")
                )

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self._look is not None:
            row = int(event.pos().y() // self._line)
            inside = 0 <= row < len(self._look.names)
            QToolTip.showText(event.globalPos(), self._words(row) if inside else "")
            return True
        return super().event(event)


def balance_sentence(look: SplitDataView) -> str:
    """Return how unbalanced the classes are; "" of ranges and balanced classes."""
    totals = look.counts.sum(axis=1)
    known = totals[totals > 0]
    if len(known) < 2:
        return ""
    most, least = look.names[int(np.argmax(totals))], look.names[int(np.argmin(totals))]
    if known.max() < 1.5 * known.min():
        return _("All classes are about equally frequent.")
    times = known.max() / max(int(totals.min()), 1)
    return _(
        "“{most}” is {times} times as frequent as “{least}”.",
        most=most,
        times=format_number(times, ".1f"),
        least=least,
    )


class SplitBar(QWidget):
    """One bar in three parts with their names and rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Mapping[str, int] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: Mapping[str, int]) -> None:
        self._rows = rows
        words = join_values(
            f"{name} {format_number(rows.get(part, 0), ',')}"
            for part, name in zip(PARTS, split_names(), strict=True)
        )
        self.setAccessibleName(_("Rows: {counts}", counts=words))
        self.setToolTip(words)
        self.setVisible(any(rows.values()))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 15 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        total = sum(self._rows.values())
        if not total:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            scheme, metrics = theme.colors(), self.fontMetrics()
            left, place = 0.0, 0.0
            line = metrics.height()
            for part, name, color in zip(PARTS, split_names(), split_colors(), strict=True):
                count = self._rows.get(part, 0)
                if not count:
                    continue
                width = self.width() * count / total
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(color)
                painter.drawRoundedRect(QRectF(left, 2, max(width - 2, 2), 8), 3, 3)
                painter.drawEllipse(QRectF(place, 13 + line / 2 - 4, 8, 8))
                text = f"{name} {format_number(count, ',')}"
                room = metrics.horizontalAdvance(text) + 4
                painter.setPen(QColor(scheme.secondary))
                painter.drawText(
                    QRectF(place + 12, 13, room, line), Qt.AlignmentFlag.AlignLeft, text
                )
                place += room + 26
                left += width
