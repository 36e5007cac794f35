"""The empty state of panels that need a trained model."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, SignalInstance
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import as_sentence, capitalize_first, join_sentences
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.invitation import Invitation
from netbuilder.ui.widgets.layouts import vbox

#: The least visible lines of a list.
_HEAD = 6


class _WrappingPage(QWidget):
    """A page whose minimum height follows its width instead of its narrowest layout."""

    def minimumSizeHint(self) -> QSize:
        hint, layout = super().minimumSizeHint(), self.layout()
        wraps = layout is not None and layout.hasHeightForWidth()
        return QSize(hint.width(), 1) if wraps else hint


class EmptyStatePage(QStackedWidget):
    """An invitation to train, or a scrolling page with the results.

    ``words``: what the page shows after training; ``picture``: the invitation's picture.
    """

    def __init__(self, words: str, picture: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = self._first_words = words
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
        # For pages that do not fit despite wrapping.
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        scroll.setWidget(page)
        self.scroll_area, self._page = scroll, page
        self.addWidget(scroll)

    def see(self, widget: QWidget, keep: QWidget | None = None) -> None:
        """Scroll to the top of a widget that is just changing.

        ``keep`` is a widget above that stays visible: scroll only as far as shows all of
        ``widget``, or its first lines if there is no space for both.
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
                keep_top = keep.mapTo(page, QPoint(0, 0)).y()
                head = top + min(widget.height(), _HEAD * line) - room
                bottom = top + widget.height() - room
                bar.setValue(max(bar.value(), min(bottom, max(head, keep_top))))
            elif not bar.value() <= top < bar.value() + room // 2:
                bar.setValue(top - 2 * line)

        QTimer.singleShot(0, widget, move)

    @classmethod
    def filling(cls, panel: QWidget, words: str, picture: str) -> EmptyStatePage:
        created = cls(words, picture, panel)
        vbox(created, parent=panel, margins=0)
        return created

    def follow(
        self, changes: Iterable[SignalInstance], state: Callable[[], str], meanwhile: str = ""
    ) -> None:
        """Replace the invitation during a run.

        ``changes``: signals after which ``state`` may have changed; ``state``: returns the activity
        as a clause ("training is running") or ""; ``meanwhile``: what a panel shows before the end
        of the run.
        """
        self._state, self._meanwhile = state, meanwhile
        for change in changes:
            change.connect(self._update_words)
        self._update_words()

    def _update_words(self) -> None:
        ready = bool(self._first_words) and self._words == self._first_words
        self.invitation.show_words(self._current_words(), may_train=ready and not self._state())

    def _current_words(self) -> str:
        state = self._state()
        if not state or self._words != self._first_words:
            return self._words
        if self._meanwhile:
            state = as_sentence(capitalize_first(state))
            return join_sentences((state, capitalize_first(self._meanwhile)))
        return _("Results appear here when training ends or is paused.")

    def wait(self, words: str, *, first: bool = False) -> None:
        """Show words instead of results; ``first`` ones are for a project ready to train."""
        self._words = words
        if first:
            self._first_words = words
        self._update_words()
        self.setCurrentIndex(0)

    def restart(self) -> None:
        self._page.setMinimumHeight(0)
        self.scroll_area.verticalScrollBar().setValue(0)

    def hold_height(self) -> None:
        """Keep at least the current height, so that removed content does not scroll the page."""
        self._page.setMinimumHeight(self._page.height())

    def hold_still(self, on: bool) -> None:
        """Prevent scrolling while the user edits and content below changes."""
        always, needed = (
            Qt.ScrollBarPolicy.ScrollBarAlwaysOn,
            Qt.ScrollBarPolicy.ScrollBarAsNeeded,
        )
        self.scroll_area.setVerticalScrollBarPolicy(always if on else needed)
        self._page.setMinimumHeight(self._page.height() if on else 0)
        if on:
            self._page.installEventFilter(self)
        else:
            self._page.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._page and event.type() is QEvent.Type.Resize:
            self.hold_height()
        return super().eventFilter(watched, event)

    def ready(self) -> None:
        self.setCurrentIndex(1)
