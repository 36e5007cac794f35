"""The prediction form for a picture: of the data, a file, the clipboard, a camera, or drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from PySide6.QtCore import QMimeData, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QPushButton, QWidget

from netbuilder.core.data.kinds.images import IMAGE
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import join_sentences
from netbuilder.ui.kinds.predict_form import (
    Explanation,
    PredictForm,
    PredictionRequest,
    file_sample,
    local_file,
    request_for_file,
    request_for_raw,
)
from netbuilder.ui.plots.activation_strips import map_montage
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.draw_pad import DrawPad
from netbuilder.ui.plots.images import fitted, levels, to_image
from netbuilder.ui.services.devices import PICTURES_A_SECOND, Camera, PictureSource
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.file_dialogs import ask_open
from netbuilder.ui.widgets.layouts import STRETCH, FlowLayout, hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.predict import Predictions


#: Edges in pixels of the pad, of the pictures beside it, and of a page with room for a larger pad.
PAD_SIDE, PICTURE_SIDE, _WIDE, _LARGE_PAD = 320, 72, 900, 480
#: Height of a window with room for a larger pad.
_HIGH = 900
#: Least edge of the pad and least width of the bars beside it; else they stand below it.
_LEAST_PAD, _LEAST_BARS = 200, 124
#: A picture's edge is looked at in this size; between these shades it says nothing of the page.
_EDGE, _UNSURE = 32, (0.35, 0.65)
PICTURES = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp")
_CAMERA, _DRAWING = N_("camera picture"), N_("your drawing")
Found = TypeVar("Found")


class PictureForm(PredictForm):
    """The pad, which also shows pictures, beside it the classes, and buttons below (``ways``)."""

    modalities = (IMAGE,)
    numbered = N_("Test picture {number} of {count}")
    why_at = 1
    steady = True
    most_classes = 30
    words = N_("This network takes a picture: draw one or open a file.")

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._look: SampleActivations | None = None
        self._own = False
        self._trained: TrainedModel | None = None
        self.answered = False  # with a picture
        self.drawn_soon = QTimer(self, singleShot=True, interval=40)
        self.drawn_soon.timeout.connect(self._ask_drawing)
        # The pad stands above all that changes: it must not move under the pen.
        self.pad = DrawPad(self)
        self.pad.enlarge(PAD_SIDE)
        self.picture = prepared(QLabel(self), accessibleName=_("The network's input"))
        self._why: Explanation | None = None
        self.drawn_again = prepared(QLabel(self), toolTip=_("The prediction, as a picture"))
        self.drawn_again.hide()
        self._bars: BarList | None = None
        self._picture_row = hbox(self.picture, self.drawn_again, STRETCH, spacing=8)
        self._beside = vbox(self._picture_row, STRETCH, spacing=8)
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._columns.setSpacing(16)
        self._columns.addWidget(self.pad, 0, Qt.AlignmentFlag.AlignTop)
        self._columns.addLayout(self._beside, 1)
        self.page.addLayout(self._columns)
        self.ways = FlowLayout(spacing=8)
        self.draw_button = prepared(QPushButton(_("Draw"), self), checkable=True)
        self.draw_button.setToolTip(_("Draw a picture. It is prepared like the training pictures."))
        self.clear_button = QPushButton(_("Clear drawing"), self)
        self.picture_button = QPushButton(_("Predict for a picture…"), self)
        self.paste_button = prepared(
            QPushButton(_("Paste a picture"), self),
            toolTip=_(
                "Predict for the copied picture ({keys}). You can also drop one here.",
                keys=key_text("Ctrl+V"),
            ),
        )
        self.camera = CameraButton(self)
        self.turn_button = prepared(QPushButton(_("Invert"), self), checkable=True)
        self.turn_button.setToolTip(_("Predict for the picture with dark and bright swapped."))
        self.turn_button.hide()
        self.own_picture: tuple[QImage, str, str] | None = None
        self._turned_by_hand = False
        for button in (
            self.draw_button,
            self.clear_button,
            self.camera,
            self.picture_button,
            self.paste_button,
            self.turn_button,  # last: it comes and goes
        ):
            self.ways.addWidget(button)
        self.page.addLayout(self.ways)
        self.paste_button.clicked.connect(self.paste)
        self.turn_button.clicked.connect(self._turned)
        self.picture_button.clicked.connect(self._ask_picture)
        self.draw_button.toggled.connect(self._draw_toggled)
        self.clear_button.clicked.connect(self._clear_page)
        self.pad.begun.connect(lambda: self.draw_button.setChecked(True))
        self.pad.drawn.connect(self.drawn_soon.start)
        self.camera.seen.connect(
            lambda image: self._answer(image, _("The camera's picture."), _CAMERA)
        )
        self.camera.failed.connect(self.said)
        self._draw_toggled(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the bars beside the pad or, in a narrow dock, below it."""
        super().resizeEvent(event)
        width = event.size().width()
        room = width - self._columns.spacing() - _LEAST_BARS
        beside = room >= _LEAST_PAD
        largest = _LARGE_PAD if width > _WIDE and self.window().height() > _HIGH else PAD_SIDE
        side = min(largest, room if beside else width)
        if side != self.pad.width():
            self.pad.enlarge(side)
        directions = QBoxLayout.Direction
        self._columns.setDirection(directions.LeftToRight if beside else directions.TopToBottom)

    def place_bars(self, bars: QWidget) -> None:
        self._bars = cast("BarList", bars)
        self._beside.insertWidget(0, bars)

    def place_why(self, why: Explanation) -> None:
        super().place_why(why)
        self._picture_row.insertWidget(1, why.picture)
        if self._why is None:
            self._why = why
            why.picture_ready.connect(self._make_room)

    def _make_room(self) -> None:
        """Show one picture beside the pad: an explanation, a predicted picture, or the input."""
        drawing = self.draw_button.isChecked()
        self.drawn_again.setVisible(self.answered and not self._explained)
        self.picture.setVisible(drawing and not (self._explained or self.answered))
        if self._bars is not None:
            self._bars.set_thick(not self._explained)  # the explanation stands below them
        if drawing and self._look is not None and not self.isHidden():
            self.said.emit(self.beside)

    @property
    def _explained(self) -> bool:
        return self._why is not None and not self._why.picture.isHidden()

    @property
    def beside(self) -> str:
        if self._explained:
            return _("Next to the drawing: the evidence that the network found in it.")
        if self.answered:
            return _("Next to the drawing: the network's prediction as a picture.")
        return _("Next to the drawing: the input that the network gets.")

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        self._look, self._own, self.own_picture = None, False, None
        self.turn_button.hide()
        self.drawn_soon.stop()
        self.picture.clear()
        self._trained, self.answered = trained, False
        self.drawn_again.hide()
        if fresh:
            self.pad.clear()
            self.pad.show_picture(QPixmap())
            self.drawn_soon.stop()
            self.draw_button.setChecked(False)
            self.camera.setChecked(False)

    def end(self) -> None:
        self.drawn_soon.stop()
        self.camera.setChecked(False)

    @property
    def busy(self) -> bool:
        return self._own or self.draw_button.isChecked() or self.camera.isChecked()

    def show_look(self, look: SampleActivations, about: str, requested: bool) -> None:
        first, self._look = self._look is None, look
        if requested:
            self._own = False
            self.draw_button.setChecked(False)
            self.camera.setChecked(False)
        elif self.busy:
            if first:
                self.drawn_soon.start()  # the network is another one
            return
        self.turn_button.hide()
        name, values = next(iter(look.raw.items()))
        self._show_pixels(look.values.get(name, values))
        self._own = bool(look.own)
        self.asked.emit(request_for_raw(look.raw, about, by_hand=False, own=look.own))

    def show_answer(self, predictions: Predictions) -> None:
        from netbuilder.core.results.predict import prediction_picture

        image = (
            prediction_picture(self._trained, predictions) if self._trained is not None else None
        )
        self.answered = image is not None
        self._make_room()
        if image is not None:
            self.drawn_again.setPixmap(pixmap_of(image, PAD_SIDE // 2))
            self.drawn_again.setAccessibleName(_("Predicted picture"))

    def _draw_toggled(self, on: bool) -> None:
        self._make_room()
        self.clear_button.setEnabled(on)
        if on:
            self._own = False
            self.pad.show_picture(QPixmap())
            self.turn_button.hide()
            self.camera.setChecked(False)
            self.pad.setFocus(Qt.FocusReason.OtherFocusReason)  # undo is the drawing's
            self._ask_drawing()
        elif self._look is not None and not self._own:
            self.show_look(self._look, self.words, False)

    def _clear_page(self) -> None:
        self.pad.clear()
        self.pad.setFocus(Qt.FocusReason.OtherFocusReason)

    def _ask_drawing(self) -> None:
        if not self.draw_button.isChecked():
            return
        if self._look is None:
            self.nothing.emit(
                _(
                    "A drawing needs the data set, to be prepared like its pictures. Choose the "
                    "data first."
                )
            )
            return
        from netbuilder.core.results import drawn_sample

        name, like = next(iter(self._look.raw.items()))
        low, top, dark = self._page()
        self.pad.show_dark_ink(dark)
        try:
            sample = drawn_sample.prepare_drawing(
                self.pad.ink(), like.shape, top, low=low, dark_ink=dark
            )
        except UserError as error:
            self.picture.clear()  # the last picture is not what was drawn
            self.answered = False
            self._make_room()
            self.nothing.emit(str(error))
            return
        self._show_pixels(sample)
        self.asked.emit(
            request_for_raw({**self._look.raw, name: sample}, self.beside, own=_DRAWING)
        )

    def _show_pixels(self, image: Any) -> None:
        """Show an array in the pad or, of a drawing, beside it."""
        if image.ndim == 3 and self.draw_button.isChecked():
            self.picture.setPixmap(pixmap_of(image, PICTURE_SIDE))
        elif image.ndim == 3:
            self.pad.show_picture(pixmap_of(image, PAD_SIDE))

    def _ask_picture(self) -> None:
        endings = " ".join(f"*{ending}" for ending in PICTURES)
        path = ask_open(self, _("Choose a picture"), _("Pictures ({endings})", endings=endings))
        if path is not None:
            self.answer_picture(path)

    def answer_picture(self, path: Path) -> None:
        self.camera.setChecked(False)
        image = QImage(str(path))
        if self._is_other_way_round(image):
            self.answer_image(image, f"{path.name}.")
            return
        self.own_picture = (image, f"{path.name}.", path.name)
        self._show_own(image)
        self._offer_turn(False)
        self.asked.emit(request_for_file(path, path.name))

    def answer_image(self, image: QImage, about: str) -> None:
        self.camera.setChecked(False)
        self._answer(image, about, _("your picture"))

    def _answer(self, image: QImage, about: str, own: str) -> None:
        """Predict for a picture; one brighter or darker than the data is inverted first."""
        goes_on = self.own_picture is not None and self.own_picture[2] == own == _CAMERA
        self.own_picture = (image, about, own)
        if not (goes_on and self._turned_by_hand):  # the next picture of the same camera
            self._turned_by_hand = False
            self._offer_turn(self._is_other_way_round(image))
        self._answer_as(self.turn_button.isChecked())

    def _turned(self, on: bool) -> None:
        self._turned_by_hand = True
        if self._own:
            self._answer_as(on)

    def _answer_as(self, turned: bool) -> None:
        if self.own_picture is None:
            return
        image, about, own = self.own_picture
        if turned:
            image = image.convertToFormat(QImage.Format.Format_RGB32)
            image.invertPixels()
            about = join_sentences(
                (
                    about,
                    _(
                        "The picture is inverted, because the training pictures have the opposite"
                        " brightness."
                    ),
                )
            )
        self._show_own(image)
        self.asked.emit(
            PredictionRequest(
                lambda model: _with_file(image, lambda file: _answer(model, file)),
                lambda model: _with_file(image, lambda file: file_sample(model, file)),
                about,
                own=own,
            )
        )

    def _offer_turn(self, turned: bool) -> None:
        self.turn_button.setChecked(turned)
        grey = self._look is not None and self._sample.shape[-1:] == (1,)
        self.turn_button.setVisible(grey)

    @property
    def _sample(self) -> Any:
        return next(iter(self._look.raw.values())) if self._look is not None else np.zeros(0)

    def _is_other_way_round(self, image: QImage) -> bool:
        """Return whether a grey picture's page is bright and the data's dark, or the reverse."""
        if self._look is None or image.isNull() or self._sample.shape[-1:] != (1,):
            return False
        small = image.scaled(_EDGE, _EDGE).convertToFormat(QImage.Format.Format_Grayscale8)
        rows = np.frombuffer(small.constBits(), np.uint8).reshape(_EDGE, -1)[:, :_EDGE]
        edge = np.median(np.concatenate([rows[0], rows[-1], rows[:, 0], rows[:, -1]])) / 255
        if _UNSURE[0] < edge < _UNSURE[1]:
            return False
        return bool((edge > 0.5) != self._page()[2])

    def _page(self) -> tuple[float, float, bool]:
        """Return the data's lowest and highest pixel value, and whether its page is bright."""
        from netbuilder.core.results.drawn_sample import picture_style

        assert self._look is not None and self._look.trained is not None
        name, like = next(iter(self._look.raw.items()))
        known = self._look.trained.preprocessing.inputs.get(name)
        return picture_style(like, known.value_range if known is not None else ())

    def _show_own(self, image: QImage) -> None:
        self._own = True
        self.draw_button.setChecked(False)
        self.pad.show_picture(fitted(image, PAD_SIDE))

    def paste(self) -> None:
        if not self.take(QGuiApplication.clipboard().mimeData()):
            self.said.emit(_("The clipboard contains no picture. Copy a picture first."))

    def takes(self, data: QMimeData) -> bool:
        return data.hasImage() or local_file(data, PICTURES) is not None

    def take(self, data: QMimeData) -> bool:
        path = local_file(data, PICTURES)
        if path is not None:
            self.answer_picture(path)
            return True
        image = QImage(data.imageData()) if data.hasImage() else QImage()
        if image.isNull():
            return False
        self.answer_image(image, _("The pasted picture."))
        return True


def pixmap_of(image: Any, side: int = 140) -> QPixmap:
    """Return a picture as a pixmap ``side`` pixels wide, grey with one channel."""
    if image.shape[2] == 3:
        return _framed(QPixmap.fromImage(map_montage(image[None], side, 1)))
    return _framed(fitted(to_image(levels(image[:, :, 0])), side))


def _framed(picture: QPixmap) -> QPixmap:
    if picture.isNull():  # a file that is no picture
        return picture
    with QPainter(picture) as painter:
        painter.setPen(QColor(theme.colors().hairline))
        size = picture.deviceIndependentSize()
        painter.drawRect(0, 0, round(size.width()) - 1, round(size.height()) - 1)
    return picture


def _with_file(image: QImage, ask: Callable[[Path], Found]) -> Found:
    """Return the result of ``ask`` for the picture in a file, so that it is read like any other."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "given.png"
        image.save(str(file))
        return ask(file)


def _answer(model: TrainedModel, file: Path) -> Predictions:
    from netbuilder.core.results.predict import predict_files

    return predict_files(model, [file])


class CameraButton(QPushButton):
    """Captures while it is down. ``seen(image)``: a frame; ``failed(words)``.

    ``page``: no frames while it is hidden; ``make``: creates the camera.
    """

    seen = Signal(QImage)
    failed = Signal(str)

    def __init__(self, page: QWidget, *, make: Callable[[QObject], PictureSource] = Camera) -> None:
        super().__init__(_("Camera"), page)
        self._page, self.make = page, make
        self._source: PictureSource | None = None
        self._frame = QImage()
        self._pace = QTimer(self, interval=1000 // PICTURES_A_SECOND)
        self._pace.timeout.connect(self._tell)
        self.setCheckable(True)
        self.setToolTip(_("Predict continuously for the camera's picture."))
        self.toggled.connect(self._toggled)

    def _toggled(self, on: bool) -> None:
        self._pace.stop()
        self._frame = QImage()
        source, self._source = self._source, None
        if source is not None:
            source.close()
            source.deleteLater()
        if on:
            self._source = self.make(self)
            self._source.shown.connect(self._look)
            self._source.failed.connect(self._failed)
            self._pace.start()
            self._source.open()

    def _look(self, image: QImage) -> None:
        self._frame = image

    def _tell(self) -> None:
        # A camera that looks while nobody sees it is none that a class wants. A tab behind others
        # is not hidden for Qt: nothing of it is to be seen.
        if self._page.visibleRegion().isEmpty():
            self.setChecked(False)
            return
        frame, self._frame = self._frame, QImage()
        if not frame.isNull():
            self.seen.emit(frame)

    def _failed(self, problem: str, fix: str) -> None:
        self.setChecked(False)
        self.failed.emit(join_sentences((problem, fix)))
