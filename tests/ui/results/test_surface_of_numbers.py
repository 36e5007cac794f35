"""A surface of numbers says what its colours are, and what it is drawn for."""

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project


def test_colours_and_what_is_held(open_window, qtbot, tmp_path):
    rows = [
        f"{40 + n},{n % 4},{('Faro', 'Porto', 'Porto')[n % 3]},${200 + 3 * n}" for n in range(60)
    ]
    (tmp_path / "d.csv").write_text("size,rooms,city,price\n" + "\n".join(rows) + "\n", "utf-8")
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    project = Project(graph=graph, data=Data("csv", path="d.csv", target=("price",)))
    window = open_window(edits.set_training(project, epochs=2), tmp_path / "own.netbuilder")
    qtbot.train(window)
    panel = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: "city Porto" in panel.note.text())
    assert "city Porto" in panel.note.text()
    assert panel.colours.isVisible()
    assert panel.colours.accessibleName() == _(
        "Colours from “{low}” to “{high}”", low="price $200", high="$377"
    )
    panel.view.setCurrentIndex(panel.view.findData("curve"))
    panel.view.activated.emit(panel.view.currentIndex())
    qtbot.waitUntil(lambda: "rooms 1" in panel.note.text())
    assert "size" not in panel.note.text()
    assert not panel.colours.isVisible(), "a curve has an axis for it"
