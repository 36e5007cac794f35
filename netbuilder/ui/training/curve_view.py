"""The plot of curves with legend and options."""

from __future__ import annotations

import csv
import io
from functools import partial
from html import escape
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QComboBox, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from netbuilder.core.catalog.training.training_index import TWO_TRAINING_VALUES, metric_words
from netbuilder.core.error_texts import user_error
from netbuilder.core.i18n import gettext as _, noop as N_, pgettext
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.wording import format_percent
from netbuilder.ui.forms.boxes import ElidedComboBox
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.training_curves import (
    TRAINING_SIGN,
    VALIDATION_SIGN,
    TrainingCurvePlot,
    overlay_color,
    overlay_sign,
    short_number,
)
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.widgets.file_dialogs import FileType, ask_save
from netbuilder.ui.widgets.labels import ClampedLabel
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox
from netbuilder.ui.widgets.throttle import SteadyFrame
from netbuilder.ui.widgets.toast import save_and_tell


class CurveTools(QWidget):
    """A choice, switches, and a menu for switches that do not fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = hbox(parent=self, margins=0, spacing=0)
        self._choice: QComboBox | None = None
        self._menu_button: QToolButton | None = None
        self._switches: list[tuple[QToolButton, QAction]] = []

    def fill(
        self, choice: QComboBox, switches: tuple[QToolButton, ...], menu_button: QToolButton
    ) -> None:
        """Add the widgets; ``menu_button`` already has its menu."""
        self._choice, self._menu_button = choice, menu_button
        menu = menu_button.menu()
        before = menu.actions()[0] if menu.actions() else None
        for switch in switches:
            action = prepared(QAction(switch.text(), menu), toolTip=switch.toolTip())
            action.setCheckable(True)
            action.setChecked(switch.isChecked())
            action.setVisible(False)
            action.toggled.connect(switch.setChecked)
            switch.toggled.connect(action.setChecked)
            if before is None:
                menu.addAction(action)
            else:
                menu.insertAction(before, action)
            self._switches.append((switch, action))
        # As wide as its words: its arrow stands behind them, and not at the other end.
        policy = choice.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Maximum)
        choice.setSizePolicy(policy)
        self._row.addWidget(choice)
        self._row.addStretch(1)
        for widget in (*switches, menu_button):
            self._row.addWidget(widget)

    def sizeHint(self) -> QSize:
        hint = self.minimumSizeHint()
        return QSize(
            hint.width() + sum(switch.sizeHint().width() for switch, _ in self._switches),
            hint.height(),
        )

    def minimumSizeHint(self) -> QSize:
        always = [
            widget.sizeHint().boundedTo(widget.maximumSize())
            for widget in (self._choice, self._menu_button)
            if widget is not None
        ]
        heights = [switch.sizeHint().height() for switch, _ in self._switches]
        height = max([*(size.height() for size in always), *heights], default=0)
        return QSize(sum(size.width() for size in always), height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = event.size().width() - self.minimumSizeHint().width()
        for switch, action in self._switches:
            room -= switch.sizeHint().width()
            switch.setVisible(room >= 0)
            action.setVisible(room < 0)


def export_curves(plot: TrainingCurvePlot, path: Path) -> Path:
    """Write the plot as ``.png`` or ``.svg``, or its numbers as ``.csv``; return the path."""
    match path.suffix.lower():
        case ".png" | ".svg":
            plot.menu.save(path)
        case ".csv":
            write_bytes(path, curves_table(plot.run).encode("utf-8"))
        case ending:
            raise user_error("curves_ending", ending=ending or path.name)
    return path


def curves_table(run: RunCurves) -> str:
    """Return CSV text, a row per epoch (or per step before the first epoch)."""
    series = run.epochs or run.steps
    names = list(series)
    rows: dict[float, dict[str, float]] = {}
    for name in names:
        for x, y in zip(series[name].x, series[name].y, strict=True):
            rows.setdefault(float(x), {})[name] = float(y)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *names])
    for x in sorted(rows):
        writer.writerow([f"{x:g}", *(repr(rows[x][n]) if n in rows[x] else "" for n in names)])
    return text.getvalue()


_LONGEST_NAME = 22  # letters of a quantity that are shown at most
_MESSAGE = 240  # pixels of a message over the plot, at the system's letters
_INVITATION = N_("Press Train to see the training curves here.")
_ON_THE_WAY = N_("Training is starting. Curves will appear here.")
_STANDS = N_("The run is paused at its start. Curves appear here when the run continues.")
FILE_TYPES = (
    FileType(N_("Image"), (".png",)),
    FileType("SVG", (".svg",)),
    FileType(N_("Table"), (".csv",)),
)


class CurveView(QWidget):
    """Curves, a legend with current values, and display options (``tools``)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = TrainingCurvePlot(self)
        self.plot.menu.below = self._below
        self.invitation = prepared(QLabel(_(_INVITATION), self.plot), role="empty")
        self.invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.invitation.setWordWrap(True)
        self.invitation.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        over = vbox(parent=self.plot)
        over.addWidget(self.invitation)
        self._message: QWidget | None = None
        self.plot.getPlotItem().getViewBox().sigResized.connect(self._place_message)
        self.legend = prepared(QLabel(self), role="note", textFormat=Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.setToolTip(_(TWO_TRAINING_VALUES))
        self.figure = prepared(ClampedLabel("", self, lines=1), objectName="curve_figure")
        self.figure.setProperty("role", "figure")
        self._figure_frame, self._figure_width = SteadyFrame(self.figure, self, grows=True), 0
        legend = SteadyFrame(self.legend, self, grows=True)
        middle = Qt.AlignmentFlag.AlignVCenter
        vbox(
            hbox((self._figure_frame, 99, middle), (legend, 1, middle), spacing=12),
            (self.plot, 1),
            parent=self,
            margins=0,
            spacing=4,
        )
        self._build_tools(parent)
        self.quantity.activated.connect(self._choose)
        self.steps.toggled.connect(lambda on: self.plot.set_options(per_step=on))
        self.log.toggled.connect(lambda on: self.plot.set_options(log=on))
        self.smooth.toggled.connect(lambda on: self.plot.set_options(smooth=on))
        self.plot.hovered.connect(self._hovered)
        theme.theme().changed.connect(self._show_legend)
        self._hover = ""
        self._show_legend()

    def _build_tools(self, parent: QWidget | None) -> None:
        self.tools = tools = CurveTools(parent)
        self.quantity = prepared(ElidedComboBox(self.tools), quiet=True)
        self.quantity.setAccessibleName(_("Quantity"))
        self.quantity.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.quantity.setMaximumWidth(_LONGEST_NAME * self.fontMetrics().averageCharWidth())
        self.quantity.addItem("loss", "loss")
        self.steps = self._switch(
            pgettext("training", "steps"), _("Show a point for every step behind the epoch curves")
        )
        self.steps.setChecked(True)
        self.log = self._switch(_("log"), _("Logarithmic scale"))
        self.smooth = self._switch(_("smoothed"), _("Moving average"))
        self.menu_button = self._switch("…", _("Export, or zoom out"))
        self.menu_button.setCheckable(False)
        self.menu_button.setAccessibleName(_("More curve options"))
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.menu_button)
        menu.addAction(_("Show all"), self.plot.follow)
        menu.addSeparator()
        menu.addAction(_("Export as PNG, SVG or CSV…"), self.export)
        self.menu_button.setMenu(menu)
        tools.fill(self.quantity, (self.steps, self.log, self.smooth), self.menu_button)

    def show_training(self, on: bool, *, paused: bool = False) -> None:
        """Show that training started, before the first point."""
        words = (_STANDS if paused else _ON_THE_WAY) if on else _INVITATION
        self.invitation.setText(_(words))

    def hold(self, message: QWidget) -> None:
        """Place messages over the emptier corner of the plot, where they move nothing."""
        self._message, hidden = message, message.isHidden()
        message.setParent(self.plot)
        message.setHidden(hidden)
        message.installEventFilter(self)
        self._place_message()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.ShowToParent):
            self._place_message()
        return super().eventFilter(watched, event)

    def _place_message(self) -> None:
        if self._message is None:
            return
        view = self.plot.getPlotItem().getViewBox().sceneBoundingRect().toRect()
        width = min(max(scaled(_MESSAGE), view.width() // 2), view.width() - 8)
        self._message.ensurePolished()
        layout = self._message.layout()
        needed = (
            self._message.sizeHint().height() if layout is None else layout.heightForWidth(width)
        )
        height = min(needed, self.plot.height())
        top = view.bottom() - 4 - height if self.plot.ends_high else view.top() + 4
        self._message.setGeometry(view.right() - 4 - width, max(top, 0), width, height)
        self._message.raise_()

    def show_run(self, run: RunCurves, planned: int) -> None:
        self.plot.set_run(run, planned)
        self._invite()
        self._show_quantities()
        self._show_legend()

    def grow(self, planned: int) -> None:
        """Draw the run's new points."""
        self.plot.planned_epochs = planned
        self.plot.redraw()
        self._invite()
        if self.quantity.count() != max(len(self.plot.run.quantities), 1):
            self._show_quantities()
        self._show_legend()

    def _invite(self) -> None:
        self.invitation.setVisible(not self.plot.run.quantities and not self.plot.overlays)

    def _show_quantities(self) -> None:
        names = self.plot.run.quantities or ["loss"]
        self.quantity.clear()
        for name in names:
            self.quantity.addItem(metric_words(name), name)
        self.quantity.setCurrentIndex(max(self.quantity.findData(self.plot.quantity), 0))

    def _choose(self, index: int) -> None:
        self.plot.show_quantity(self.quantity.itemData(index))
        self._show_legend()

    def _hovered(self, text: str) -> None:
        self._hover = text
        self._show_legend()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_legend()

    def _show_legend(self) -> None:
        self._show_figure()
        if self._hover:
            self.legend.setText(self._hover)
            return
        plot = self.plot
        training, checked = self._last(plot.quantity)
        self.legend.setText(self._told("<br>"))
        values = {
            "quantity": metric_words(plot.quantity),
            "training": short_number(training),
            "validation": short_number(checked),
        }
        if training is None:
            description = ""
        elif checked is None:
            description = _("{quantity}: training {training}", **values)
        else:
            description = _("{quantity}: training {training}, validation {validation}", **values)
        plot.setAccessibleDescription(description)

    def _show_figure(self) -> None:
        """Show the share of correct predictions, or the chosen quantity, in a label of constant
        size: on the validation set where there is one, at the epoch under the cursor."""
        plot, quantity = self.plot, self._share or self.plot.quantity
        training, checked = self._last(quantity)
        if self._hover and plot.cursor_epoch is not None:
            training = plot.run.training(quantity, False).at(plot.cursor_epoch)
            checked = plot.run.validation(quantity).at(plot.cursor_epoch)
        value = training if checked is None else checked
        short = words = short_number(value)
        least = longest = "0.0000"
        if quantity.endswith("accuracy"):
            short = "" if value is None else format_percent(value)
            least = format_percent(1.0)
            words, longest = (_("{share} correct", share=share) for share in (short, least))
        self.figure.setText(words if short else "–", short or "–")
        self.figure.ensurePolished()
        frame, advance = self._figure_frame, self.figure.fontMetrics().horizontalAdvance
        frame.setMinimumWidth(max(frame.minimumWidth(), advance(short), advance(least)))
        self._figure_width = max(self._figure_width, advance(words), advance(longest))
        frame.setMaximumWidth(self._figure_width)

    @property
    def _share(self) -> str:
        """The accuracy that is told beside the loss; "" for none."""
        names = self.plot.run.quantities if self.plot.quantity == "loss" else ()
        return next((name for name in names if name.endswith("accuracy")), "")

    def _last(self, quantity: str) -> tuple[float | None, float | None]:
        plot = self.plot
        training = plot.run.training(quantity, plot.per_step).last
        # The value of an epoch is calmer than that of its last batch.
        if plot.run.epochs.get(quantity):
            training = plot.run.told(quantity)
        return training, plot.run.told(f"val_{quantity}")

    def _told(self, between: str = "&nbsp;&nbsp;&nbsp; ") -> str:
        """Return the newest values as rich text; ``between`` training and validation."""
        scheme, plot = theme.colors(), self.plot
        training, checked = self._last(plot.quantity)
        wide = self.legend.fontMetrics().horizontalAdvance(f"{_('validation')} 0.000000 · 100.0%")
        room = between == "<br>" and self.width() - self._figure_width > 1.3 * wide
        shares = self._last(self._share) if self._share and room else (None, None)
        named = plot.named(_("training"), plot.run)
        parts = [_entry(scheme.training, TRAINING_SIGN[1], named, training, shares[0])]
        if checked is not None or plot.run.quantities == []:
            sign, words = VALIDATION_SIGN[1], _("validation")
            parts.append(_entry(scheme.validation, sign, words, checked, shares[1]))
        if plot.run.kept_epoch:  # Evaluate and Predict speak about that one
            parts.append(_("weights of epoch {number} restored", number=plot.run.kept_epoch))
        for number, (name, curves) in enumerate(plot.overlays.items()):
            value = curves.told(f"val_{plot.quantity}")
            named = plot.named(name, curves)
            parts.append(_entry(overlay_color(number), overlay_sign(number)[1], named, value))
        return between.join((parts[0], "&nbsp;&nbsp;&nbsp; ".join(parts[1:])))

    def _below(self) -> str:
        quantity = metric_words(self.plot.quantity)
        return _("{quantity} by epoch:", quantity=quantity) + f" &nbsp; {self._told()}"

    def _switch(self, title: str, tip: str) -> QToolButton:
        button = prepared(QToolButton(self.tools), text=title, toolTip=tip, checkable=True)
        button.setProperty("role", "quiet")
        return button

    def export(self) -> None:
        path = ask_save(self, _("Export curves"), "curves.png", FILE_TYPES)
        if path is not None:
            save = partial(export_curves, self.plot, path)
            save_and_tell(self, _("The curves were not saved"), save)


def _entry(color: str, sign: str, name: str, value: float | None, part: float | None = None) -> str:
    mark = f'<span style="color:{color}">{sign}</span>'
    # No line ends between a mark and what it is the mark of.
    share = "" if part is None else f"&nbsp;· {format_percent(part)}"
    return f"{mark}&nbsp;{escape(name)} {short_number(value)}".rstrip() + share
