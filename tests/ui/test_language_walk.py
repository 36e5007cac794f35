"""After a training no word and no decimal mark of the language before is left in the window."""

import pytest

from netbuilder.core.project import edits
from netbuilder.ui.services.language import choose_language
from tests.ui.left_words import left_of

#: Names: of the project and its data, of parameters and layers, in the code, and of pyqtgraph.
NAMES = (
    *("Two moons", "scaling", "seed", "samples", "units", "activation", "Dropout", "Export"),
    *("loss", "optimizer", "epochs", "none", "bias"),  # as Keras writes them
    *("Export...", "Dense “dense” · units", "Dense “dense_1” · units", "0.0", "0.1", "0.15", "0.2"),
)


@pytest.mark.slow
def test_no_word_of_the_language_before_is_left(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=5))
    window.resize(1366, 720)
    window.network_views.choose("layers")

    def at_rest():
        qtbot.waitUntil(lambda: window.evaluation_service.idle and window.activations_service.idle)
        qtbot.wait(300)

    def look(when):
        found: set[str] = set()
        for name in window.docks.pages:
            window.docks.show_panel(name, focus=False)
            at_rest()
            found |= {f"{when}, {name}: {one}" for one in left_of(window, "de", NAMES)}
        return sorted(found)

    def train():
        qtbot.train(window)
        at_rest()

    train()
    assert look("in English") == []
    row = window.canvas.shown_sample.words.text()
    choose_language("de")
    at_rest()
    assert window.canvas.shown_sample.words.text() not in ("", row)
    found = look("in German")
    train()
    found += look("trained in German")
    choose_language("en")
    at_rest()
    found += look("in English again")
    assert found == [], "\n".join(found)
