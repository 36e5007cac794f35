"""The page Clusters: k-means step by step on the samples of the data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.check_values import HIDDEN
from netbuilder.core.lessons.lesson_state import CLUSTERED
from netbuilder.core.results.k_means import KMeans, PlaneSamples, column_samples, hidden_samples
from netbuilder.core.wording import format_number, format_percent, join_sentences, join_values
from netbuilder.ui.forms.boxes import CountBox, ElidedComboBox
from netbuilder.ui.plots.colour_bar import class_color, class_symbol
from netbuilder.ui.plots.live.point_editing import PointEditFilter
from netbuilder.ui.plots.live.surface_plot import class_legend
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.plots.themed_plot import ThemedPlot
from netbuilder.ui.results.empty_states import ResultsPage
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.theme import NO_PEN, shared_brush
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import flow, prepared

if TYPE_CHECKING:
    from netbuilder.core.project.model import Project

_TEXTS = resource_json("texts.json")["clusters"]


class ClusterPlot(ThemedPlot):
    """Samples in the colours of their clusters; centroids, and the paths that they took."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("clusters", parent, least=200)
        self._samples: PlaneSamples | None = None
        self._state: KMeans | None = None
        self.points, self.centroids = (pg.ScatterPlotItem(pxMode=True) for _layer in range(2))
        self.paths = pg.PlotDataItem(connect="pairs")
        for item in (self.points, self.paths, self.centroids):
            self.addItem(item)
        self.getPlotItem().setMouseEnabled(False, False)
        self.editing = PointEditFilter(self)
        self.editing.switch(True)
        self.viewport().unsetCursor()
        name, words = _(_TEXTS["plot"]), _(_TEXTS["plot_help"])
        prepared(self, accessibleName=name, accessibleDescription=words, toolTip=words)

    @property
    def drawn_at(self) -> np.ndarray[Any, Any]:
        """The places that can be dragged, (k, 2)."""
        return np.zeros((0, 2)) if self._state is None else self._state.current.centroids

    def show_state(self, samples: PlaneSamples, state: KMeans) -> None:
        """Draw a state; equal distances have equal lengths on the screen."""
        self._state, plot = state, self.getPlotItem()
        if samples is not self._samples:
            self._samples = samples
            across, up = samples.names or (_("first component"), _("second component"))
            plot.setLabel("bottom", across)
            plot.setLabel("left", up)
            plot.vb.setAspectLocked(True, ratio=float(samples.scale[1] / samples.scale[0]))
            x, y = np.stack((samples.at.min(axis=0), samples.at.max(axis=0)), axis=1)
            plot.setRange(xRange=x, yRange=y, padding=0.06)
        self.drawn()

    def drawn(self) -> None:
        if self._samples is None or self._state is None:
            return
        scheme, now = theme.colors(), self._state.current
        looks = [(shared_brush(class_color(n)), class_symbol(n)) for n in range(len(now.centroids))]
        looks.append((shared_brush(QColor(scheme.secondary), 0.6), "o"))  # of no cluster: -1
        for item, at, styles, options in (
            (self.points, self._samples.at, [looks[n] for n in now.cluster_of],
             {"size": 8, "pen": NO_PEN}),
            (self.centroids, now.centroids, looks[:-1],
             {"size": 22, "pen": pg.mkPen(QColor(scheme.text), width=3)}),
        ):  # fmt: skip
            brushes, symbols = map(list, zip(*styles, strict=True))
            item.setData(x=at[:, 0], y=at[:, 1], brush=brushes, symbol=symbols, **options)
        places = np.stack([step.centroids for step in self._state.steps])
        ends = np.stack([places[:-1], places[1:]], axis=2).reshape(-1, 2)
        self.paths.setData(ends[:, 0], ends[:, 1], pen=pg.mkPen(QColor(scheme.text), width=1.5))


def _load(
    asked: tuple[Any, ...], project: Project
) -> tuple[tuple[str, ...], bool, PlaneSamples | None]:
    """Return the numeric columns, whether there is a hidden layer, and the samples."""
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.live.maps import has_hidden
    from netbuilder.core.results.live.plane import number_columns

    _facts, base, trained, hidden, axes = asked
    dataset = load_dataset(project, base)
    columns = number_columns(dataset)
    columns = columns if len(columns) > 1 else ()
    layer = trained is not None and has_hidden(dataset, trained.project)
    if layer and (hidden or not columns):
        return columns, True, hidden_samples(load_dataset(trained.project, base), trained)
    across, up = (name if name in columns else "" for name in axes)
    return columns, layer, column_samples(dataset, across, up) if columns else None


class ClustersPanel(ResultsPage):
    """k-means by hand: place centroids, assign the samples, move the centroids."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, _TEXTS["waiting"], "surface", parent)
        self._requested_choices: tuple[Any, ...] = ()
        self._lowest: dict[int, float] = {}  # inertia by number of clusters
        self._seed = 1
        self.samples: PlaneSamples | None = None
        self.state: KMeans | None = None
        self._worker = Derived(
            self, _load, self._loaded, lambda error: self.waiting.wait(str(error)),
            of=lambda: self._requested_choices,
        )  # fmt: skip
        names = _("Samples"), _("Column from left to right"), _("Column from bottom to top")
        self.boxes = tuple(
            prepared(ElidedComboBox(self), objectName=key, accessibleName=name, toolTip=name)
            for key, name in zip(("cluster_source", "across", "up"), names, strict=True)
        )
        for box, letters in zip(self.boxes, (32, 27, 27), strict=True):
            box.setSizeAdjustPolicy(ElidedComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMaximumWidth(letters * self.fontMetrics().averageCharWidth())
            box.activated.connect(self._follow)
        name = _("Number of clusters")
        self.k = prepared(CountBox(2, 8, self), prefix="k = ", accessibleName=name, toolTip=name)
        self.k.setValue(3)
        self.k.valueChanged.connect(lambda _k: self._start())
        self.plot = ClusterPlot(self)
        self.plot.editing.moved.connect(self._drag)
        self.buttons = {
            key: prepared(QPushButton(_(text), self), objectName=f"cluster_{key}", toolTip=_(tip))
            for key, (text, tip) in _TEXTS["buttons"].items()
        }
        new_start, *steps, compare = self.buttons.values()
        new_start.clicked.connect(lambda _checked: self._start(next_seed=True))
        actions = (KMeans.assign, KMeans.move, KMeans.back, KMeans.run)
        for button, action in zip(steps, actions, strict=True):
            button.clicked.connect(partial(self._act, action))
        compare.setCheckable(True)
        compare.toggled.connect(self._show)
        self.legend = prepared(QLabel(self), textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self.plot.menu.below = self.legend.text
        self.note = prepared(note_label("", self), objectName="cluster_note")
        self.about = note_label("", self)
        self.table = prepared(ShortTable(_(_TEXTS["table"]), self), objectName="cluster_classes")
        page = self.waiting.page_layout
        page.addLayout(flow(*self.boxes, self.k, new_start))
        # Above the plot, which shrinks as the text below grows: they are pressed in turn.
        page.addLayout(flow(*steps, compare))
        page.addWidget(self.plot, 1)
        for widget in (self.legend, self.note, self.table, self.about):
            page.addWidget(widget)
        workbench.facts_changed.connect(self._follow)

    def _choices(self) -> tuple[Any, ...]:
        """Return what the samples depend on."""
        (source, across, up), bench = self.boxes, self._workbench
        axes = across.currentText(), up.currentText()
        return bench.facts, bench.base, bench.models.trained, bool(source.currentData()), axes

    def _follow(self) -> None:
        if self._workbench.facts is None:
            self._requested_choices, self.samples = (), None
            self._wait()
        elif self.isVisible() and (asked := self._choices()) != self._requested_choices:
            self._requested_choices = asked
            self._worker.ask(asked, self._workbench.store.project)

    def _loaded(self, loaded: tuple[tuple[str, ...], bool, PlaneSamples | None]) -> None:
        columns, layer, samples = loaded
        if samples is None:
            self.samples = None
            self._wait()
            return
        source, *axes = self.boxes
        source.clear()
        if columns:
            source.addItem(_("Columns"), False)
        if layer:
            source.addItem(_(_TEXTS["hidden"]), True)
        source.setCurrentIndex(source.findData(not samples.names))
        for box in axes:
            box.setVisible(bool(samples.names))
        for box, name in zip(axes, samples.names, strict=False):
            box.clear()
            box.addItems(columns)
            box.setCurrentText(name)
        self._requested_choices = self._choices()
        self.waiting.ready()
        before, self.samples = self.samples, samples
        if before is None or not np.array_equal(before.at, samples.at):
            self._lowest = {}
            self._start()
            self.buttons["compare"].setChecked(False)

    def _start(self, *, next_seed: bool = False) -> None:
        self._seed += next_seed
        if (samples := self.samples) is not None:
            self.state = KMeans.random(samples.at, samples.scale, self.k.value(), self._seed)
        self._show()

    def _act(self, action: Callable[[KMeans], KMeans], _checked: bool = False) -> None:
        if self.state is not None:
            self.state = action(self.state)
            self._show()

    def _drag(self, origin: tuple[float, float], place: tuple[float, float]) -> None:
        number = int(np.abs(self.plot.drawn_at - origin).sum(axis=1).argmin())
        self._act(lambda state: state.drag(number, place))

    def _tell_lesson(self, *, comparing: bool) -> None:
        """Emit what was done with these clusters, see ``check_values.CLUSTERING``."""
        assert self.state is not None and self.samples is not None
        done = {step.action for step in self.state.steps[1:]}
        if self.state.settled:
            done |= {"end", f"end {len(self.state.current.centroids)}"}
        else:
            done.discard("drag")
        if comparing:
            data = self._workbench.store.project.data
            name = (data.name or Path(data.path).name) if self.samples.names else HIDDEN
            done |= {"compare", f"compare {name}"}
        for action in done:
            self._workbench.happened.emit(f"{CLUSTERED}:{action}")

    def _show(self) -> None:
        state, samples = self.state, self.samples
        if state is None or samples is None:
            return
        self.plot.show_state(samples, state)
        k, settled = len(state.current.centroids), state.settled
        titles = [_(_TEXTS["cluster"], number=number) for number in range(1, k + 1)]
        words = [_(_TEXTS["steps"][state.current.action], number=len(state.steps) - 1)]
        names = titles
        if state.assigned:
            counts = np.bincount(state.current.cluster_of, minlength=k)
            names = [f"{title}: {count}" for title, count in zip(titles, counts, strict=True)]
            past = [state.back().inertia] if state.back().assigned else []
            sums = " → ".join(format_number(value) for value in [*past, state.inertia])
            words.append(_(_TEXTS["inertia"], value=sums))
        if settled:
            words.append(_(_TEXTS["settled"]))
            self._lowest[k] = min(state.inertia, self._lowest.get(k, np.inf))
        self.legend.setText(class_legend(tuple(names)))
        self.note.setText(join_sentences(words))
        about = [_(_TEXTS["distances"])]
        if not samples.names:
            share = format_percent(samples.explained)
            about = [_("The plane shows {share} of the variance.", share=share)]
        if self._lowest:
            lowest = sorted(self._lowest.items())
            sums = join_values(
                f"k\u00a0=\u00a0{k}:\u00a0{format_number(inertia)}" for k, inertia in lowest
            )
            about.append(_(_TEXTS["lowest"], sums=sums))
        self.about.setText(join_sentences(about))
        # Pressed twice in a row, neither would change anything.
        self.buttons["assign"].setEnabled(not settled and state.current.action != "assign")
        self.buttons["move"].setEnabled(
            state.assigned and not settled and state.current.action != "move"
        )
        self.buttons["run"].setEnabled(not settled)
        self.buttons["back"].setEnabled(len(state.steps) > 1)
        compare, comparable = self.buttons["compare"], settled and bool(samples.classes)
        compare.setVisible(bool(samples.classes))
        compare.setEnabled(comparable)
        self.table.setVisible(comparable and compare.isChecked())
        self._tell_lesson(comparing=comparable and compare.isChecked())
        if comparable:
            table = state.classes_in_clusters(samples.class_of, len(samples.classes))
            rows = [[title, *map(str, row)] for title, row in zip(titles, table, strict=True)]
            self.table.show_rows(("", *samples.classes), rows)
