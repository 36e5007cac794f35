"""A file in, its answers out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.data import reuse
from netbuilder.core.data.arrays import read_inputs
from netbuilder.core.data.csv_dialect import sniff
from netbuilder.core.data.csv_reader import drop_index_column, read_with
from netbuilder.core.data.images import ENDINGS
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.project.atomic import replacing
from netbuilder.core.results.answers import preprocessing_of
from netbuilder.core.results.predict import (
    Predictions,
    predict_images,
    predict_raw,
    predict_texts,
    takes,
)

if TYPE_CHECKING:
    import pandas as pd


def predict_file(trained: TrainedModel, path: Path, out: Path | None = None) -> Predictions:
    """Answers about everything in a file or folder, written as a CSV where ``out`` says so.

    Args:
        trained: the network.
        path: a CSV file; a picture or a folder of pictures; a ``.txt`` file or a folder of
            them; a ``.npz`` or ``.h5`` file of arrays.
        out: CSV file to write: all columns of a CSV input, then a column "predicted NAME" for
            each target and, for classes, a "probability of LABEL" a class. Pictures and texts
            are named in the column "file".

    Raises:
        DataError: it cannot be read, or does not fit the model.
        UserError: ``out`` cannot be written.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if not path.exists():
        raise DataError(
            f"'{path.name}' is not in {path.parent}.", "Choose it again.", path=str(path)
        )
    if path.is_dir() or ending in ENDINGS or ending == ".txt":
        return _files(trained, path, out)
    if ending in reuse.ARRAY_ENDINGS:
        found = predict_raw(trained, read_inputs(path, preprocessing_of(trained).inputs))
        _write(_frame(found), out)
        return found
    return _table(trained, path, out)


def _files(trained: TrainedModel, path: Path, out: Path | None) -> Predictions:
    wants = takes(trained)
    endings = ENDINGS if wants == "images" else (".txt",)
    if wants not in {"images", "texts"}:
        raise DataError(
            f"The model takes {wants}, and '{path.name}' is something else.",
            "Choose a CSV file with the columns that it was trained on.",
        )
    files = [path]
    if path.is_dir():
        files = sorted(f for f in path.rglob("*") if f.suffix.lower() in endings and f.is_file())
    if not files or files[0].suffix.lower() not in endings:
        raise DataError(
            f"There is no file in '{path.name}' that the model takes ({', '.join(endings)}).",
            f"It takes {wants}.",
        )
    if wants == "images":
        found = predict_images(trained, files)
    else:
        texts = [file.read_text(encoding="utf-8-sig", errors="replace") for file in files]
        found = predict_texts(trained, texts)
    root = path if path.is_dir() else path.parent
    names = tuple(file.relative_to(root).as_posix() for file in files)
    found = Predictions(found.outputs, names, found.notes)
    _write(_frame(found), out)
    return found


def _frame(found: Predictions) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {"file": list(found.sources)} if found.sources else {}
    return pd.DataFrame({**columns, **found.to_columns()})


def _table(trained: TrainedModel, path: Path, out: Path | None) -> Predictions:
    dialect = sniff(path, trained.project.data.options)
    table = read_with(path, dialect)
    pre = preprocessing_of(trained)
    used = drop_index_column(table)
    raw, kept, notes = reuse.raw_of_table(used, trained.project.data, pre, path.name)
    if kept.empty:
        raise DataError(f"Every row of {path.name} has a missing value.", "Fill them in.")
    found = predict_raw(trained, raw)
    if out is not None:
        result = table.copy()
        for name, values in found.to_columns().items():
            result[name] = kept.assign(answer=values)["answer"]
        _write(result, out, dialect.separator, dialect.decimal, dialect.encoding)
    return Predictions(found.outputs, tuple(f"line {line}" for line in kept.index), notes)


def _write(
    frame: pd.DataFrame,
    out: Path | None,
    separator: str = ",",
    decimal: str = ".",
    encoding: str = "utf-8",
) -> None:
    """Write like the input was written; a byte-order mark is kept, all else becomes UTF-8."""
    if out is None:
        return
    with replacing(Path(out)) as temporary:
        frame.to_csv(
            temporary,
            index=False,
            sep=separator,
            decimal=decimal,
            encoding="utf-8-sig" if encoding.endswith("-sig") else "utf-8",
        )
