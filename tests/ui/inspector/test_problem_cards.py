"""Cards of what a check found: what is found again is the same card."""

from netbuilder.core.check.problems import Fix, Problem, Severity
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.ui.widgets import role_boxes as cards_module
from netbuilder.ui.widgets.problem_cards import ProblemCards


def problem(code, *fixes: str):
    """An error with these mends."""
    found = tuple(Fix(label, lambda project: project) for label in fixes)
    first = found[0] if found else None
    return Problem(code, Severity.ERROR, None, code, "It is so.", first, others=found[1:])


def test_only_what_is_new_is_read_out(qtbot, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(cards_module, "announce", lambda _widget, words: said.append(words))
    shown = ProblemCards(lambda label, edit: None)
    qtbot.addWidget(shown)
    shown.show_problems([problem("one", "Mend")])
    (first,) = shown.cards
    shown.show_problems([problem("one", "Mend"), problem("two")])
    assert shown.cards[0] is first, "with the focus that may be on its button"
    assert said == ["one It is so.", "two It is so."]
    shown.show_problems([problem("two")])
    assert [card.title.text() for card in shown.cards] == ["two"]
    shown.show_problems([])
    assert not shown.cards
    assert not shown.isVisible()


def test_other_mends_are_another_card(qtbot):
    done: list[str] = []
    shown = ProblemCards(lambda label, edit: done.append(label))
    qtbot.addWidget(shown)
    shown.show_problems([problem("one", "Mend")])
    shown.show_problems([problem("one", "Mend", "Leave it")])
    (card,) = shown.cards
    for button in card.buttons:
        button.click()
    assert done == ["Mend", "Leave it"]


def test_what_was_cleared_comes_again(qtbot):
    shown = ProblemCards(lambda label, edit: None)
    qtbot.addWidget(shown)
    shown.show_problems([problem("one")])
    shown.clear()
    shown.show_problems([problem("one")])
    assert len(shown.cards) == 1


def test_another_edit_leaves_the_card_of_the_plan(open_window, example, qtbot):
    loss = Choice("categorical_crossentropy")
    window = open_window(edits.set_training(example("iris"), loss=loss))
    panel = window.docks.show_panel("settings")
    (card,) = panel.plan.complaints["loss"].cards
    with qtbot.waitSignal(window.workbench.problems_changed):
        window.store.apply("Rows", lambda one: edits.set_training(one, batch_size=9_999))
    assert panel.plan.complaints["loss"].cards == [card]
