"""The model for formats that can hold look-ups of strings, and what it takes in words."""

from __future__ import annotations

from netbuilder.core.engine.build.assembly import FileInputModel, assemble_for_files
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.formats.metadata import KERAS_OWN
from netbuilder.core.i18n import gettext as _


def file_input_model(trained: TrainedModel) -> FileInputModel | None:
    """The network with all that is done to its data in front of it, as layers.

    Returns:
        None where the network's own model takes what stands in a file, or is Keras's own.
    """
    if trained.extra.get(KERAS_OWN):
        return None
    return assemble_for_files(
        trained.training_model, trained.project, trained.preprocessing, trained.facts
    )


def input_sentences(trained: TrainedModel, made: FileInputModel | None) -> tuple[str, ...]:
    """Sentences about what such a model takes."""
    if made is None:
        return ()
    said = dict.fromkeys(
        form.layers_take(trained.preprocessing.inputs[name]) for name, form in made.forms.items()
    )
    return tuple(_("The model takes {what}.", what=one) for one in said)
