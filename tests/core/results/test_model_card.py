"""The model card: true facts, the person's own judgement, three kinds of file."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from netbuilder.cli import main
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource
from netbuilder.core.formats import registry
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.script.use_model import (
    MODEL_ENDINGS,
    example_sample,
    model_stem,
    use_code,
)
from netbuilder.core.project import card_answers, files
from netbuilder.core.results import model_card

EXAMPLES = resource("examples")


@pytest.fixture(scope="module")
def iris():
    project = files.read(EXAMPLES / "iris.netbuilder")
    project = card_answers.with_answer(project, "harm", "Nobody: flowers | only.")
    project = replace(project, training=replace(project.training, epochs=5))
    return Session(project, load_dataset(project, EXAMPLES), storage=RunStorage(record=False)).run()


def test_the_facts_are_those_of_the_data_set(iris):
    card = model_card.card_of(iris, load_dataset(iris.project, EXAMPLES))
    facts = {one.title: dict(one.rows) for one in card.sections}
    assert facts["Data"]["Test set"] == "30 samples"
    assert facts["Data"]["Training samples by class"].startswith("setosa: 36")
    # Of the training rows: the shortest petal of all 150 is 1.0, the longest 6.9.
    assert facts["Training range"]["petal length (cm)"].split(" to ")[0] in {"1", "1.1"}
    assert facts["Network and training"]["Parameters"] == "131"
    assert "95% interval" in facts["Evaluation"]["accuracy"]
    assert "baseline 33.3%" in facts["Evaluation"]["accuracy"]
    assert set(facts["Evaluation by class"]) == {"setosa", "versicolor", "virginica"}


def test_the_judgement_is_kept_in_project_and_model(iris, tmp_path):
    registry.save_network(iris, tmp_path / "iris.h5")
    again = registry.load_network(tmp_path / "iris.h5")
    assert card_answers.answers_of(again.project)["harm"] == "Nobody: flowers | only."
    files.write(iris.project, tmp_path / "iris.netbuilder")
    read = files.read(tmp_path / "iris.netbuilder")
    assert card_answers.answers_of(read)["harm"] == "Nobody: flowers | only."
    assert card_answers.KEY not in card_answers.with_answer(read, "harm", "").extra


def test_markdown_and_html(iris, tmp_path):
    card = model_card.card_of(iris, None)
    text = model_card.as_markdown(card)
    assert text.startswith("# ")
    assert "Nobody: flowers | only." in text
    assert "<h1>" in model_card.as_html(card)
    with pytest.raises(UserError) as caught:
        model_card.write(card, tmp_path / "card.docx")
    assert caught.value.code == "card_ending"


@pytest.mark.slow
def test_the_command_writes_a_pdf_too(iris, tmp_path):
    registry.save_network(iris, tmp_path / "iris.h5")
    done = subprocess.run(
        [sys.executable, "-m", "netbuilder", "card", "iris.h5", "-o", "card.pdf", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.strip().split("\n")[-1])["output"] == "card.pdf"
    assert main(["card", str(tmp_path / "iris.h5"), "-o", str(tmp_path / "card.md")]) == 0
    assert (tmp_path / "card.md").read_text("utf-8").startswith("# ")
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_the_lines_of_the_card_predict_as_the_program_does(tmp_path, plain_python):
    scripts: list[str] = []
    answers: list[list[float]] = []
    for name in ("iris", "two_inputs", "week"):
        project = files.read(EXAMPLES / f"{name}.netbuilder")
        project = replace(project, training=replace(project.training, epochs=1))
        dataset = load_dataset(project, EXAMPLES)
        trained = Session(
            project, dataset, storage=RunStorage(record=False), computation=Computation("graph")
        ).run()
        sample = example_sample(trained, dataset)
        expected = predict_rows(trained.model, [values[None] for values in sample.values()])
        assert all((values == dataset.test.raw_x[key][0]).all() for key, values in sample.items())
        (code,) = (part.code for part in model_card.card_of(trained, dataset).sections if part.code)
        for ending in MODEL_ENDINGS:
            file = f"{model_stem(project)}{ending}"
            registry.save_network(trained, tmp_path / file)
            lines = use_code(trained, file, sample)
            assert lines in code
            assert max(map(len, lines.split("\n"))) <= 100
            scripts.append(lines)
            answers.append(list(expected[0].ravel()))
    # One process for all: it takes longer to begin than to answer.
    said = plain_python("\nprint('NEXT')\n".join(scripts), tmp_path)
    for printed, expected_numbers in zip(said.split("NEXT"), answers, strict=True):
        numbers = [float(text) for text in re.findall(r"-?\d+\.\d*(?:e[-+]\d+)?", printed)]
        assert numbers[-len(expected_numbers) :] == pytest.approx(expected_numbers, rel=1e-4)
