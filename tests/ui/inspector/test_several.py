"""Several layers at once, and groups, in the inspector."""

import pytest
from PySide6.QtCore import QPoint

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits, groups
from netbuilder.core.project.model import Project
from netbuilder.ui.inspector.inspector_panel import Inspector
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.workbench import Workbench


@pytest.fixture
def inspector(qtbot):
    project = Project()
    for layer, units in (("Input", 0), ("Dense", 50), ("Dropout", 0), ("Dense", 10), ("LSTM", 4)):
        project = edits.append_layer(project, layer, params={"units": units} if units else {})
    store = ProjectStore(project)
    bench = Workbench(store)
    panel = Inspector(store, bench, EvaluationService(bench))
    qtbot.addWidget(panel)
    panel.show()
    yield panel
    bench.close()
    bench.deleteLater()


def _params(panel, name):
    by_id = panel.store.project.graph.by_id
    return [by_id[one].params.get(name) for one in ("dense", "dense_1", "lstm")]


def test_what_two_layers_share_is_edited_at_once_and_undone_at_once(inspector):
    inspector.set_selection(("dense", "dense_1"))
    row = inspector.form.rows["units"]
    assert row.help.text() == _("Different values: {values}", values="50 and 10")
    row.editor.edited.emit(7)
    assert _params(inspector, "units") == [7, 7, 4]
    assert not row.help.text().startswith("differs")
    inspector.store.undo()
    assert _params(inspector, "units") == [50, 10, 4]


def test_layers_of_two_kinds_share_what_means_the_same(inspector):
    inspector.set_selection(("dense", "lstm"))
    inspector.form.unfold(True)
    assert "units" in inspector.form.rows and "return_sequences" not in inspector.form.rows
    inspector.set_selection(("dense", "dropout"))
    assert inspector.form is not None and "units" not in inspector.form.rows
    inspector.set_selection(("dense",))
    assert inspector.form is not None and "units" in inspector.form.rows


def test_a_group_is_named_and_repeated(inspector):
    store = inspector.store
    store.apply("Group", lambda p: groups.group_nodes(p, ["dense", "dropout"]))
    inspector.set_selection(("group_1",))
    inspector.name.setText("Hidden")
    inspector.name.editingFinished.emit()
    assert store.project.graph.groups[0].name == "Hidden"
    inspector.group.times.setValue(3)
    inspector.group.button.click()
    assert [g.name for g in store.project.graph.groups] == [
        "Hidden",
        "Hidden 2",
        "Hidden 3",
        "Hidden ×3",
    ]
    assert sum(node.layer == "Dropout" for node in store.project.graph.nodes) == 3
    store.undo()
    assert len(store.project.graph.groups) == 1
    inspector.set_selection(("dense_1",))
    assert inspector.group.isHidden()


def test_a_long_name_is_read_from_its_beginning(inspector):
    inspector.store.apply("", lambda p: edits.append_layer(p, "GlobalAveragePooling1D"))
    inspector.name.setFixedWidth(60)
    inspector.set_selection(("global_average_pooling1d",))
    assert inspector.name.text() == "global_average_pooling1d"
    inspector.name.grab()
    assert inspector.name.cursorPositionAt(QPoint(30, 5)) < 12
