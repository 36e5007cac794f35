"""A page of results begins at its top for another network, and shows what was asked for."""

from PySide6.QtWidgets import QLabel

from netbuilder.ui.widgets.empty_state import EmptyStatePage
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox


def test_the_page_begins_anew_and_brings_into_sight(qtbot):
    waiting = EmptyStatePage("Press Train: here is something.", "bars")
    qtbot.addWidget(waiting)
    labels = [QLabel(f"line {number}", waiting) for number in range(60)]
    for label in labels:
        label.setFixedHeight(30)
        waiting.page_layout.addWidget(label)
    waiting.resize(300, 300)
    waiting.ready()
    waiting.show()
    qtbot.waitUntil(lambda: labels[50].y() > 300)
    assert labels[50].visibleRegion().isEmpty()
    waiting.see(labels[50])
    qtbot.waitUntil(lambda: not labels[50].visibleRegion().isEmpty())
    waiting.wait("Press Train: here is something.")
    waiting.restart()
    waiting.ready()
    qtbot.waitUntil(lambda: not labels[0].visibleRegion().isEmpty())


def test_what_was_asked_for_stays_where_its_answer_comes_in_below(qtbot):
    waiting = EmptyStatePage("Press Train: here is something.", "bars")
    qtbot.addWidget(waiting)
    asked, between, answer, rest = (QLabel(word, waiting) for word in ("a", "b", "c", "d"))
    for label, high in ((asked, 200), (between, 150), (answer, 220), (rest, 2_000)):
        label.setFixedHeight(high)
        waiting.page_layout.addWidget(label)
    bar = waiting.scroll_area.verticalScrollBar()

    def seen(high, *, at=0):
        """Pixels of what was asked for, and of the answer, that are seen then."""
        waiting.resize(300, high)
        qtbot.waitUntil(lambda: waiting.scroll_area.viewport().height() == high)
        bar.setValue(at)
        waiting.see(answer, asked)
        qtbot.wait(20)
        return asked.visibleRegion().boundingRect().height(), (
            answer.visibleRegion().boundingRect().height()
        )

    waiting.ready()
    waiting.show()
    qtbot.waitUntil(lambda: answer.y() > 300 and bar.maximum() > 1_000)
    assert seen(700) == (200, 220) and bar.value() == 0, "all is seen: nothing moves"
    assert seen(590) == (200, 220), "no more is scrolled than there is above"
    top, head = seen(520)
    assert top == 200 and 60 < head < 220
    top, head = seen(400)
    assert 0 < top < 200 and 60 < head < 220, "there is no room for both: its head"
    left = asked.y() + 200 - 100
    assert 100 < left < 200
    assert seen(700, at=100) == (left, 220) and bar.value() == 100, "both are seen: nothing moves"
    assert seen(400, at=500)[1] == 220, "it lies above"


def test_a_page_is_as_high_as_its_words_at_this_width(qtbot):
    """Qt's own minimum is the height at the narrowest width: the rest would be empty."""
    page = EmptyStatePage("nothing yet", "bars")
    qtbot.addWidget(page)
    page.resize(420, 300)
    cards = CardList(page)
    page.page_layout.addWidget(cards)
    for _number in range(3):
        cards.add(RoleBox("info", "Predictions", "The table shows some of the rows. " * 12, cards))
    page.setCurrentWidget(page.scroll_area)
    page.show()
    inner = page.scroll_area.widget()
    qtbot.waitUntil(lambda: inner.height() > 300)
    whole = sum(card.heightForWidth(card.width()) for card in cards.cards)
    assert whole <= inner.height() < whole + 50, "no empty room, and nothing is cut"
