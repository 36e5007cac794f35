"""The start page, which lies over the window: recent files, lessons, examples, own data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from netbuilder.core.data.examples import list_examples
from netbuilder.core.lessons.formulas import replace_formulas
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.library import LessonFolder, lesson_folders
from netbuilder.core.wording import format_count
from netbuilder.ui.gallery.picture_cards import PictureCard
from netbuilder.ui.services import settings
from netbuilder.ui.services.lessons import lesson_progress
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import initial_font_scale
from netbuilder.ui.widgets.labels import note_label

CARD_WIDTH = 232
SHOWN_RECENT = 4


class StartPage(QWidget):
    """Lies over all of the window but the bar at its top, while it is open.

    ``example_chosen(name)``, ``lesson_chosen(lesson)``, ``file_chosen(path)``, ``data_requested``,
    ``empty_requested``, ``open_requested``, ``tour_requested``; ``closed``: the page went away.
    """

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
        self.setAccessibleName("Start page")
        self._top = top
        self._beside: Path | None = None
        self.example_cards: dict[str, PictureCard] = {}
        self.lesson_cards: dict[str, PictureCard] = {}
        self.recent_cards: list[PictureCard] = []
        self._before: QWidget | None = None
        self._columns = 0
        self._grids: list[tuple[QGridLayout, list[PictureCard]]] = []
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer.addWidget(self._scroll)
        self.hide()
        window.installEventFilter(self)

    def open(self, beside: Path | None = None) -> None:
        """Show the page anew, with what there is now; ``beside``: folder of the open project."""
        self._beside = beside
        self._before = QApplication.focusWidget()
        self._fill()
        self._place()
        self.show()
        self.raise_()
        self.start_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def shut(self) -> None:
        """Take the page away."""
        if self.isHidden():
            return
        self.hide()
        # A card of the banner, say, may have been closed meanwhile.
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
        self._grids, self._columns = [], 0
        self._head()
        self._recent()
        for shelf in lesson_folders(self._beside):
            self._shelf(shelf)
        self._examples()
        self._page.addStretch(1)
        self._scroll.setWidget(page)

    def _head(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(note_label("What do you want to do?", self, role="answer"), 1)
        self.start_button = self._button("Empty canvas", self.empty_requested)
        self.data_button = self._button("Open my data…", self.data_requested)
        self.folder_button = self._button("Open a folder…", self.folder_requested)
        self.folder_button.setToolTip(
            "Pictures, sounds or texts: a folder for each class, in one folder"
        )
        self.open_button = self._button("Open a file…", self.open_requested)
        self.tour_button = self._button("Show me around", self.tour_requested)
        self.close_button = QPushButton("Close", self)
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
        """Say what was chosen, once the page is away: a question may come on top."""
        self.shut()
        signal.emit(*values)  # type: ignore[attr-defined]

    def _recent(self) -> None:
        paths = settings.recent_files()[:SHOWN_RECENT]
        self.recent_cards = []
        if not paths:
            return
        self._page.addWidget(note_label("Recent files", self, role="sentence"))
        for path in paths:
            card = PictureCard(path.name, str(path.parent), "", parent=self, with_picture=False)
            card.chosen.connect(partial(self._choose, self.file_chosen, path))
            self.recent_cards.append(card)
        self._grid(self.recent_cards)

    def _shelf(self, shelf: LessonFolder) -> None:
        self._page.addWidget(note_label(shelf.title, self, role="sentence"))
        cards = [self._lesson_card(lesson) for lesson in shelf.lessons]
        self._grid(cards)
        for error in shelf.broken:
            self._page.addWidget(note_label(str(error), self, role="complaint"))

    def _lesson_card(self, lesson: Lesson) -> PictureCard:
        done = len(lesson_progress.kept(lesson.name).done)
        count = len(lesson.steps)
        state = f" · {done} of {count} done" if done else ""
        if done >= count:
            state = " · ✓ done"
        card = PictureCard(
            lesson.title,
            _plain(lesson.intro),
            f"{lesson.level} · {format_count(lesson.minutes, 'minute')}{state}",
            parent=self,
            with_picture=False,
            progress=done / count if done else None,
        )
        card.chosen.connect(partial(self._choose, self.lesson_chosen, lesson))
        self.lesson_cards[lesson.name] = card
        return card

    def _examples(self) -> None:
        self._page.addWidget(note_label("Examples", self, role="sentence"))
        cards = []
        for example in list_examples():
            foot = " · ".join(
                part
                for part in (
                    format_count(example.minutes, "minute") if example.minutes else "",
                    example.result,
                )
                if part
            )
            card = PictureCard(
                example.title, example.description, foot, example.picture, self, learn=example.learn
            )
            card.setToolTip(f"{example.description} {example.learn}".strip())
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
        """As many columns as there is room for."""
        columns = max(
            1, int((self.width() - 56) / (CARD_WIDTH * max(initial_font_scale(), 1.0) + 12))
        )
        if columns == self._columns:
            return
        for grid, cards in self._grids:
            for column in range(max(self._columns, columns)):
                grid.setColumnStretch(column, 1 if column < columns else 0)
                grid.setColumnMinimumWidth(column, 1 if column < columns else 0)
            for number, card in enumerate(cards):
                grid.addWidget(card, number // columns, number % columns)
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
        # Outside of a dialog Qt's buttons know the space bar only.
        now = QApplication.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(now, QPushButton):
            now.click()
            return
        super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Keep the keyboard on the page: what lies below it is not seen."""
        stops: list[QWidget] = [
            self.start_button,
            self.data_button,
            self.open_button,
            self.tour_button,
            self.close_button,
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


def _plain(text: str) -> str:
    """The first paragraph of a Markdown text without its signs, in one line."""
    first = replace_formulas(text.strip().split("\n\n")[0], lambda formula: formula.latex)
    return " ".join(first.replace("*", "").replace("`", "").split())
