"""A name that a person gave is one that every system takes for a file."""

import pytest

from netbuilder.core.files.file_names import portable_name
from netbuilder.core.grading.submission import file_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sales", "Sales"), ("What is 2:3?", "What is 2_3_"), ("a/b\\c", "a_b_c"), (" x. ", "x"),
        ("con", "con_"), ("Nul.1", "Nul.1_"), ("console", "console"), ("...", ""),
    ],
)  # fmt: skip
def test_what_windows_refuses_is_replaced(text, name):
    assert portable_name(text) == name


def test_a_hand_in_has_a_name_whatever_the_pupil_is_called():
    assert file_name("Ada", "first_model", ".h5") == "Ada - first_model.h5"
    assert file_name("Con", "", ".h5", ["Con_.h5"]) == "Con_ 2.h5"
    assert file_name(" . ", "", ".h5") == "hand-in.h5"
