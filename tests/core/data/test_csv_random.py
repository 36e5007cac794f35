"""Whatever stands in a CSV file: it loads, or a message says why it does not."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from netbuilder.core.data.load import load_dataset, load_preview
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Project

NUMBERS = st.sampled_from(["1", "2", "3", "4.5", "0", "-7e3"])
CELLS = st.sampled_from(
    ["1", "2.5", "", "a", "NaN", "inf", "1e999", "1,5", '"a,b"', '"un"closed', '"', "true",
     "ä", "\x00", " ", "99999999999999999999", "\r"]
)  # fmt: skip


@st.composite
def files(draw):
    width = draw(st.integers(1, 4))
    odd = draw(st.booleans())
    cell = st.one_of(NUMBERS, CELLS) if odd else NUMBERS
    lines = draw(st.lists(st.lists(cell, min_size=width, max_size=width + odd), max_size=40))
    names = draw(st.lists(st.sampled_from("abcdef1"), min_size=width, max_size=width))
    separator = draw(st.sampled_from(",;\t|"))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join(separator.join(line) for line in [names, *lines])
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"])))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("random")


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=files(),
    missing=st.sampled_from(["error", "drop", "mean"]),
    scaling=st.sampled_from(["auto", "minmax", "none"]),
    limit=st.sampled_from([1024, 1e-5]),
)
@example(content=b"a\nNaN", missing="error", scaling="auto", limit=1e-5)
def test_any_file(folder, content, missing, scaling, limit):
    (folder / "d.csv").write_bytes(content)
    options = {"missing": missing, "memory_limit_mb": limit}
    project = Project(data=Data("csv", path="d.csv", scaling=scaling, options=options))
    for read in (load_preview, load_dataset):
        try:
            found = read(project, folder)
        except DataError as error:
            assert error.what.endswith((".", "'")), error.what
            assert error.fix.endswith("."), error.fix
            continue
        if read is load_dataset:
            for values in (*found.train.x.values(), *found.train.y.values()):
                assert np.isfinite(values).all()
