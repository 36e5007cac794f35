"""``netbuilder grade``: rows for what is broken, and one word where it is the hidden data."""

import pytest


@pytest.mark.slow
def test_broken_files_are_rows_and_the_same_fault_is_said_once(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.h5").write_bytes(b"nothing")
    (folder / "b.h5").touch()
    hidden = tmp_path / "hidden.csv"
    hidden.write_text("x,y\n1,2\n", encoding="utf-8")
    table = tmp_path / "grades.csv"
    done = run("grade", folder, "--data", hidden, "-o", table, "--json")
    assert done.code == 0
    rows = done.json["submissions"]
    assert {row["status"] for row in rows} == {"failed"}
    assert {row["file"] for row in rows} == {"a.h5", "b.h5"}
    assert "b.h5" in table.read_text(encoding="utf-8-sig")
    (folder / "a.h5").write_bytes(b"")
    done = run("grade", folder, "--data", hidden)
    assert done.code == 1
    assert "same reason" in done.err


def test_a_wrong_ending_is_told_before_anything_is_graded(run, tmp_path):
    (tmp_path / "a.h5").touch()
    (tmp_path / "h.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    done = run("grade", tmp_path, "--data", tmp_path / "h.csv", "-o", tmp_path / "out.pdf")
    assert done.code == 1
    assert ".pdf" in done.err
    assert run("grade", "--json").code == 2


@pytest.mark.slow
def test_without_hidden_data_built_in_sets_are_judged_on_their_own_test_rows(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    assert run("examples", "iris", "-o", tmp_path / "iris.netbuilder").code == 0
    done = run("train", tmp_path / "iris.netbuilder", "-o", folder / "ada.h5", "--json")
    page = tmp_path / "grades.html"
    done_again = run("grade", folder, "--html", page, "--json")
    assert done_again.code == 0, done_again.err
    (row,) = done_again.json["submissions"]
    assert row["status"] == "graded"
    assert abs(row["metrics"]["accuracy"] - done.json["test"]["accuracy"]) < 1e-6
    assert "test rows of Iris" in done_again.err
    told = "Points are 100 × the accuracy (the share of correct predictions)."
    assert told in done_again.err
    assert f"Wrote {page}." in done_again.err
    assert told in page.read_text(encoding="utf-8")
