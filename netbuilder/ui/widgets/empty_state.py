"""Panels that wait for a trained model: what they say until there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, SignalInstance
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from netbuilder.core.i18n import gettext as _, rerendered
from netbuilder.core.wording import as_sentence, capitalize_first, join_sentences
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.invitation import Invitation
from netbuilder.ui.widgets.layouts import vbox

#: Lines of a list that are enough to see that it is there.
_HEAD = 6


class _WrappingPage(QWidget):
    """A page whose height follows its width: Qt would make it as high as its words need at the
    narrowest, and leave the rest empty."""

    def minimumSizeHint(self) -> QSize:
        hint, layout = super().minimumSizeHint(), self.layout()
        wraps = layout is not None and layout.hasHeightForWidth()
        return QSize(hint.width(), 1) if wraps else hint


class EmptyStatePage(QStackedWidget):
    """An invitation to train, and behind it a scrolling page for the results.

    Args:
        words: what is there once the network is trained.
        picture: what of it the invitation draws.
    """

    def __init__(self, words: str, picture: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted = self._first = words
        self._meanwhile = ""
        self._state: Callable[[], str] = lambda: ""
        self.invitation = Invitation(picture, words, self)
        self.words = self.invitation.words
        self.addWidget(self.invitation)
        page = _WrappingPage(self)
        page.setProperty("role", "page")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # as a plain widget has it
        self.page_layout = QVBoxLayout(page)
        self.page_layout.setContentsMargins(14, 10, 14, 10)
        self.page_layout.setSpacing(8)
        scroll = QScrollArea(self)
        make_scroll_area_accessible(scroll, _("Results"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        # Pages wrap and fit their width; what should not all the same is at least in reach.
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        scroll.setWidget(page)
        self.scroll_area, self._page = scroll, page
        self.addWidget(scroll)

    def see(self, widget: QWidget, keep: QWidget | None = None) -> None:
        """Scroll until a part of the page that changes in this moment is seen from its top.

        ``keep`` is a part above it that stays in sight: no more is scrolled than shows the whole
        of ``widget``, or its first lines where there is no room for both.
        """
        bar = self.scroll_area.verticalScrollBar()
        line = self.fontMetrics().height()

        def move() -> None:
            page = self.scroll_area.widget()
            if page is None:
                return
            top = widget.mapTo(page, QPoint(0, 0)).y()
            room = self.scroll_area.viewport().height()
            if keep is not None and top >= bar.value():
                kept = keep.mapTo(page, QPoint(0, 0)).y()
                head = top + min(widget.height(), _HEAD * line) - room
                whole = top + widget.height() - room
                bar.setValue(max(bar.value(), min(whole, max(head, kept))))
            elif not bar.value() <= top < bar.value() + room // 2:
                bar.setValue(top - 2 * line)

        QTimer.singleShot(0, widget, move)

    @classmethod
    def filling(cls, panel: QWidget, words: str, picture: str) -> EmptyStatePage:
        """One that takes all of a panel's room."""
        made = cls(words, picture, panel)
        vbox(made, parent=panel, margins=0)
        return made

    def follow(
        self, changes: Iterable[SignalInstance], state: Callable[[], str], meanwhile: str = ""
    ) -> None:
        """Replace the first words while a run goes on: Train is pressed already.

        Args:
            changes: signals after which ``state`` may be another.
            state: what goes on, as a clause ("training is running"); "" for nothing.
            meanwhile: what a panel shows that does not wait for the end of the run.
        """
        self._state, self._meanwhile = state, meanwhile
        for change in changes:
            change.connect(lambda *_: self._say())
        self._say()

    def _say(self) -> None:
        ready = bool(self._first) and self._wanted == self._first
        self.invitation.show_words(self._said(), may_train=ready and not self._state())

    def _said(self) -> str:
        state = self._state()
        if not state or self._wanted != self._first:
            return self._wanted
        if self._meanwhile:
            state = as_sentence(capitalize_first(state))
            return join_sentences((state, capitalize_first(self._meanwhile)))
        return _("Results appear here when training ends or is paused.")

    def wait(self, words: str, *, first: bool = False) -> None:
        """Show words instead of results; ``first``: those for a project that can be trained."""
        self._wanted = words
        if first:
            self._first = words
        self._say()
        self.setCurrentIndex(0)

    def retranslate(self) -> None:
        """Keep the words in another language."""
        self._first, self._wanted = rerendered(self._first), rerendered(self._wanted)
        self._say()

    def restart(self) -> None:
        """What comes next is of another network: it is seen from its beginning."""
        self._page.setMinimumHeight(0)
        self.scroll_area.verticalScrollBar().setValue(0)

    def hold_height(self) -> None:
        """Let the page be no shorter from now on: what goes from its end must not scroll it."""
        self._page.setMinimumHeight(self._page.height())

    def hold_still(self, on: bool) -> None:
        """Keep what a hand works on where it is, while words come and go beneath it: the page
        gets no shorter, which would scroll it, and the scroll bar's place stays free."""
        always, needed = (
            Qt.ScrollBarPolicy.ScrollBarAlwaysOn,
            Qt.ScrollBarPolicy.ScrollBarAsNeeded,
        )
        self.scroll_area.setVerticalScrollBarPolicy(always if on else needed)
        self._page.setMinimumHeight(self._page.height() if on else 0)
        (self._page.installEventFilter if on else self._page.removeEventFilter)(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._page and event.type() is QEvent.Type.Resize:
            self.hold_height()
        return super().eventFilter(watched, event)

    def ready(self) -> None:
        self.setCurrentIndex(1)
