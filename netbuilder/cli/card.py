"""``netbuilder card MODEL -o FILE``: the model card."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.output import print_json, print_note
from netbuilder.cli.standard_streams import output_path
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, in_english


def run(arguments: argparse.Namespace) -> int:
    """Write a model card: facts about a trained model, and its author's answers."""
    from netbuilder.cli.evaluate import load_model

    path = Path(arguments.model)
    trained = load_model(path)
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results import model_card

    try:
        dataset = load_dataset(trained.project, path.parent) if trained.project.data.kind else None
    except UserError as error:
        dataset = None
        print_note(
            _("The data is not available, so the metrics have no intervals: {reason}", reason=error)
        )
    card = model_card.card_of(trained, dataset)
    with output_path(arguments.output, ".md") as out:
        if out.suffix.lower() == ".pdf":
            _write_pdf(model_card.as_html(card), out)
        else:
            model_card.write(card, out)
    if arguments.output != "-":
        print_note(_("Wrote {path}.", path=out))
    if arguments.json:
        with in_english():
            english = model_card.card_of(trained, dataset)
        facts = {
            section.title: dict(section.rows) or section.text or section.code
            for section in english.sections
        }
        print_json({"output": arguments.output, "title": english.title, "sections": facts})
    return 0


def _write_pdf(page: str, path: Path) -> None:
    from netbuilder.cli.app import offscreen_application

    with offscreen_application():
        from netbuilder.ui.plots.picture_export import write_pdf

        write_pdf(page, path)
