"""Of thousands of pictures the first look opens some; all are looked at behind the window."""

import pytest
from PIL import Image

from netbuilder.core.data.load import verify_files
from netbuilder.core.data.progress import ReadingCancelledError, progress_listener
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits import append_layer
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Data
from netbuilder.ui.window.documents import empty_project

RECIPE = Data("images", path="p")


@pytest.fixture
def pictures(tmp_path):
    """2,100 of them in two classes. Every second is opened at first; one of the others is none."""
    Image.new("L", (4, 4)).save(tmp_path / "one.png")
    content = (tmp_path / "one.png").read_bytes()
    for label in ("cat", "dog"):
        (tmp_path / "p" / label).mkdir(parents=True)
        for number in range(1050):
            (tmp_path / "p" / label / f"{number:04d}.png").write_bytes(content)
    (tmp_path / "p" / "dog" / "0777.png").write_bytes(b"no picture")
    return tmp_path / "p"


def test_what_the_first_look_passes_over_is_named_before_a_run(open_window, qtbot, pictures):
    window = open_window(empty_project())
    bench, panel = window.workbench, window.docks.show_panel("data")
    panel.choose_path(pictures)
    qtbot.waitUntil(lambda: bench.data_error is not None)
    error = bench.data_error
    assert "'dog/0777.png'" in error.what
    assert panel.cards.cards, "the panel shows it, with its mend"
    window.store.apply("Mend", lambda project: apply_data_fix(project, error.fixes[0]))
    qtbot.waitUntil(lambda: bench.facts is not None and bench.data_error is None)
    assert bench.facts.rows + bench.facts.validation_rows + bench.facts.test_rows == 2099


@pytest.mark.slow
def test_an_edit_of_the_network_does_not_lift_it(open_window, qtbot, pictures):
    window = open_window(empty_project())
    bench = window.workbench
    window.docks.show_panel("data").choose_path(pictures)
    qtbot.waitUntil(lambda: bench.data_error is not None)
    seen: list[bool] = []
    bench.facts_changed.connect(lambda: seen.append(bench.facts is None))
    window.store.apply("Add", lambda project: append_layer(project, "Flatten"))
    qtbot.waitUntil(lambda: bench.settled)
    assert bench.data_error is not None
    assert all(seen)
    # What was damaged may be whole: the folder is read again.
    (pictures / "dog" / "0777.png").write_bytes((pictures / "dog" / "0776.png").read_bytes())
    bench.read_again()
    qtbot.waitUntil(lambda: bench.facts is not None)


def test_the_look_can_be_stopped_and_is_remembered(pictures):
    with progress_listener(lambda _done, _of: False), pytest.raises(ReadingCancelledError):
        verify_files(RECIPE, pictures.parent)
    told: list[int] = []
    for _ in range(2):
        with (
            progress_listener(lambda done, _of: not told.append(done)),
            pytest.raises(DataError, match="0777"),
        ):
            verify_files(RECIPE, pictures.parent)
    assert len(told) == 42, "it is looked at once"
