"""The data sets that come along: scikit-learn's small ones and generated ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from netbuilder.core.data.kinds import generated
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
from netbuilder.core.wording import did_you_mean, listed


@dataclass(frozen=True)
class Builtin:
    """One data set: ``name`` as project files say it, and what people read about it."""

    name: str
    title: str
    description: str
    make: Callable[[], Samples]
    task: str


def _table(loader: str, target: str, unscaled: bool = False) -> Samples:
    import pandas as pd
    from sklearn import datasets

    options: dict[str, Any] = {"scaled": False} if unscaled else {}
    bunch: Any = getattr(datasets, loader)(**options)
    values = bunch.target
    if hasattr(bunch, "target_names"):
        values = np.asarray([str(name) for name in bunch.target_names])[values]
    return Samples(
        role="table",
        table=pd.DataFrame(bunch.data, columns=[str(name) for name in bunch.feature_names]),
        targets=pd.DataFrame({target: values}),
        source=loader.removeprefix("load_"),
    )


def _diabetes() -> Samples:
    return _table("load_diabetes", "progression", unscaled=True)


def _iris() -> Samples:
    return _table("load_iris", "species")


def _wine() -> Samples:
    return _table("load_wine", "cultivar")


def _breast_cancer() -> Samples:
    return _table("load_breast_cancer", "diagnosis")


def _digits() -> Samples:
    import pandas as pd
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return Samples(
        role="image",
        arrays={"image": bunch.images[:, :, :, None].astype(np.float32)},
        targets=pd.DataFrame({"digit": bunch.target}),
        value_range=(0.0, 16.0),
        source="digits",
    )


_ROWS = (
    Builtin("diabetes", "Diabetes", "442 patients: ten measurements, and how the illness went on "
            "after a year (scikit-learn).", _diabetes, "regression"),
    Builtin("iris", "Iris", "150 flowers of three species, told apart by the lengths of their "
            "leaves (scikit-learn).", _iris, "classes"),
    Builtin("wine", "Wine", "178 wines of three growers, told apart by thirteen measurements "
            "(scikit-learn).", _wine, "classes"),
    Builtin("breast_cancer", "Breast cancer", "569 tumours, malignant or benign, by thirty "
            "measurements (scikit-learn).", _breast_cancer, "binary"),
    Builtin("digits", "Digits", "1,797 handwritten digits as pictures of 8×8 grey pixels "
            "(scikit-learn).", _digits, "classes"),
    Builtin("moons", "Two moons", "400 points of two colours, in half moons that reach into each "
            "other.", generated.moons, "binary"),
    Builtin("circles", "Circles", "400 points: a ring around a disc.", generated.circles,
            "binary"),
    Builtin("spiral", "Spiral", "500 points on the two arms of a spiral: the hardest playground.",
            generated.spiral, "binary"),
    Builtin("blobs", "Blobs", "450 points in three clouds.", generated.blobs, "classes"),
    Builtin("waves", "Waves", "1,200 sequences of 40 steps: sine, square, sawtooth or noise.",
            generated.waves, "classes"),
    Builtin("reviews", "Reviews", "1,200 short sentences of praise or blame.", generated.reviews,
            "binary"),
    Builtin("temperatures", "Temperatures", "Four years of daily temperatures: foretell the next "
            "day from the days before.", lambda: _temperatures({}), "regression"),
)  # fmt: skip

BUILTINS: Mapping[str, Builtin] = {row.name: row for row in _ROWS}


def _temperatures(options: Mapping[str, Any]) -> Samples:
    from netbuilder.core.data.kinds.series import windows

    return windows(
        generated.temperatures(), ("temperature",), {"window": 14, **options}, "temperatures"
    )


def read_builtin(name: str, options: Mapping[str, Any]) -> Samples:
    """The samples of a set by its name.

    Raises:
        DataError: there is no such set.
    """
    if name == "temperatures":
        return _temperatures(options)
    if name not in BUILTINS:
        raise DataError(
            f"There is no built-in data set '{name}'.",
            f"{did_you_mean(name, list(BUILTINS))} There are {listed(BUILTINS, 20)}.".strip(),
        )
    return BUILTINS[name].make()
