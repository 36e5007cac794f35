"""The model for formats that can hold look-ups of strings, and what it takes in words."""

from __future__ import annotations

from netbuilder.core.engine.build.assembly import FileModel, assemble_for_files
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.formats.metadata import KERAS_OWN
from netbuilder.core.wording import listed


def for_files(trained: TrainedModel) -> FileModel | None:
    """The network with all that is done to its data in front of it, as layers.

    Returns:
        None where the network's own model takes what stands in a file, or is Keras's own.
    """
    if trained.extra.get(KERAS_OWN):
        return None
    return assemble_for_files(trained.core, trained.project, trained.pre, trained.facts)


def takes(trained: TrainedModel, made: FileModel | None) -> tuple[str, ...]:
    """Sentences about what such a model takes."""
    if made is None:
        return ()
    columns = [name for (of, _), name in made.names.items() if of == "column"]
    if not columns:
        text = any("string" in str(tensor.dtype) for tensor in made.model.inputs)
        sort = "texts as strings, of the shape (texts, 1)" if text else "pictures of any size"
        return (f"It takes {sort}.",)
    entries = trained.pre.inputs.values()
    dates = {c.name for entry in entries for c in entry.columns if c.kind == "date"}
    said = f"It takes each column as it stands in the file: {listed(columns, 12)}."
    return (said, f"{listed(sorted(dates))} as days since 1970-01-01.") if dates else (said,)
