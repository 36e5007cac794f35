"""What a person types becomes a value, or a sentence that says why not."""

import pytest

from netbuilder.core import i18n
from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.forms.boxes import stepped_value
from netbuilder.ui.forms.parsing import UNSET, format_value, parse_value, read_float


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.INT, "32", 32),
        (Kind.INT, " 1 000 ", 1000),
        (Kind.INT, "1e3", 1000),
        (Kind.FLOAT, "0.001", 0.001),
        (Kind.FLOAT, "0,25", 0.25),
        (Kind.FLOAT, "1e-7", 1e-7),
        (Kind.SHAPE, "8 × 8 × 1", [8, 8, 1]),
        (Kind.SHAPE, "(None, 16)", [None, 16]),
        (Kind.SHAPE, "()", []),
        (Kind.INTS, "1, 2", [1, 2]),
        (Kind.INTS, "-1", -1),
        (Kind.FLOATS, "1/255", 1 / 255),
        (Kind.FLOATS, "0.1, 0.2", [0.1, 0.2]),
        (Kind.STRINGS, "red, green\nblue", ["red", "green", "blue"]),
    ],
)
def test_text_is_read(kind, text, value):
    assert parse_value(Param("p", kind), text) == value


@pytest.mark.parametrize("text", ["3", "3 × 3", "3x3", "3, 3", "(3, 3)"])
def test_one_size_may_be_written_in_many_ways(text):
    assert parse_value(Param("kernel_size", Kind.SIZE, size=2), text) == 3


def test_unequal_sizes_stay_a_list():
    assert parse_value(Param("kernel_size", Kind.SIZE, size=2), "3 × 5") == [3, 5]


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (Kind.INT, "many", "“many” is not a whole number"),
        (Kind.INT, "1.5", "not a whole number"),
        (Kind.FLOAT, "a half", "“a half” is not a number"),
        (Kind.FLOAT, "inf", "not a finite number"),
        (Kind.FLOATS, "1/0", "divides by zero"),
        (
            Kind.SIZE,
            "3 × 3 × 3",
            _("Enter {wanted} numbers, one per axis, not {given}.", wanted=2, given=3),
        ),
    ],
)
def test_what_cannot_be_read_is_told(kind, text, words):
    with pytest.raises(ValueError, match=words):
        parse_value(Param("p", kind, size=2), text)


def test_an_empty_field_means_the_default():
    assert parse_value(Param("units", Kind.INT, 32), "  ") is UNSET


def test_an_empty_field_that_is_needed_is_told():
    with pytest.raises(ValueError):
        parse_value(Param("units", Kind.INT, required=True), "")


def test_none_may_be_written_where_it_is_allowed():
    param = Param("ignore_class", Kind.INT, optional=True)
    assert parse_value(param, "none") is None
    assert format_value(param, None) == ""


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.INT, 7),
        (Kind.FLOAT, 1e-7),
        (Kind.FLOAT, 0.3),
        (Kind.FLOAT, 2.0),
        (Kind.SHAPE, [None, 3]),
        (Kind.SHAPE, []),
        (Kind.INTS, [1]),
        (Kind.INTS, [1, 2]),
        (Kind.FLOATS, [0.5]),
        (Kind.STRINGS, ["a", "b"]),
    ],
)
def test_what_is_written_reads_as_the_same(kind, value):
    param = Param("p", kind)
    assert parse_value(param, format_value(param, value)) == value


@pytest.mark.parametrize(
    ("start", "steps", "end"),
    [(0.001, 1, 0.002), (0.001, -1, 0.0009), (0.009, 1, 0.01), (0.1, -1, 0.09), (32.0, 1, 42.0)],
)
def test_floats_step_by_their_first_digit(start, steps, end):
    assert stepped_value(Param("rate", Kind.FLOAT), start, steps) == pytest.approx(end)


def test_steps_stay_in_range():
    rate = Param("rate", Kind.FLOAT, minimum=0.0, maximum=1.0)
    assert stepped_value(rate, 0.98, 1) == 1.0
    assert stepped_value(Param("units", Kind.INT, minimum=1), 1, -1) == 1
    assert stepped_value(Param("size", Kind.SIZE, minimum=1, size=2), [3, 1], -1) == [2, 1]


@pytest.mark.parametrize(
    ("text", "number"),
    [("0,001", 0.001), ("1,5", 1.5), ("1,234.5", 1234.5), ("1.234,5", 1234.5),
     ("1,234,567", 1234567.0), ("-12,25", -12.25), ("30000", 30000.0)],
)  # fmt: skip
def test_commas_that_can_be_read_in_one_way(text, number):
    assert read_float(text) == number


@pytest.mark.parametrize("text", ["30,000", "-1,125", "999,999"])
def test_a_comma_that_can_be_read_in_two_ways_is_asked_about(text):
    with pytest.raises(ValueError, match="two ways"):
        read_float(text)


@pytest.fixture
def german(tmp_path, monkeypatch):
    """German numbers."""
    (tmp_path / "de").mkdir()
    (tmp_path / "de/netbuilder.po").write_text('msgid ""\nmsgstr ""\n', encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    monkeypatch.setenv(i18n.VARIABLE, "en")
    i18n.load_catalog.cache_clear()
    i18n.set_language("de")
    yield
    i18n.load_catalog.cache_clear()
    i18n.set_language("en")


@pytest.mark.parametrize(
    ("text", "number"),
    [("0,5", 0.5), ("0.001", 0.001), ("30,000", 30.0), ("1.234,5", 1234.5), ("1,234.5", 1234.5),
     ("-12,25", -12.25), ("1e-5", 1e-5)],
)  # fmt: skip
def test_numbers_are_read_as_german_writes_them(german, text, number):
    assert read_float(text) == number


def test_a_german_field_shows_what_it_reads(german):
    assert format_value(Param("rate", Kind.FLOAT), 0.001) == "0,001"
    floats = Param("p", Kind.FLOATS)
    assert format_value(floats, [0.5, 1.25]) == "0,5; 1,25"
    for text in ("0,5; 1,25", "0,5, 1,25", "0,5 1,25"):
        assert parse_value(floats, text) == [0.5, 1.25]
    with pytest.raises(ValueError, match=r"30000.*30,000"):
        read_float("30.000")


@pytest.mark.parametrize("text", ["1,000", "1.000", "1 000", "1e3"])
def test_a_whole_number_has_thousands_and_no_fraction(text):
    assert parse_value(Param("units", Kind.INT), text) == 1000
