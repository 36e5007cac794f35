"""Numbers, lists, dates and sizes read right, in English and in languages of other signs."""

import datetime as dt
import re

import numpy as np
import pytest

from netbuilder.core import i18n, wording
from netbuilder.core.errors import UserError
from netbuilder.core.wording import (
    correct_sentence,
    format_approximate,
    format_percent,
    format_probability,
)


def test_no_digit_that_is_not_known():
    assert format_approximate(68.437, 79.26) == "68"
    assert format_approximate(79.26, 79.26) == "79"
    assert format_approximate(0.7231, 1.651) == "0.7"
    assert format_approximate(123456.0, 5400.0) == "123,500"
    assert format_approximate(1.5, 0.0) == "1.5"
    assert format_approximate(float("nan"), 1.0) == "nan"


def test_a_probability_has_one_decimal_and_is_all_only_where_it_is():
    assert [format_probability(part) for part in (1.0, 0.9996, 0.997, 0.83, 0.004, 1e-7, 0.0)] == [
        "100.0%", ">99.9%", "99.7%", "83.0%", "0.4%", "<0.1%", "0.0%",
    ]  # fmt: skip
    assert format_percent(598 / 600) == "99.7%"
    assert format_percent(0.999999) == ">99.99%"
    assert format_percent(0.998, 0, 0) == ">99%" and format_percent(0.002, 0, 0) == "<1%"
    assert format_percent(1.0, 1) == "100.0%" and format_percent(0.5, 1) == "50.0%"
    assert correct_sentence(1.0) == "100 of 100 predictions are correct."
    assert correct_sentence(598 / 600) == "997 of 1,000 predictions are correct."
    assert correct_sentence(0.0004) == "4 of 10,000 predictions are correct."
    assert correct_sentence(0.86) == "86 of 100 predictions are correct."


def test_a_unit_stands_where_it_is_written():
    assert wording.format_measure(1304, "$") == "$1,304"
    assert wording.format_measure(158.6, "$") == "$158.60"
    assert wording.format_measure(-20, "US$") == "−US$20"
    assert wording.format_measure(510.0000001, "$") == "$510"
    assert wording.format_measure(81.5, "m²") == "81.5 m²"
    assert wording.format_measure(2.5, "$ /m") == "$2.50 /m"
    assert wording.format_measure(0.00012, "$") == "$0.000120"
    assert wording.format_measure(7, "") == "7"
    assert wording.format_range("457", "2,745", "€") == "€457 to €2,745"
    assert wording.format_range("30", "89", "kg") == "30 to 89 kg"


@pytest.fixture
def language(tmp_path, monkeypatch):
    """German, French and Chinese without any sentence: their numbers are Babel's."""
    for name in ("de", "fr", "zh_CN"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "netbuilder.po").write_text('msgid ""\nmsgstr ""\n', encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    monkeypatch.setenv(i18n.VARIABLE, "en")
    i18n.load_catalog.cache_clear()
    yield
    i18n.load_catalog.cache_clear()
    i18n.set_language("en")


NARROW = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("name", "thousands", "share", "size", "listed", "day"),
    [
        ("en", "−1,234.5", "97.7%", "1.4 GB", "a, b and c", "28 November 2026"),
        ("de", "−1.234,5", "97,7\xa0%", "1,4\xa0GB", "a, b und c", "28. November 2026"),
        ("fr", f"−1{NARROW}234,5", f"97,7{NARROW}%", f"1,4{NARROW}Go", "a, b et c",
         "28 novembre 2026"),
        ("zh_CN", "−1,234.5", "97.7%", "1.4 GB", "a、b和c", "2026年11月28日"),
    ],
)  # fmt: skip
def test_a_language_writes_numbers_its_own_way(language, name, thousands, share, size, listed, day):
    i18n.set_language(name)
    assert wording.format_number(-1234.5, ",.1f") == thousands
    assert format_percent(0.977, 1).replace("\xa0", NARROW) == share.replace("\xa0", NARROW)
    assert wording.format_bytes(1.4e9) == size
    assert wording.format_list("abc") == listed
    assert wording.format_date(dt.date(2026, 11, 28)) == day


def test_numbers_among_the_values_of_a_message_follow_the_language(language):
    i18n.set_language("de")
    assert i18n.gettext("{value} of {other:.2f}", value=0.5, other=1 / 3) == "0,5 of 0,33"
    assert i18n.ngettext("{count} row", "{count} rows", 12_000) == "12.000 rows"
    assert i18n.gettext("{value!r} in {name}", value=0.5, name="1.5.csv") == "0.5 in 1.5.csv"


def test_a_capital_is_that_of_the_language():
    try:
        for language, first in (("tr", "İz"), ("en", "Iz")):
            i18n.set_language(language)
            assert wording.capitalize_first("iz") == first
        i18n.set_language("tr")
        assert i18n.localized("-1.2e-05") == "−0,000012" and i18n.localized("1e-07") == "1e-07"
        assert i18n.localized(">99.9%") == ">%99,9" and i18n.localized("-5%") == "−%5"
    finally:
        i18n.set_language("en")


def test_a_value_has_one_text():
    number = wording.format_number
    assert number(-0.0) == "0" and number(-0.0004, ".2f") == "0.00"
    assert number(-3.2e-7) == "−3.20e-07" and number(1e-6) == "0.00000100"
    assert number(0.000541) == "0.000541" and number(0.00099996) == "0.001000"
    assert [number(value) for value in (0.128, 0.0840, 1.240, 0.00834, 12345.6)] == [
        "0.128", "0.084", "1.24", "0.00834", "12,346",
    ]  # fmt: skip
    assert number(12_345_678) == "12,345,678" and number(1e10) == "10,000,000,000"
    assert number(3.2e25) == "3.20e+25"
    assert number(-0.34485) == number(float(np.float32(-0.34485))) == "−0.3449"
    assert [wording.format_signed(value) for value in (0.3994, -0.05, 0.0)] == [
        "+0.3994", "−0.05", "0",
    ]  # fmt: skip
    beside = [wording.format_signed(value, 0.3994) for value in (1.91e-6, -1.91e-6, 0.002)]
    assert beside == ["0", "0", "+0.002"], "at the digits of the largest"


@pytest.mark.parametrize(("name", "point"), [("en", "."), ("de", ",")])
def test_decimal_points_of_a_column_are_in_one_line(language, name, point):
    i18n.set_language(name)
    texts = [wording.format_number(value) for value in (0.007269, 0.0478, 12.0)]
    rooms = [wording.decimal_padding(one, wording.most_decimals(texts)) for one in texts]
    assert {len((text + room).replace("\u2008", point).partition(point)[2])
            for text, room in zip(texts, rooms, strict=True)} == {6}  # fmt: skip
    assert wording.most_decimals(["1.5", "0.9 (0.8 to 1.0)"]) == 0
    share = f"98{point}6%"
    assert wording.most_decimals([share, texts[0]]) == 0, "an accuracy and a loss"
    assert wording.most_decimals([share, "9%"]) == 1


def test_halves_of_a_percent_are_rounded_up_as_at_school():
    assert wording.format_percent(77 / 80, 1) == wording.format_number(77 / 80, ".1%") == "96.3%"
    assert wording.format_percent(35 / 80, 1) == "43.8%"
    assert wording.format_number(-77 / 80, ".1%") == "−96.3%"
    assert wording.format_percent(1 / 8, 0) == "13%"
    assert wording.format_percent(0.0, 0) == "0%" and wording.format_percent(1.0) == "100.0%"


def test_sizes_and_durations():
    sizes = [wording.format_bytes(count) for count in (0, 999, 12_000, 600_000, 5e12)]
    assert sizes == ["0 bytes", "999 bytes", "12 kB", "0.6 MB", "5.0 TB"]
    durations = [wording.format_duration(seconds) for seconds in (0.01, 2.34, 33, 200, 3900)]
    assert durations == ["less than 0.1 s", "2.3 s", "33 s", "3 min 20 s", "1 h 05 min"]


@pytest.mark.parametrize(
    ("name", "sentences", "label", "values"),
    [
        ("en", "Done. One more.", "a: b", "4.3, 3"),
        ("de", "Fertig. Noch einer.", "a: b", "4,3; 3"),
        ("fr", "Fini. Encore un.", "a\xa0: b", "4,3\xa0; 3"),
        ("zh_CN", "完成。还有一个。", "a：b", "4.3，3"),
    ],
)
def test_sentences_labels_and_values_are_joined_as_the_language_does(
    monkeypatch, name, sentences, label, values
):
    monkeypatch.setenv(i18n.VARIABLE, "en")
    try:
        i18n.set_language(name)
        split = re.findall(r"[^.。]+[.。]", sentences)
        assert wording.join_sentences([split[0], "", split[1].strip()]) == sentences
        assert wording.join_sentences([]) == "" and wording.join_sentences(["a."]) == "a."
        assert wording.labelled("a", "b") == label
        assert wording.as_sentence("a") == ("a。" if name == "zh_CN" else "a.")
        assert wording.join_values([wording.format_number(4.3), 3]) == values
    finally:
        i18n.set_language("en")


def test_the_two_sentences_of_an_error_are_joined_so_too():
    assert str(UserError("没有数据。", "请选择数据。")) == "没有数据。请选择数据。"
    assert str(UserError("No data.", "Choose data.")) == "No data. Choose data."
