"""The folder for other machines trains with the commands that stand in it."""

import pytest

from netbuilder.core.errors import UserError
from netbuilder.core.project import files
from netbuilder.core.project.model import Data, Project
from netbuilder.ui.training.train_elsewhere import ElsewhereDialog, machine_commands, write_folder


def test_one_machine_needs_no_addresses():
    assert machine_commands(["localhost:1"]) == ["netbuilder train project.netbuilder -o model.h5"]


def test_each_machine_has_its_own_index():
    first, second = machine_commands(["a:1000", "b"])
    assert first.endswith("--workers a:1000,b:12345 --worker-index 0")
    assert second.endswith("--workers a:1000,b:12345 --worker-index 1")


@pytest.mark.parametrize("machines", [[], ["a:1", "a:1"], ["a:x", "b:1"], [":1", "b:1"]])
def test_addresses_that_cannot_be_are_told(machines):
    with pytest.raises(UserError):
        machine_commands(machines)


def test_the_folder_holds_project_data_and_commands(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "rows.csv").write_text("a,b\n1,2\n3,4\n")
    project = Project(data=Data(kind="csv", path="own/rows.csv"))
    folder = tmp_path / "out"
    write_folder(project, tmp_path, folder, ["a:1", "b:2"])
    assert files.read(folder / "project.netbuilder").data.path == "data/rows.csv"
    assert (folder / "data" / "rows.csv").read_text() == "a,b\n1,2\n3,4\n"
    assert "--worker-index 1" in (folder / "machine-1.sh").read_text()
    assert "--worker-index 0" in (folder / "HOW-TO.txt").read_text()


def test_missing_data_is_told(tmp_path):
    project = Project(data=Data(kind="csv", path="gone.csv"))
    with pytest.raises(UserError, match=r"gone\.csv"):
        write_folder(project, tmp_path, tmp_path / "out", ["a:1"])


def test_the_dialog_shows_the_commands_and_writes(qtbot, tmp_path, example):
    told: list[str] = []
    dialog = ElsewhereDialog(example("iris"), tmp_path, told.append)
    qtbot.addWidget(dialog)
    dialog.machines.setPlainText("a:1\nb:x")
    assert "b:x" in dialog.trouble.text()
    assert not dialog.write.isEnabled()
    dialog.machines.setPlainText("a:1\nb:2")
    assert dialog.commands.toPlainText().count("\n") == 1
    dialog.write_to(tmp_path / "folder")
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert (tmp_path / "folder" / "project.netbuilder").exists()
