"""Sets of ``keras.datasets``: downloaded once, or placed there by hand.

Keras verifies a checksum. Without network and file there is a message, no substitute data.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.downloads import kept_off_the_network
from netbuilder.core.data.kinds.builtin.data_set import SORTED_CLASSES_NOTE, DataSet, described
from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.kinds.scripts.script_lines import text_code
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_list

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FILES = {
    "mnist": ("mnist.npz",),
    "fashion_mnist": tuple(
        f"fashion-mnist/{part}-ubyte.gz"
        for part in (
            "train-labels-idx1", "train-images-idx3", "t10k-labels-idx1", "t10k-images-idx3",
        )
    ),
    "cifar10": ("cifar-10-batches-py-target.tar.gz",),
    "imdb": ("imdb.npz", "imdb_word_index.json"),
}  # fmt: skip
_CLOTHES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
            "bag", "boot")  # fmt: skip
_THINGS = ("airplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_DIGITS = tuple(str(digit) for digit in range(10))
_MOST_WORDS = 20_000


def keras_home() -> Path:
    """Return Keras's cache folder, as ``keras.utils.get_file`` finds it."""
    base = os.environ.get("KERAS_HOME") or str(Path.home() / ".keras")
    return Path(base) / "datasets"


def is_downloaded(name: str) -> bool:
    """Return whether the files of a set are on this computer."""
    return all((keras_home() / file).exists() for file in _FILES[name])


def _loaded(name: str, **options: Any) -> Any:
    """Return ``keras.datasets.NAME.load_data()``; raise DataError if it cannot be downloaded."""
    import importlib

    try:
        with kept_off_the_network(_("The data set '{name}'", name=name), keras_home()):
            return importlib.import_module(f"keras.datasets.{name}").load_data(**options)
    except UserError as error:
        raise DataError(error.what, error.fix) from error
    except Exception as error:
        raise _missing(name, error) from error


def _missing(name: str, error: Exception) -> DataError:
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    files = format_list(_FILES[name], 9)
    return data_error(
        "data_set_not_downloaded", name=name, reason=first, files=files, folder=keras_home()
    )


@lru_cache(maxsize=2)
def _pictures_of(name: str) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    (x, y), (x_test, y_test) = _loaded(name)
    return (_channels(x), y.reshape(-1)), (_channels(x_test), y_test.reshape(-1))


def _channels(x: NDArray[Any]) -> NDArray[Any]:
    return x[..., None] if x.ndim == 3 else x


def _pictures(name: str, target: str, labels: tuple[str, ...]) -> DataSet:
    def part(which: int) -> Samples:
        import numpy as np
        import pandas as pd

        x, y = _pictures_of(name)[which]
        return Samples(
            role="image",
            arrays={"image": x},
            targets=pd.DataFrame({target: np.array(labels)[y]}),
            value_range=(0.0, 255.0),
            source=name,
        )

    def code(question: ScriptRequest) -> DataCode:
        grey = name in {"mnist", "fashion_mnist"}
        axis = "[..., np.newaxis]" if grey else ""
        named: tuple[str, ...] = (f"labels = {format_literal(list(labels))}",)
        if list(labels) != sorted(labels):
            named = (
                _(SORTED_CLASSES_NOTE),
                f"names = np.array({format_literal(list(labels))})",
                "labels, y = np.unique(names[y.ravel()], return_inverse=True)",
                "y_test = np.searchsorted(labels, names[y_test.ravel()])",
            )
        return DataCode(
            (
                f"from keras.datasets import {name}",
                "",
                f"(x, y), (x_test, y_test) = {name}.load_data()",
                f'x = x{axis}.astype("float32")',
                f'x_test = x_test{axis}.astype("float32")',
                *named,
            ),
            InputFormat.PIXELS,
            own_test=True,
        )

    return described(
        name, lambda options: part(0), code, test=lambda options: part(1), fetched=True
    )


@lru_cache(maxsize=1)
def _reviews() -> tuple[tuple[list[str], Any], tuple[list[str], Any]]:
    """Decode the reviews to words; rare words are left out."""
    train, test = _loaded("imdb", num_words=_MOST_WORDS)
    try:
        from keras.datasets import imdb

        with kept_off_the_network(_("The vocabulary of 'imdb'"), keras_home()):
            words = {number + 3: word for word, number in imdb.get_word_index().items()}
    except UserError as error:
        raise DataError(error.what, error.fix) from error
    except Exception as error:
        raise _missing("imdb", error) from error

    def text(numbers: list[int]) -> str:
        return " ".join(words[number] for number in numbers if number in words)

    return ([text(ids) for ids in train[0]], train[1]), ([text(ids) for ids in test[0]], test[1])


def _imdb_part(which: int) -> Samples:
    import numpy as np
    import pandas as pd

    texts, marks = _reviews()[which]
    return Samples(
        role="text",
        arrays={"text": np.array(texts, object)},
        targets=pd.DataFrame({"opinion": np.array(["negative", "positive"])[marks]}),
        source="imdb",
    )


def _imdb_code(question: ScriptRequest) -> DataCode:
    lines = [
        "from keras.datasets import imdb",
        "",
        f"parts = imdb.load_data(num_words={_MOST_WORDS})",
        "words = {number + 3: word for word, number in imdb.get_word_index().items()}",
        "x, x_test = (",
        '    np.array([" ".join(words[i] for i in one if i in words) for one in ids])',
        "    for ids, _ in parts",
        ")",
        'labels, y, y_test = ["negative", "positive"], parts[0][1], parts[1][1]',
    ]
    return text_code(question, lines, own_test=True)


def _imdb_make(options: Mapping[str, Any]) -> Samples:
    return _imdb_part(0)


KERAS = (
    _pictures("mnist", "digit", _DIGITS),
    _pictures("fashion_mnist", "clothing", _CLOTHES),
    _pictures("cifar10", "thing", _THINGS),
    described("imdb", _imdb_make, _imdb_code, test=lambda options: _imdb_part(1), fetched=True),
)
