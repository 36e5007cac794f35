"""The tab Inside: activations of a row, and weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from netbuilder.core.catalog.layer_parser import describe_params
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_, pgettext
from netbuilder.core.project.model import Node
from netbuilder.core.wording import (
    format_number,
    format_percent,
    join_sentences,
    join_values,
    labelled,
)
from netbuilder.ui.forms.boxes import CountBox
from netbuilder.ui.plots import activation_strips
from netbuilder.ui.plots.images import ScaledPicture
from netbuilder.ui.plots.live import layer_strips as strip_places
from netbuilder.ui.plots.training_curves import short_number
from netbuilder.ui.results.empty_states import StaleNote, follow_next_step, next_step_sentence
from netbuilder.ui.results.word_vectors_view import WordVectorsView
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.views.canvas_strips import embedded_words, picture_of
from netbuilder.ui.services.views.live_activations import LiveActivationsService
from netbuilder.ui.services.views.sample_activations import (
    ActivationService,
    SampleActivations,
    without_sample,
)
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.empty_state import EmptyStatePage
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.results.layer_values import WeightStats

_NO_MODEL = N_("Press Train to see what each layer returns for one sample and what it has learned.")
_FIRST = N_("the outputs of each layer for one sample appear here in a moment.")
_BARE = N_("Below are its weights, as they are in the file.")
_EVERY_MS = 250
#: Pixels: the least and the largest side of a map, and the most that a picture is wide.
SIDE, LARGEST_SIDE, WIDE = 44, 96, 1600
_LEAST_SHARE = 0.0005  # that is written as more than 0.0%


class InsidePanel(QWidget):
    """Values, filters and weights of the selected layer, or all layers in a row; live during a run.

    Signals:
        value_requested(layer, place): a number was clicked (place in the output, or None).
    """

    value_requested = Signal(str, object)

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        activations_service: ActivationService,
        live: LiveActivationsService,
        selection_changed: Any,
        selection: tuple[str, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench = store, workbench
        self._activations_service, self._live = activations_service, live
        self._selection = selection
        self._look: SampleActivations | None = None
        self._bare: SampleActivations | None = None  # of a network without a row
        self.parts: list[QWidget] = []
        self.vectors = WordVectorsView(lambda: workbench.base, self)
        self.vectors.answered.connect(workbench.happened)
        self.vectors.hide()
        self._updates: list[Callable[[], None]] = []  # of parts that change with the numbers
        self._shown: tuple[Any, ...] = ()  # what the parts were made for
        self.waiting = EmptyStatePage.filling(self, _(_NO_MODEL), "strips")
        self.waiting.follow(workbench.run_changes, lambda: workbench.run_words, _(_FIRST))
        page = self.waiting.page_layout
        self.stale = StaleNote(workbench, self, live=True)
        page.addWidget(self.stale)
        label = prepared(QLabel(_("row"), self), role="field")
        self.number = prepared(CountBox(1, 1, self), accessibleName=_("Row of the test set"))
        label.setBuddy(self.number)
        self.random = prepared(QPushButton(_("Another row"), self), small=True)
        self.truth = note_label("", self)
        self._row = (label, self.number, self.random)
        row = hbox(label, self.number, self.random, (self.truth, 1))
        page.addLayout(row)
        self._place = vbox()
        page.addLayout(self._place)
        page.addStretch(1)
        self.number.valueChanged.connect(lambda value: activations_service.show_row(value - 1))
        self.random.clicked.connect(self._another)
        activations_service.changed.connect(self._answered)
        self._soon = QTimer(self, singleShot=True, interval=_EVERY_MS)
        self._soon.timeout.connect(self._show)
        live.changed.connect(self._moved)
        selection_changed.connect(self._select)
        theme.theme().changed.connect(self._rebuild)
        follow_next_step(workbench, self.waiting, self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _answered(self) -> None:
        """Update on the next turn of the event loop, after the canvas."""
        if self.isVisible():
            QTimer.singleShot(0, self, self._show)
        else:
            self._show()

    def _moved(self) -> None:
        if self._live.look is None:  # a run has begun: what is there is of an earlier one
            self._show()
        elif self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _another(self) -> None:
        self.number.setValue(int(np.random.default_rng().integers(1, self.number.maximum() + 1)))

    def _select(self, ids: tuple[str, ...]) -> None:
        self._selection = tuple(ids)
        self._show()

    def _rebuild(self) -> None:
        self._shown = ()
        self._show()

    def _clear(self) -> None:
        for part in self.parts:
            self._place.removeWidget(part)
            part.hide()
            if part is not self.vectors:  # which keeps its words
                part.deleteLater()
        self.parts, self._updates = [], []

    def _add(self, part: QWidget) -> None:
        self.parts.append(part)
        self._place.addWidget(part)

    def _add_words(self, words: Callable[[], str]) -> None:
        label = note_label(words(), self)
        self._add(label)
        self._updates.append(lambda: label.setText(words()))

    def _add_picture(self, make: Callable[[int], QImage | None], most: int) -> ScaledPicture:
        picture = ScaledPicture(make, most, self)
        self._add(picture)
        self._updates.append(picture.paint_again)
        return picture

    def _open_by_click(
        self,
        picture: ScaledPicture,
        node_id: str,
        find: Callable[[ScaledPicture, tuple[float, float]], tuple[int, ...] | None],
    ) -> None:
        picture.setCursor(Qt.CursorShape.PointingHandCursor)
        picture.setToolTip(_("Click a number to see on the canvas how it is computed"))

        def clicked(spot: QPointF) -> None:
            self.value_requested.emit(node_id, find(picture, (spot.x(), spot.y())))

        picture.clicked.connect(clicked)

    def _in_strip(
        self, node_id: str, height: int, picture: ScaledPicture, spot: tuple[float, float]
    ) -> tuple[int, ...] | None:
        size = picture.image_size
        values, words = self._values(node_id), embedded_words(self._of_look(), node_id)
        if words:
            chosen = strip_places.shown_words(words, picture.width_now)
            return strip_places.number_in_words(values.shape[1], chosen, size, spot)
        return strip_places.number_in_strip(values, size, spot, height, picture.width_now)

    def _in_maps(
        self, node_id: str, picture: ScaledPicture, spot: tuple[float, float]
    ) -> tuple[int, ...] | None:
        side, columns = _map_grid(picture.width_now)
        return strip_places.number_in_maps(self._values(node_id).shape, side, columns, spot)

    def _show(self) -> None:
        self._soon.stop()
        look = self._live.look or self._activations_service.look_now or self._weights_only()
        if look is None:
            if self._workbench.models.trained is None and not self._workbench.training:
                self.waiting.restart()
            waiting = (
                self._workbench.models.trained is not None and not self._activations_service.trouble
            )
            training = self._workbench.training
            words = (
                _("Computing…") if waiting and not training else self._activations_service.trouble
            )
            words = "" if training else words
            self.waiting.wait(words or next_step_sentence(self._workbench, _(_NO_MODEL)))
            return
        if not self.isVisible():
            return
        self._look = look
        blocked = self.number.blockSignals(True)
        self.number.setRange(1, max(look.rows, 1))
        if not self.number.hasFocus() or look.index == self._activations_service.index:
            self.number.setValue(look.index + 1)
        self.number.blockSignals(blocked)
        bare = look is self._bare
        for widget in self._row:  # of a person's own sample only the way to another
            widget.setVisible(not bare and (not look.own or widget is self.random))
        about = look.truth_words
        of_rows = pgettext(
            "behind the number of a row", "of {count}", count=format_number(look.rows, ",.0f")
        ) + (f" · {about}" if about else "")
        self.truth.setText(
            join_sentences((self._activations_service.trouble, _(_BARE)))
            if bare
            else look.own_words or of_rows
        )
        there = look.project.graph.by_id if bare else look.values
        chosen = [layer for layer in self._selection if layer in there]
        layer = chosen[0] if len(chosen) == 1 else ""
        content = (look.project.graph, layer, tuple(look.values), self._weights(layer))
        if content[0] is not (self._shown or (None,))[0] or content[1:] != self._shown[1:]:
            self._shown = content
            self._clear()
            if layer:
                self._lay_layer(layer)
            else:
                self._lay_all()
        else:
            for update in self._updates:
                update()
        # Last: a page that comes to the front is resized, and what stands there paints itself
        # from the newest look, which may have none of the layers of the look before.
        self.waiting.ready()

    def _weights_only(self) -> SampleActivations | None:
        """Return the weights of a network without data."""
        trained = self._workbench.models.trained
        if trained is None or self._workbench.training or not self._activations_service.trouble:
            return None
        if self._bare is None or self._bare.trained is not trained:
            self._bare = without_sample(trained)
        return self._bare

    def _weights(self, node_id: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
        weights = self._of_look().weights_of(node_id) if node_id else {}
        return tuple((name, value.shape) for name, value in weights.items())

    def _of_look(self) -> SampleActivations:
        assert self._look is not None
        return self._look

    def _values(self, node_id: str) -> NDArray[Any]:
        return np.asarray(self._of_look().values[node_id])

    def _lay_all(self) -> None:
        graph = self._of_look().project.graph
        for node_id in graph.order:
            if self._of_look() is self._bare:
                self._lay_weights_of(node_id)
                continue
            if node_id not in self._of_look().values:
                continue
            node = graph.by_id[node_id]
            spec = LAYERS.get(node.layer)
            words = f"{node.layer}  {describe_params(node.params, spec) if spec else ''}".strip()
            title = note_label(words, self, role="body")
            self._add(title)
            picture = self._add_picture(partial(self._titled, title, words, node_id), WIDE)
            self._open_by_click(picture, node_id, partial(self._in_small, node_id))
        self._add(note_label(_("Select a layer on the canvas to inspect it."), self))

    def _raw(self, node_id: str) -> NDArray[Any] | None:
        return self._of_look().raw.get(node_id)

    def _told(self, node_id: str) -> bool:
        """Return whether a layer's output has words or named numbers."""
        look = self._of_look()
        named = node_id in look.told or node_id in look.answers
        return named and self._values(node_id).ndim == 1

    def _in_small(
        self, node_id: str, picture: ScaledPicture, spot: tuple[float, float]
    ) -> tuple[int, ...] | None:
        return None if self._told(node_id) else self._in_strip(node_id, 36, picture, spot)

    def _titled(self, title: QLabel, words: str, node_id: str, width: int) -> QImage | None:
        values = self._values(node_id)
        if values.ndim > 2 and not (values.ndim == 3 and values.shape[2] in (1, 3)):
            visible = activation_strips.maps_in_strip(width, 36)[0]
            title.setText(_with_part(words, visible, values.shape[2 if values.ndim == 3 else 0]))
        return self._small(node_id, width)

    def _small(self, node_id: str, width: int) -> QImage | None:
        """Return one line of pictures, or the layer's words or named numbers."""
        look = self._of_look()
        if self._told(node_id):
            node = look.project.graph.by_id[node_id]
            return picture_of(look, node, self._values(node_id))
        return self._strip(node_id, 36, width)

    def _strip(self, node_id: str, height: int, width: int) -> QImage | None:
        values, words = self._values(node_id), embedded_words(self._of_look(), node_id)
        if words:
            return strip_places.words_strip(values, words, width, height)
        return activation_strips.activation_strip(
            values, width, height=height, colored=self._colors(node_id)
        )

    def _colors(self, node_id: str) -> Callable[[NDArray[Any]], list[QImage]]:
        return activation_strips.colors_of(self._of_look().project.graph.by_id[node_id].layer)

    def _lay_layer(self, node_id: str) -> None:
        graph = self._of_look().project.graph
        node = graph.by_id[node_id]
        owner = graph.by_id.get(node.shared or "", node)
        if "embeddings" in self._of_look().weights_of(owner.id):
            self._lay_vectors(owner)
        if node_id in self._of_look().values:
            self._lay_values(node)
        if self._filters(owner) is not None:
            filters = _with_part(
                _("Filters"), activation_strips.MOST_MAPS, len(self._filters(owner))
            )
            self._add(_title(filters, self))
            self._add_picture(partial(self._painted_filters, owner), WIDE)
            if self._filters(owner).ndim == 3:  # else they are in colour
                self._add(note_label(_("Blue: weights above 0. Orange: below 0."), self))
        self._lay_weights(owner)

    def _lay_weights_of(self, node_id: str) -> None:
        node = self._of_look().project.graph.by_id[node_id]
        if self._of_look().weights_of(node_id):
            self._add(_title(f"{node.layer} “{node_id}”", self))
            self._lay_layer(node_id)

    def _lay_vectors(self, owner: Node) -> None:
        if self.vectors in self.parts:
            return
        self._add(self.vectors)
        self.vectors.show_look(self._of_look(), owner.id)
        self.vectors.show()
        self._updates.append(lambda: self.vectors.show_look(self._of_look(), owner.id))

    def _lay_values(self, node: Node) -> None:
        node_id, values = node.id, self._values(node.id)
        self._add(_title(_("Output of {layer} “{name}”", layer=node.layer, name=node_id), self))
        if values.dtype.kind in "fiub" and values.size:
            self._add_words(lambda: span_words(self._values(node_id), self._raw(node_id)))
            if self._told(node_id):  # bars have no scale
                self._add_picture(partial(self._small, node_id), WIDE)
            if values.size == 1:
                pass  # it stands there in words
            elif values.ndim == 3 and values.shape[2] == 3:
                picture = self._add_picture(
                    lambda width: _montage(self._values(node_id), width), 180
                )
                self._open_by_click(picture, node_id, lambda _picture, _spot: None)
            elif values.ndim == 3:
                from netbuilder.core.results.layer_values import as_pictures

                if part := _with_part("", activation_strips.MOST_MAPS, values.shape[2]):
                    self._add(note_label(part, self))
                picture = self._add_picture(
                    lambda width: _maps(
                        as_pictures(self._values(node_id)), width, self._colors(node_id), named=True
                    ),
                    WIDE,
                )
                self._open_by_click(picture, node_id, partial(self._in_maps, node_id))
            else:
                picture = self._add_picture(partial(self._strip, node_id, 72), WIDE)
                self._open_by_click(picture, node_id, partial(self._in_strip, node_id, 72))

    def _filters(self, owner: Node) -> Any:
        from netbuilder.core.results.layer_values import layer_filters

        return layer_filters(owner.layer, self._of_look().weights_of(owner.id))

    def _painted_filters(self, owner: Node, width: int) -> QImage:
        return _maps(self._filters(owner), width, activation_strips.signed_images)

    def _stats(self, owner: Node, name: str) -> WeightStats:
        from netbuilder.core.results.layer_values import array_stats

        (stats,) = array_stats({name: self._of_look().weights_of(owner.id)[name]})
        return stats

    def _lay_weights(self, owner: Node) -> None:
        look = self._of_look()
        weights = look.weights_of(owner.id)
        if look.too_large(owner.id):
            self._add(
                note_label(
                    _(
                        "The layer has too many weights to show during training; they appear "
                        "after the run."
                    ),
                    self,
                )
            )
        for name, value in weights.items():
            if value.dtype.kind not in "fiu" or value.size == 0:
                continue
            about = [" × ".join(map(str, value.shape))]
            if name in look.frozen(owner.id):
                about.append(_("frozen"))
            self._add(_title(f"{name} ({join_values(about)})", self))
            self._add_words(partial(self._weight_words, owner, name))
            if value.size == 1:
                continue
            picture = self._add_picture(partial(self._histogram, owner, name), WIDE)
            picture.setToolTip(
                _("Histogram of the weights, from the smallest value to the largest")
            )

    def _weight_words(self, owner: Node, name: str) -> str:
        stats = self._stats(owner, name)
        if stats.count == 1:
            return labelled(_counted(1), short_number(stats.mean))
        facts = _(
            "{weights} from {low} to {high}, mean {mean}, standard deviation {deviation}",
            weights=_counted(stats.count),
            low=short_number(stats.minimum),
            high=short_number(stats.maximum),
            mean=short_number(stats.mean),
            deviation=short_number(stats.deviation),
        )
        near = _("{share} near 0", share=format_percent(stats.near_zero))
        return join_values((facts, near)) if stats.near_zero >= _LEAST_SHARE else facts

    def _histogram(self, owner: Node, name: str, width: int) -> QImage:
        stats = self._stats(owner, name)
        return activation_strips.histogram_image(stats.counts, stats.edges, width)


def span_words(values: NDArray[Any], raw: NDArray[Any] | None) -> str:
    """Return count and range of numbers in words; ``raw``: in the data's units."""
    numbers = _numbers(values.shape)
    if (
        raw is not None
        and raw.dtype.kind in "fiu"
        and raw.size == values.size
        and not np.allclose(raw.reshape(-1), values.reshape(-1), 1e-3, equal_nan=True)
    ):
        numbers = _("{numbers} after scaling", numbers=numbers)
    if values.size == 1:
        return labelled(numbers, short_number(float(values.reshape(-1)[0])))
    dead = float((values == 0).mean())
    zero = _("{share} of them 0", share=format_percent(dead)) if dead > 0.01 else ""
    span = _(
        "{numbers}, from {low} to {high}",
        numbers=numbers,
        low=short_number(float(values.min())),
        high=short_number(float(values.max())),
    )
    return join_values(filter(None, (span, zero)))


def _montage(values: NDArray[Any], width: int) -> QImage:
    return activation_strips.map_montage(values[None], width, columns=1)


def _title(text: str, parent: QWidget) -> QLabel:
    """Return a wrapping heading: layer names may be long."""
    return note_label(text, parent, role="heading")


def _maps(
    maps: NDArray[Any],
    width: int,
    colored: Callable[[NDArray[Any]], list[QImage]],
    *,
    named: bool = False,
) -> QImage:
    factors = activation_strips.map_factors(maps) if named and maps.ndim == 3 else []
    return activation_strips.map_montage(maps, *_map_grid(width), colored=colored, factors=factors)


def _map_grid(width: int) -> tuple[int, int]:
    """Return the side of a map, and how many fit beside each other."""
    side = min(max(width // 10, SIDE), LARGEST_SIDE)
    return side, max((width + activation_strips.GAP) // (side + activation_strips.GAP), 1)


def _with_part(words: str, visible: int, total: int) -> str:
    if visible >= total:
        return words
    part = _("{count} of {total} shown", count=visible, total=total)
    return f"{words} · {part}" if words else part


def _numbers(shape: tuple[int, ...]) -> str:
    sizes = " × ".join(str(size) for size in shape) or "1"
    return ngettext("{sizes} number", "{sizes} numbers", math.prod(shape), sizes=sizes)


def _counted(count: int) -> str:
    return ngettext("{count} weight", "{count} weights", count, count=format_number(count, ",.0f"))
