"""The start page, which lies over the window: recent files, lessons, examples, own data."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from netbuilder.core.data.examples import list_examples
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.lessons.formulas import replace_formulas
from netbuilder.core.lessons.glossary import GLOSSARY, Drawing
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.library import LessonFolder, lesson_folders
from netbuilder.core.wording import join_sentences
from netbuilder.ui.gallery.glossary_drawings import DrawingView
from netbuilder.ui.plots.sparkline import Sparkline
from netbuilder.ui.services import jobs, lesson_session, settings
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.widgets.flow_layout import FlowLayout
from netbuilder.ui.widgets.keyboard_widgets import ClickableCard
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import vbox

PICTURE_RATIO = 9 / 16
#: Size in pixels, for the positions of a picture's texts.
DRAWN_WIDE = 320
#: Characters after which a path may wrap.
_BREAKS = re.compile(r"([/\\_.-])")


class PictureLabel(QWidget):
    """A picture as wide as its card, with the card's round corners, or a colour."""

    def __init__(self, path: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QImage(str(path)) if path is not None else QImage()
        self._words = json.loads(self._picture.text("words") or "[]")
        self._shown: dict[bool, QImage] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(40)

    def sizeHint(self) -> QSize:
        return QSize(200, round(200 * PICTURE_RATIO))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(width * PICTURE_RATIO)

    def resizeEvent(self, event: QEvent) -> None:
        self.setFixedHeight(self.heightForWidth(self.width()))
        super().resizeEvent(event)  # type: ignore[arg-type]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setClipPath(path)
        if self._picture.isNull():
            painter.fillRect(self.rect(), theme.colors().canvas)
        else:
            dark = theme.colors().dark
            if dark not in self._shown:
                self._shown = {dark: in_dark(self._picture) if dark else self._picture}
            painter.drawImage(self.rect(), self._shown[dark])
            painter.scale(self.width() / DRAWN_WIDE, self.height() / (DRAWN_WIDE * PICTURE_RATIO))
            for word in self._words:
                _write(painter, word)
        painter.end()


def _write(painter: QPainter, word: Mapping[str, Any]) -> None:
    """Draw a text of a picture where ``scripts/example_pictures.py`` placed it."""
    x, y, wide, high = word["box"]
    painter.save()
    if word["upwards"]:
        painter.translate(x, y + high)
        painter.rotate(-90)
        x, y, wide, high = 0, 0, high, wide
    font = painter.font()
    font.setPixelSize(12)
    painter.setFont(font)
    painter.setPen(QColor(getattr(theme.colors(), word["color"])))
    align = Qt.AlignmentFlag.AlignLeft if word["left"] else Qt.AlignmentFlag.AlignHCenter
    text = _(word["text"], **word["values"])
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(wide))
    painter.drawText(QRectF(x, y, wide, high), align | Qt.AlignmentFlag.AlignVCenter, shown)
    painter.restore()


def in_dark(picture: QImage) -> QImage:
    """Invert the lightness of a picture but not its hues, for the dark scheme.

    Each channel c of a pixel becomes (c - min) + (255 - max); black becomes the canvas's colour.
    """
    picture = picture.convertToFormat(QImage.Format.Format_RGB888)
    wide, high = picture.width(), picture.height()
    lines = bytes(picture.constBits()), picture.bytesPerLine()
    planes = [
        b"".join(
            lines[0][top + channel : top + 3 * wide : 3]
            for top in range(0, high * lines[1], lines[1])
        )
        for channel in range(3)
    ]
    grey = QImage.Format.Format_Grayscale8
    least, *others = (
        QImage(plane, wide, high, wide, grey).convertToFormat(QImage.Format.Format_RGB32)
        for plane in planes
    )
    most = least.copy()
    modes = QPainter.CompositionMode
    for other in others:
        _compose(least, other, modes.CompositionMode_Darken)
        _compose(most, other, modes.CompositionMode_Lighten)
    most.invertPixels()
    found = picture.convertToFormat(QImage.Format.Format_RGB32)
    _compose(found, least, modes.CompositionMode_Difference)
    _compose(found, most, modes.CompositionMode_Plus)
    least.fill(QColor(theme.colors().canvas))
    _compose(found, least, modes.CompositionMode_Screen)
    return found


def _compose(onto: QImage, image: QImage, mode: QPainter.CompositionMode) -> None:
    painter = QPainter(onto)
    painter.setCompositionMode(mode)
    painter.drawImage(0, 0, image)
    painter.end()


class PictureCard(ClickableCard):
    """Picture, title, words and foot of a file; ``breakable`` paths may wrap after each part."""

    def __init__(
        self,
        title: str,
        words: str,
        foot: str,
        picture: QWidget | None = None,
        parent: QWidget | None = None,
        *,
        progress: float | None = None,
        learn: str = "",
        breakable: bool = False,
    ) -> None:
        description = join_sentences((words, learn, foot))
        super().__init__(title, description, parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(3)
        if picture is not None:
            layout.addWidget(picture)
        if breakable:
            title, words = (_BREAKS.sub("\\1\u200b", text) for text in (title, words))
        layout.addWidget(note_label(title, self, role="heading"))
        for text in filter(None, (words, learn)):
            layout.addWidget(note_label(text, self))
        layout.addStretch(1)
        if progress is not None:
            bar = QProgressBar(self)
            bar.setTextVisible(False)
            bar.setRange(0, 1000)
            bar.setValue(round(1000 * progress))
            layout.addWidget(bar)
        if foot:
            caption = QLabel(foot, self)
            caption.setProperty("role", "caption")
            caption.setWordWrap(True)
            layout.addWidget(caption)


CARD_WIDTH = 232
SHOWN_RECENT = 4
#: Size of a lesson's drawing.
_THUMBNAIL = 0.85
#: Drawings on the cards, by the lesson's name.
LESSON_DRAWINGS: Mapping[str, Drawing] = {
    "what_is_a_network": ("net", "3", "4", "4", "2"),
    "first_model": ("points", "3"),
    "activations_and_losses": ("functions", "relu", "sigmoid", "tanh"),
    "optimizers": ("valley", "good"),
    "overfitting": ("curves", "overfit"),
    "scaling": ("bars", "−1 3", "0 6", "1 3"),
    "pictures": ("window", "3"),
    "sequences": ("line", "series"),
    "text": ("words", "good", "great", "bad", "awful"),
    "word_vectors": ("words", "queen", "king", "boat", "ship"),
    "language_model": ("bars", "cat 6", "king 3", "ship 1"),
    "confusion_and_bias": ("matrix", "3"),
    "bias_by_group": ("bars", "A 9", "B 5"),
    "comparing_methods": ("line", "fit"),
    "model_card": ("table", "4"),
    "transfer": ("net", "4", "4", "4", "3"),
    "own_picture_project": ("batches", "4"),
    "taking_it_away": ("table", "last"),
}


class StartPage(QWidget):
    """Covers the window below its top bar while it is open; ``closed``: it was hidden."""

    example_chosen = Signal(str)
    lesson_chosen = Signal(object)
    file_chosen = Signal(object)
    data_requested = Signal()
    folder_requested = Signal()
    empty_requested = Signal()
    open_requested = Signal()
    tour_requested = Signal()
    closed = Signal()

    def __init__(self, window: QWidget, top: Callable[[], int]) -> None:
        super().__init__(window)
        self.setObjectName("start-page")
        self.setAccessibleName(_("Start page"))
        self._top = top
        self._beside: Path | None = None
        self.example_cards: dict[str, PictureCard] = {}
        self.lesson_cards: dict[str, PictureCard] = {}
        self.recent_cards: list[PictureCard] = []
        self.continue_card: PictureCard | None = None
        self._curves: dict[Path, Sparkline] = {}
        self._before: QWidget | None = None
        self._columns = 0
        self._grids: list[tuple[QGridLayout, list[PictureCard]]] = []
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        vbox(self._scroll, parent=self, margins=0)
        self.hide()
        window.installEventFilter(self)

    def open(self, beside: Path | None = None) -> None:
        """Rebuild and show the page; ``beside``: folder of the open project."""
        self._beside = beside
        self._before = QApplication.focusWidget()
        self._fill()
        self._place()
        self.show()
        self.raise_()
        self.start_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def shut(self) -> None:
        if self.isHidden():
            return
        self.hide()
        # A card may have been closed meanwhile.
        if self._before is not None and isValid(self._before) and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None
        self.closed.emit()

    def _fill(self) -> None:
        page = QWidget(self)
        page.setProperty("role", "page")
        self._page = QVBoxLayout(page)
        self._page.setContentsMargins(28, 18, 28, 24)
        self._page.setSpacing(10)
        self._grids, self._columns, self._curves = [], 0, {}
        self._head()
        self._recent()
        self.examples_button = QPushButton(_("Examples"), self)
        self.examples_button.setObjectName("go_to_examples")
        self.examples_button.setProperty("role", "link")
        self.examples_button.setToolTip(_("Scroll to the examples"))
        for number, shelf in enumerate(lesson_folders(self._beside)):
            self._shelf(shelf, self.examples_button if not number else None)
        self._examples()
        self._page.addStretch(1)
        self._scroll.setWidget(page)

    def _head(self) -> None:
        row = FlowLayout(spacing=8)  # large letters and long words go on in the next line
        title = note_label(_("What do you want to do?"), self, role="answer")
        title.setWordWrap(False)
        row.addWidget(title)
        self.start_button = self._button(_("Empty canvas"), self.empty_requested)
        self.data_button = self._button(_("Open data…"), self.data_requested)
        self.folder_button = self._button(_("Open a folder…"), self.folder_requested)
        self.folder_button.setToolTip(
            _("Open a folder that contains one folder of pictures, sounds or texts per class.")
        )
        self.open_button = self._button(_("Open a file…"), self.open_requested)
        self.tour_button = self._button(_("Take the tour"), self.tour_requested)
        self.close_button = QPushButton(_("Close"), self)
        self.close_button.clicked.connect(lambda _checked=False: self.shut())
        for button in (
            self.start_button,
            self.data_button,
            self.folder_button,
            self.open_button,
            self.tour_button,
            self.close_button,
        ):
            row.addWidget(button)
        self._page.addLayout(row)

    def _button(self, title: str, signal: object) -> QPushButton:
        button = QPushButton(title, self)
        button.clicked.connect(lambda _checked=False: self._choose(signal))
        return button

    def _choose(self, signal: object, *values: object) -> None:
        """Hide the page, then emit the signal, since a question may follow."""
        self.shut()
        signal.emit(*values)  # type: ignore[attr-defined]

    def _recent(self) -> None:
        lesson = _lesson_under_way(self._beside)
        paths = settings.recent_files()[: SHOWN_RECENT - (lesson is not None)]
        self.recent_cards = [self._file_card(path) for path in paths]
        cards = list(self.recent_cards)
        if lesson is not None:
            self.continue_card = self._lesson_card(lesson)
            cards.insert(0, self.continue_card)
        else:
            self.continue_card = cards[0] if cards else None
        if self.continue_card is None:
            return
        self._page.addWidget(note_label(_("Continue"), self, role="sentence"))
        self.continue_card.setObjectName("continue-card")
        self._grid(cards)
        if paths:
            jobs.run_job(
                partial(_read_curves, paths), self._show_curves, name="recent-curves", owner=self
            )

    def _file_card(self, path: Path) -> PictureCard:
        curve = Sparkline(self)
        curve.hide()
        card = PictureCard(path.name, _short(path.parent), "", curve, self, breakable=True)
        card.chosen.connect(partial(self._choose, self.file_chosen, path))
        self._curves[path] = curve
        return card

    def _show_curves(self, found: dict[Path, tuple[tuple[float, ...], int]]) -> None:
        for path, (values, kept) in found.items():
            curve = self._curves.get(path)
            if curve is not None and isValid(curve):
                words = ngettext("loss, {count} epoch", "loss, {count} epochs", len(values))
                if kept:
                    words = _("loss, epoch {kept} of {count}", kept=kept, count=len(values))
                curve.show_curve(values[: kept or None], words)
                curve.show()

    def _shelf(self, shelf: LessonFolder, beside: QWidget | None) -> None:
        head = QHBoxLayout()
        title = note_label(shelf.title, self, role="sentence")
        head.addWidget(title)
        if beside is not None:
            title.setWordWrap(False)
            head.addSpacing(12)
            head.addWidget(beside)
            head.addStretch(1)
        self._page.addLayout(head)
        cards = []
        for lesson in shelf.lessons:
            self.lesson_cards[lesson.name] = card = self._lesson_card(lesson)
            cards.append(card)
        self._grid(cards)
        for error in shelf.broken:
            self._page.addWidget(note_label(str(error), self, role="complaint"))

    def _lesson_card(self, lesson: Lesson) -> PictureCard:
        done = len(lesson_session.kept(lesson.name).done)
        count = len(lesson.steps)
        foot = [
            _(lesson.level),
            ngettext("{count} minute", "{count} minutes", lesson.minutes),
        ]
        finished = lesson_session.is_finished(lesson)
        if finished:
            foot.append(_("✓ done"))
        if 0 < done < count:
            foot.append(_("{done} of {count} steps done", done=done, count=count))
        drawing = DrawingView(self, scale=_THUMBNAIL)
        drawing.show_drawing(_drawing_of(lesson))
        card = PictureCard(
            lesson.title,
            _first_sentence(lesson.intro),
            " · ".join(foot),
            drawing,
            self,
            progress=1.0 if finished else done / count if done else None,
        )
        card.chosen.connect(partial(self._choose, self.lesson_chosen, lesson))
        return card

    def _examples(self) -> None:
        title = note_label(_("Examples"), self, role="sentence")
        self._page.addWidget(title)
        bar = self._scroll.verticalScrollBar()
        self.examples_button.clicked.connect(lambda _checked: bar.setValue(title.y() - 8))
        cards = []
        for example in list_examples():
            foot = [example.result] if example.result else []
            if example.minutes:
                foot.insert(0, ngettext("{count} minute", "{count} minutes", example.minutes))
            card = PictureCard(
                example.title,
                example.description,
                " · ".join(foot),
                PictureLabel(example.picture, self),
                self,
                learn=example.learn if example.learn else "",
            )
            card.chosen.connect(partial(self._choose, self.example_chosen, example.name))
            self.example_cards[example.name] = card
            cards.append(card)
        self._grid(cards)

    def _grid(self, cards: list[PictureCard]) -> None:
        grid = QGridLayout()
        grid.setSpacing(12)
        self._page.addLayout(grid)
        self._grids.append((grid, cards))

    def _arrange(self) -> None:
        columns = max(1, (self.width() - 56) // (scaled(CARD_WIDTH) + 12))
        if columns == self._columns:
            return
        for grid, cards in self._grids:
            for column in range(max(self._columns, columns)):
                grid.setColumnStretch(column, 1 if column < columns else 0)
                grid.setColumnMinimumWidth(column, 1 if column < columns else 0)
            place = 0
            for card in cards:
                wide = 2 if card is self.continue_card and columns > 1 else 1
                grid.addWidget(card, place // columns, place % columns, 1, wide)
                place += wide
        self._columns = columns

    def _place(self) -> None:
        window = self.parentWidget()
        assert window is not None
        top = self._top()
        self.setGeometry(0, top, window.width(), max(window.height() - top, 1))
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.shut()
            return
        super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Keep the focus on the page, since it covers the rest."""
        stops: list[QWidget] = [
            self.start_button,
            self.data_button,
            self.folder_button,
            self.open_button,
            self.tour_button,
            self.close_button,
            self.examples_button,
            *(card for _grid, cards in self._grids for card in cards),
        ]
        now = QApplication.focusWidget()
        place = stops.index(now) if now in stops else -1
        new = stops[(place + (1 if forward else -1)) % len(stops)]
        new.setFocus(
            Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        )
        self._scroll.ensureWidgetVisible(new, 0, 40)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colors().panel)
        painter.end()


def _first_sentence(text: str) -> str:
    """Return the first sentence of a Markdown text as plain text."""
    first = replace_formulas(text.strip().split("\n\n")[0], lambda formula: formula.latex)
    plain = " ".join(first.replace("*", "").replace("`", "").split())
    return re.split(r"(?<=[.!?])\s+(?=[A-ZÀ-Þ\"“«¿])|(?<=[。！？])", plain, maxsplit=1)[0]


def _short(folder: Path) -> str:
    """Return a folder's path, with ``~`` for the home folder."""
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except ValueError:
        return str(folder)


def _drawing_of(lesson: Lesson) -> Drawing:
    """Return the lesson's own drawing, or that of a glossary term in its title."""
    if lesson.name in LESSON_DRAWINGS:
        return LESSON_DRAWINGS[lesson.name]
    title = lesson.title.casefold()
    return GLOSSARY[
        max((term for term in GLOSSARY if term in title), key=len, default="layer")
    ].drawing


def _lesson_under_way(beside: Path | None) -> Lesson | None:
    """Return the lesson continued last, unless it is done or a file was opened since."""
    name = lesson_session.last_lesson()
    lessons = (one for shelf in lesson_folders(beside) for one in shelf.lessons) if name else ()
    found = next((one for one in lessons if one.name == name), None)
    if found is None or len(lesson_session.kept(name).done) >= len(found.steps):
        return None
    return found


def _read_curves(paths: Sequence[Path]) -> dict[Path, tuple[tuple[float, ...], int]]:
    """Return the losses and the epoch of the restored weights of each trained file."""
    found = {}
    for path in paths:
        try:
            losses, kept = _losses(path)
        except UserError:
            continue  # it is said when the file is opened
        if len(losses) > 1 and all(map(math.isfinite, losses)):
            found[path] = losses, kept
    return found


def _losses(path: Path) -> tuple[tuple[float, ...], int]:
    """Return the loss per epoch of a model's training, or of a project's newest run."""
    from netbuilder.core.engine.runs.run_store import load_rows, newest_run
    from netbuilder.core.formats.registry import is_model, read_project
    from netbuilder.core.formats.safety.inspect_file import inspect_file

    if is_model(path):
        ours = inspect_file(path, placeholders=True).ours
        losses = (ours.get("history") or {}).get("loss", ())
        kept = int((ours.get("run") or {}).get("kept_epoch") or 0)
        return tuple(math.nan if one is None else float(one) for one in losses), kept
    run = newest_run(read_project(path), path.parent)
    if run is None:
        return (), 0
    return tuple(map(float, load_rows(run).epochs.get("loss", ()))), run.kept_epoch
