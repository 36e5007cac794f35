"""A script whose weights come with the program runs where the program is not installed."""

from dataclasses import replace

import pytest

from netbuilder.core.data.examples import find_example
from netbuilder.core.formats.registry import save_network
from netbuilder.core.project import files


def _project():
    project = files.read(find_example("frozen_body").path)
    return replace(project, training=replace(project.training, epochs=1))


@pytest.mark.parametrize("ending", [".py", ".ipynb"])
def test_the_weights_lie_beside_it(tmp_path, ending):
    path = tmp_path / f"body{ending}"
    (note,) = save_network(_project(), path, tmp_path)
    assert "drawn_digits.weights.h5" in note
    assert (tmp_path / "drawn_digits.weights.h5").stat().st_size > 100_000
    text = path.read_text(encoding="utf-8")
    assert "drawn_digits.weights.h5" in text
    assert "resources" not in text


def test_a_file_of_that_name_stays(tmp_path):
    (tmp_path / "drawn_digits.weights.h5").write_bytes(b"mine")
    save_network(_project(), tmp_path / "body.py", tmp_path)
    assert (tmp_path / "drawn_digits.weights.h5").read_bytes() == b"mine"


@pytest.mark.slow
def test_it_runs_in_another_folder_without_the_program(tmp_path, plain_python):
    save_network(_project(), tmp_path / "body.py", tmp_path)
    away = tmp_path / "away"
    away.mkdir()
    for name in ("body.py", "drawn_digits.weights.h5"):
        (tmp_path / name).rename(away / name)
    plain_python((away / "body.py").read_text(encoding="utf-8"), away)
    assert list(away.glob("*.h5"))
