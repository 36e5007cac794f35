"""The start page, which lies over the window: recent files, ways in, lessons, examples."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFrame,
    QGridLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QWidget,
)
from shiboken6 import isValid

from netbuilder.core.data.examples import TOPICS, ExampleProject, list_examples
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.lessons.formulas import replace_formulas
from netbuilder.core.lessons.glossary import GLOSSARY
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.library import LESSON_DRAWINGS, LessonFolder, lesson_folders
from netbuilder.ui.gallery.cards import PictureCard, PictureLabel, WayCard
from netbuilder.ui.gallery.glossary_drawings import DrawingView
from netbuilder.ui.plots.sparkline import Sparkline
from netbuilder.ui.services import lesson_session, settings
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import dispose, flow, hbox, prepared, vbox

CARD_WIDTH, MOST_COLUMNS, MARGIN, GAP = 232, 5, 16, 8
SHOWN_RECENT = 4
#: Where to begin, unless it is finished.
FIRST_LESSON = "first_model"
#: Height of the recorded training with the ways in: at the first start, and below recent files.
_HERO, _LOW_HERO = 296, 136
#: Size of a lesson's drawing.
_THUMBNAIL = 0.5


class StartPage(QWidget):
    """Covers the window below its top bar from ``opened`` to ``closed``."""

    example_chosen = Signal(str)
    lesson_chosen = Signal(object)
    file_chosen = Signal(object)
    watch_requested = Signal()
    draw_requested = Signal()
    data_requested = Signal()
    folder_requested = Signal()
    collect_requested = Signal()
    empty_requested = Signal()
    open_requested = Signal()
    tour_requested = Signal()
    opened = Signal()
    closed = Signal()

    def __init__(self, window: QWidget, top: Callable[[], int]) -> None:
        super().__init__(window)
        prepared(self, objectName="start-page", accessibleName=_("Start page"))
        self._top = top
        self._beside: Path | None = None
        self.example_cards: dict[str, PictureCard] = {}
        self.lesson_cards: dict[str, PictureCard] = {}
        self.recent_cards: list[PictureCard] = []
        self.continue_card: PictureCard | None = None
        self._curves: dict[Path, Sparkline] = {}
        self._recent_paths: list[Path] = []
        self._recent_curves = Derived(
            self, _read_curves, self._show_curves, of=lambda: self._recent_paths
        )
        self._before: QWidget | None = None
        self._columns = 0
        #: Each grid with a function from the number of columns to its visible cards.
        self._grids: list[tuple[QGridLayout, Callable[[int], list[PictureCard]]]] = []
        self.topic, self._open_groups = "playground", set[PictureCard]()
        self._scroll = prepared(QScrollArea(self), widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._head = QWidget(self)
        self._outer = vbox(self._head, (self._scroll, 1), parent=self, margins=0, spacing=0)
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
        self.opened.emit()
        first = self.continue_card or self.watch_card
        first.setFocus(Qt.FocusReason.OtherFocusReason)

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
        self._content = page = QWidget(self)
        page.setProperty("role", "page")
        self._page = vbox(parent=page, margins=(MARGIN, 0, MARGIN, MARGIN), spacing=GAP)
        self._grids, self._columns, self._curves = [], 0, {}
        self._open_groups.clear()
        self._fill_head()
        self._recent()
        self._hero()
        for shelf in lesson_folders(self._beside):
            self._shelf(shelf)
        self._examples()
        self._page.addStretch(1)
        self._scroll.setWidget(page)

    def _fill_head(self) -> None:
        """Build the row above the scrolled part, where Close stays in reach."""
        head = QWidget(self)
        title = note_label(_("Draw a network, watch it learn"), head, role="answer")
        title.setWordWrap(False)
        self.start_button = self._button(_("Empty canvas"), self.empty_requested)
        self.open_button = self._button(_("Open a file…"), self.open_requested)
        self.tour_button = self._button(_("Take the tour"), self.tour_requested)
        for link in (self.start_button, self.open_button, self.tour_button):
            link.setProperty("role", "link")
        self.close_button = prepared(QPushButton(_("Close"), self), objectName="close-start-page")
        self.close_button.clicked.connect(lambda _checked=False: self.shut())
        self._links = [self.start_button, self.open_button, self.tour_button, self.close_button]
        # Large letters and long words go on in the next line.
        row = flow(title, *self._links[:-1], spacing=2 * GAP)
        hbox((row, 1), self.close_button, parent=head, margins=(MARGIN, GAP, MARGIN, GAP))
        self._outer.replaceWidget(self._head, head)
        dispose(self._head)
        self._head = head

    def _button(self, title: str, signal: object) -> QPushButton:
        button = QPushButton(title, self)
        button.clicked.connect(lambda _checked=False: self._choose(signal))
        return button

    def _choose(self, signal: object, *values: object) -> None:
        """Hide the page, then emit the signal, since a question may follow."""
        self.shut()
        signal.emit(*values)  # type: ignore[attr-defined]

    def _hero(self) -> None:
        """Add a recorded training and three large ways in."""
        from netbuilder.ui.gallery.recorded_training import RecordedTraining  # needs numpy

        hero = QFrame(self._content)
        hero.setObjectName("hero")
        hero.setProperty("role", "hero")
        low = self.continue_card is not None
        self.recording = RecordedTraining(hero)
        self.watch_card = WayCard(
            "watch-it-learn", _("Watch it learn"), _("The spiral, live, with one press"), hero
        )
        self.draw_card = WayCard(
            "draw-a-digit",
            _("Draw a digit"),
            _("A network learns to read digits in seconds. Then it reads yours."),
            hero,
        )
        self.data_card = WayCard(
            "my-own-data", _("My own data"), _("A table, photos, texts, sounds or a series"), hero
        )
        self.watch_card.setProperty("marked", not low)
        self.watch_card.chosen.connect(partial(self._choose, self.watch_requested))
        self.draw_card.chosen.connect(partial(self._choose, self.draw_requested))
        self.data_card.chosen.connect(self._offer_data)
        self._ways = [self.watch_card, self.draw_card, self.data_card]
        ways = (hbox if low else vbox)(*self._ways, spacing=GAP)
        self._fill_data_menu()
        margin = MARGIN if not low else GAP
        hbox((self.recording, 0 if low else 5), (ways, 5), parent=hero, margins=margin, spacing=24)
        high = max(_HERO, self.window().height() * 36 // 100)
        hero.setMinimumHeight(scaled(_LOW_HERO if low else high))
        self.recording.setFixedHeight(hero.minimumHeight() - 2 * margin - 2)
        if low:
            self.recording.setFixedWidth(self.recording.height())
        self._page.addWidget(hero)

    def _fill_data_menu(self) -> None:
        self.data_menu = QMenu(self.data_card)
        ways = (
            (_("Open a file: a table, texts, sounds…"), self.data_requested),
            (_("Open a folder with one folder per class…"), self.folder_requested),
            (_("Record with camera or microphone…"), self.collect_requested),
        )
        for title, signal in ways:
            action = self.data_menu.addAction(title)
            action.triggered.connect(lambda _checked=False, signal=signal: self._choose(signal))
        self.data_action, self.folder_action, self.collect_action = self.data_menu.actions()

    def _offer_data(self) -> None:
        self.data_menu.popup(self.data_card.mapToGlobal(self.data_card.rect().bottomLeft()))

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
        self._page.addWidget(note_label(_("Continue"), self._content, role="sentence"))
        self.continue_card.setObjectName("continue-card")
        # The first takes two columns.
        self._grid(lambda columns: cards[: max(columns - 1, 1)])
        if paths:
            self._recent_paths = paths
            self._recent_curves.ask(paths)

    def _file_card(self, path: Path) -> PictureCard:
        curve = Sparkline(self._content)
        curve.hide()
        folder = _short(path.parent)
        card = PictureCard(path.name, "", folder, curve, self._content, breakable=True)
        card.chosen.connect(partial(self._choose, self.file_chosen, path))
        self._curves[path] = curve
        return card

    def _show_curves(self, curves: dict[Path, tuple[tuple[float, ...], int]]) -> None:
        for path, (values, kept) in curves.items():
            curve = self._curves.get(path)
            if curve is not None:
                words = ngettext("loss, {count} epoch", "loss, {count} epochs", len(values))
                if kept:
                    words = _("loss, epoch {kept} of {count}", kept=kept, count=len(values))
                curve.show_curve(values[: kept or None], words)
                curve.show()

    def _shelf(self, shelf: LessonFolder) -> None:
        """Add lessons: as many as fit in a row, and a card that shows all."""
        self._page.addWidget(note_label(shelf.title, self._content, role="sentence"))
        lessons = sorted(shelf.lessons, key=lambda lesson: lesson.name != FIRST_LESSON)
        unfinished = (lesson for lesson in lessons if not lesson_session.is_finished(lesson))
        marked = next(unfinished, None) if lessons and lessons[0].name == FIRST_LESSON else None
        cards = [self._lesson_card(lesson, marked=lesson is marked) for lesson in lessons]
        self.lesson_cards.update(zip((lesson.name for lesson in lessons), cards, strict=True))
        title = ngettext("All {count} lesson", "All {count} lessons", len(cards))
        drawing = DrawingView(self._content, scale=_THUMBNAIL)
        drawing.show_drawing("batches")
        more = PictureCard(title, "", "", drawing, self._content)
        more.setObjectName("all-lessons")
        more.chosen.connect(partial(self._open_group, more, cards))

        def visible(columns: int) -> list[PictureCard]:
            fits = len(cards) <= columns or more in self._open_groups
            return cards if fits else [*cards[: max(columns - 1, 1)], more]

        self._grid(visible)
        for error in shelf.broken:
            self._page.addWidget(note_label(str(error), self._content, role="complaint"))

    def _open_group(self, group: PictureCard, cards: list[PictureCard]) -> None:
        """Show the cards that a card stands for, and focus the first new one."""
        new = next((card for card in cards if card.isHidden()), cards[0])
        self._open_groups.add(group)
        self._arrange(anew=True)
        new.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lesson_card(self, lesson: Lesson, *, marked: bool = False) -> PictureCard:
        done = len(lesson_session.kept(lesson.name).done)
        count = len(lesson.steps)
        finished = lesson_session.is_finished(lesson)
        foot = [ngettext("{count} minute", "{count} minutes", lesson.minutes)]
        if marked:
            foot.insert(0, _("begin here") if lesson.name == FIRST_LESSON else _("next lesson"))
        if 0 < done < count:
            if finished:  # and under way again
                foot.append(_("✓ done before"))
            foot.append(_("{done} of {count} steps done", done=done, count=count))
        elif finished:
            foot.append(_("✓ done"))
        drawing = DrawingView(self._content, scale=_THUMBNAIL)
        drawing.show_drawing(_drawing_of(lesson))
        card = PictureCard(
            lesson.title,
            _first_sentence(lesson.intro),
            " · ".join(foot),
            drawing,
            self._content,
            progress=done / count if done else 1.0 if finished else None,
            marked=marked,
        )
        card.chosen.connect(partial(self._choose, self.lesson_chosen, lesson))
        return card

    def _examples(self) -> None:
        """Add the examples of a topic, chosen by chips."""
        self.topic_buttons: dict[str, QPushButton] = {}
        self._topic_group = QButtonGroup(self._content)
        for topic, (title, _names) in TOPICS.items():
            chip = self.topic_buttons[topic] = QPushButton(_(title), self._content)
            chip.setObjectName(f"topic-{topic}")
            chip.setProperty("role", "chip")
            chip.setCheckable(True)
            chip.setChecked(topic == self.topic)
            chip.clicked.connect(lambda _checked=False, topic=topic: self.show_topic(topic))
            self._topic_group.addButton(chip)
        title_label = note_label(_("Examples"), self._content, role="sentence")
        title_label.setWordWrap(False)
        self._page.addLayout(flow(title_label, *self.topic_buttons.values(), spacing=GAP))
        examples = {example.name: example for example in list_examples()}
        self.example_cards = {name: self._example_card(entry) for name, entry in examples.items()}
        ways = [card for name, card in self.example_cards.items() if name.startswith("digits")]
        self.digits_card = PictureCard(
            _("Digits, seven ways"),
            _(
                "Seven networks for the same handwritten digits: with and without hidden layers, "
                "dropout, L2 and other optimizers."
            ),
            "",
            PictureLabel(examples["digits"].picture, self._content),
            self._content,
        )
        self.digits_card.setObjectName("digits-ways")
        self.digits_card.chosen.connect(partial(self._open_group, self.digits_card, ways))
        self.record_card = PictureCard(
            _("Record your own sounds"),
            _("Record words or noises with the microphone, and let a network tell them apart."),
            "",
            PictureLabel(None, self._content),
            self._content,
        )
        self.record_card.chosen.connect(partial(self._choose, self.collect_requested))

        def visible(_columns: int) -> list[PictureCard]:
            cards = [self.example_cards[name] for name in TOPICS[self.topic][1]]
            if self.topic == "pictures" and self.digits_card not in self._open_groups:
                cards = [self.digits_card, *(card for card in cards if card not in ways)]
            return [*cards, self.record_card] if self.topic == "sounds" else cards

        self._grid(visible)

    def show_topic(self, topic: str) -> None:
        """Show the examples of a topic (a key of ``TOPICS``)."""
        self.topic = topic
        self.topic_buttons[topic].setChecked(True)
        self._open_groups.discard(self.digits_card)
        self._arrange(anew=True)

    def _example_card(self, example: ExampleProject) -> PictureCard:
        foot = [example.result] if example.result else []
        if example.minutes:
            foot.insert(0, ngettext("{count} minute", "{count} minutes", example.minutes))
        card = PictureCard(
            example.title,
            example.description,
            " · ".join(foot),
            PictureLabel(example.picture, self._content),
            self._content,
            learn=example.learn,
        )
        card.chosen.connect(partial(self._choose, self.example_chosen, example.name))
        return card

    def _grid(self, visible: Callable[[int], list[PictureCard]]) -> None:
        grid = QGridLayout()
        grid.setSpacing(12)
        self._page.addLayout(grid)
        self._grids.append((grid, visible))

    def _arrange(self, *, anew: bool = False) -> None:
        """Place the visible cards in as many columns as fit; ``anew``: other cards are visible."""
        room = self.width() - 2 * MARGIN
        columns = min(max(1, room // (scaled(CARD_WIDTH) + 12)), MOST_COLUMNS)
        if columns == self._columns and not anew:
            return
        self._columns = columns
        shown = [(grid, visible(columns)) for grid, visible in self._grids]
        everyone = {card for _grid, cards in shown for card in cards}
        for card in self._content.findChildren(PictureCard):
            card.setVisible(card in everyone)
        for grid, cards in shown:
            while grid.count():
                grid.takeAt(0)
            for column in range(MOST_COLUMNS):
                grid.setColumnStretch(column, 1 if column < columns else 0)
                grid.setColumnMinimumWidth(column, 1 if column < columns else 0)
            place = 0
            for card in cards:
                wide = 2 if card is self.continue_card and columns > 1 else 1
                grid.addWidget(card, place // columns, place % columns, 1, wide)
                place += wide
        self._page.activate()  # the arrow keys look for neighbours

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
        grids = [visible(self._columns) for _grid, visible in self._grids]
        recent = grids.pop(0) if self.continue_card is not None else []
        examples = grids.pop()
        ways = [*self._ways, self.recording.pause_button]
        lessons = [card for cards in grids for card in cards]
        chips = self.topic_buttons.values()
        stops: list[QWidget] = [*recent, *ways, *lessons, *chips, *examples, *self._links]
        now = QApplication.focusWidget()
        place = stops.index(now) if now in stops else -1
        new = stops[(place + (1 if forward else -1)) % len(stops)]
        new.setFocus(
            Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        )
        self._scroll.ensureWidgetVisible(new, 0, 40)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.colors().panel)


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


def _drawing_of(lesson: Lesson) -> str:
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
    lessons = (entry for shelf in lesson_folders(beside) for entry in shelf.lessons) if name else ()
    lesson = next((entry for entry in lessons if entry.name == name), None)
    if lesson is None or len(lesson_session.kept(name).done) >= len(lesson.steps):
        return None
    return lesson


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
