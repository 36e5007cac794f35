"""scikit-learn's small sets, which come with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.kinds.builtin.data_set import (
    SORTED_CLASSES_NOTE,
    DataSet,
    described,
    task_of,
)
from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.kinds.scripts.script_lines import input_columns
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.i18n import gettext as _

if TYPE_CHECKING:
    import pandas as pd


def _table(name: str, target: str, unscaled: bool = False) -> DataSet:
    loader, task = f"load_{name}", task_of(name)

    def make(options: Mapping[str, Any]) -> Samples:
        import numpy as np
        import pandas as pd
        from sklearn import datasets

        arguments: dict[str, Any] = {"scaled": False} if unscaled else {}
        bunch: Any = getattr(datasets, loader)(**arguments)
        values = bunch.target
        if task != REGRESSION:
            values = np.asarray([str(name) for name in bunch.target_names])[values]
        return Samples(
            role="table",
            table=pd.DataFrame(bunch.data, columns=[str(name) for name in bunch.feature_names]),
            targets=pd.DataFrame({target: values}),
            source=name,
        )

    loading = [
        f"from sklearn.datasets import {loader}",
        "",
        f"{name} = {loader}({'scaled=False, ' if unscaled else ''}as_frame=True)",
    ]

    def frame(question: ScriptRequest) -> list[str]:
        answers = f"{name}.target" if task == REGRESSION else f"{name}.target_names[{name}.target]"
        return [*loading, f"data = {name}.data.assign({target}={answers})"]

    def code(question: ScriptRequest) -> DataCode:
        lines = [*loading, f"x, y = {name}.data, {name}.target.to_numpy()"]
        if task != REGRESSION:
            sorted_names = f"np.unique({name}.target_names[y], return_inverse=True)"
            lines += (
                [_(SORTED_CLASSES_NOTE), f"labels, y = {sorted_names}"]
                if name == "breast_cancer"
                else [f"labels = {name}.target_names"]
            )
        return DataCode((*lines, *input_columns(question.project)))

    return described(name, make, code, frame=frame)


def _digits_from(source: str, bunch: Any, targets: pd.DataFrame) -> Samples:
    return Samples(
        role="image",
        arrays={"image": bunch.images[:, :, :, None].astype("float32")},
        targets=targets,
        value_range=(0.0, 16.0),
        source=source,
    )


def _digits(options: Mapping[str, Any]) -> Samples:
    import pandas as pd
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return _digits_from("digits", bunch, pd.DataFrame({"digit": bunch.target}))


def _digits_lines(*answers: str) -> DataCode:
    lines = (
        "from sklearn.datasets import load_digits",
        "",
        "digits = load_digits()",
        'x = digits.images[..., np.newaxis].astype("float32")',
    )
    return DataCode((*lines, *answers), InputFormat.PIXELS, pixels="0, 16")


def _digits_code(question: ScriptRequest) -> DataCode:
    labels = "labels = [str(name) for name in digits.target_names]"
    return _digits_lines("y = digits.target", labels)


def _digits_again(options: Mapping[str, Any]) -> Samples:
    import pandas as pd
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    pixels = pd.DataFrame(bunch.data / 16, columns=[f"pixel {n}" for n in range(64)])
    return _digits_from("digits_again", bunch, pixels)


def _digits_again_code(question: ScriptRequest) -> DataCode:
    return _digits_lines('y = (digits.data / 16).astype("float32")')


def _linnerud(options: Mapping[str, Any]) -> Samples:
    import pandas as pd
    from sklearn.datasets import load_linnerud

    bunch: Any = load_linnerud()
    return Samples(
        role="table",
        table=pd.DataFrame(bunch.data, columns=[str(name) for name in bunch.feature_names]),
        targets=pd.DataFrame(bunch.target, columns=[str(name) for name in bunch.target_names]),
        source="linnerud",
    )


_LINNERUD = (
    "from sklearn.datasets import load_linnerud",
    "",
    "linnerud = load_linnerud(as_frame=True)",
)


def _linnerud_code(question: ScriptRequest) -> DataCode:
    lines = (
        *_LINNERUD,
        'x, y = linnerud.data, linnerud.target.to_numpy("float32")',
        *input_columns(question.project),
    )
    return DataCode(lines)


SKLEARN = (
    _table("diabetes", "progression", unscaled=True),
    _table("iris", "species"),
    _table("wine", "cultivar"),
    _table("breast_cancer", "diagnosis"),
    described(
        "linnerud",
        _linnerud,
        _linnerud_code,
        frame=lambda question: [*_LINNERUD, "data = linnerud.frame"],
    ),
    described("digits", _digits, _digits_code),
    described("digits_again", _digits_again, _digits_again_code),
)
