"""What is concluded of tables that can be taken for something else, with the mends offered."""

import math

import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.findings import ERROR
from netbuilder.core.data.load import load_dataset
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import ColumnChoice, Data, Project

ROWS = 40


def read(folder, text, **more: object):
    (folder / "d.csv").write_text(text, encoding="utf-8")
    data = Data("csv", path="d.csv", validation_split=0.0, test_split=0.0, **more)
    project = Project(data=data)
    return make_report(project, folder), project


def column(found, name):
    return next(one for one in found.columns if one.name == name)


def note(found, code):
    return next(one for one in found.notes if one.code == code)


def mended(found, project, label, folder):
    """The project after the fix of this label; the data can be trained on then."""
    fixes = (fix for one in found.notes for fix in one.fixes if fix.label == label)
    project = next(fixes).edit(project)
    assert not [one for one in make_report(project, folder).notes if one.severity == ERROR]
    return project


def test_words_that_begin_with_a_hash_are_no_comments(tmp_path):
    """A careless reader loses half of the rows without a word."""
    lines = [f"{'#' if n % 2 else ''}tag{n % 4},{n}" for n in range(ROWS)]
    found, project = read(tmp_path, "word,y\n" + "\n".join(lines))
    assert found.rows["train"] == ROWS
    assert dict(column(found, "word").common) == dict.fromkeys(
        ("tag0", "#tag1", "tag2", "#tag3"), ROWS // 4
    )
    found, project = read(tmp_path, "\n".join(f"#{n % 5},{n}" for n in range(ROWS)))
    assert len(load_dataset(project, tmp_path).train) == ROWS


def test_comments_are_passed_over_and_told(tmp_path):
    lines = [f"{n},{2 * n}" for n in range(ROWS)]
    lines[20:20] = ["# a pause", "#20,999"]
    found, project = read(tmp_path, "# of a logger\nx,y\n" + "\n".join(lines))
    assert load_dataset(project, tmp_path).train.raw_y["output"].max() == 2 * (ROWS - 1)
    assert "# of a logger" in note(found, "comments").message


def test_separators_at_the_end_of_each_line_make_no_column(tmp_path):
    """A careless reader takes the empty column behind the last one for the target."""
    found, project = read(tmp_path, "x,y,,\n" + "\n".join(f"{n},{3 * n},," for n in range(ROWS)))
    assert [one.name for one in found.columns] == ["x", "y"]
    assert column(found, "y").role == "target"
    assert load_dataset(project, tmp_path).train.raw_y["output"].max() == 3 * (ROWS - 1)


def test_an_empty_target_is_told_with_another_one(tmp_path):
    text = "x,height,remarks\n" + "\n".join(f"{n},{3 * n}," for n in range(ROWS))
    found, project = read(tmp_path, text)
    assert "'remarks' of d.csv is empty" in note(found, "unreadable").message
    assert mended(found, project, "Predict 'height'", tmp_path).data.target == ("height",)


def test_zeros_in_front_of_numbers_are_asked_about(tmp_path):
    codes = ("01067", "80331", "50667", "04109")
    found, project = read(
        tmp_path, "code,y\n" + "\n".join(f"{codes[n % 4]},{n + 0.5}" for n in range(ROWS))
    )
    assert "'01067'" in note(found, "codes").message
    named = mended(found, project, "Use 'code' as a category", tmp_path)
    assert load_dataset(named, tmp_path).facts.input_shapes["input"] == (4,)
    for one in (named, mended(found, project, "Use as a number", tmp_path)):
        assert "codes" not in {each.code for each in make_report(one, tmp_path).notes}


def test_words_among_numbers_can_stand_for_nothing(tmp_path):
    lines = [f"{'unknown' if n == 7 else 'low' if n == 9 else n},{n}" for n in range(ROWS)]
    found, project = read(tmp_path, "x,y\n" + "\n".join(lines), options={"missing": "drop"})
    assert "line 9 has the text 'unknown'" in note(found, "unreadable").message
    label = "Treat 'unknown' and 'low' as missing"
    left = mended(found, project, label, tmp_path)
    values = load_dataset(left, tmp_path).train.raw_x["input"][:, 0].tolist()
    assert values == [n for n in range(ROWS) if n not in {7, 9}]
    assert column(make_report(left, tmp_path), "x").missing == 2


def test_missing_words_can_be_a_category(tmp_path):
    lines = [f"{'' if n % 5 == 0 else 'ab'[n % 2]},{n}" for n in range(ROWS)]
    found, project = read(tmp_path, "word,y\n" + "\n".join(lines))
    label = "Use a separate category for missing values"
    filled = mended(found, project, label, tmp_path)
    assert load_dataset(filled, tmp_path).train.raw_x["input"].sum(axis=0).tolist() == [16, 16, 8]


def test_what_a_fix_did_is_seen_in_the_table(tmp_path):
    lines = [f"north,{n},{2 * n}" for n in range(1, ROWS)] + ["all of it,780,1560"]
    found, project = read(tmp_path, "region,units,sales\n" + "\n".join(lines))
    assert column(found, "units").maximum == 780
    after = make_report(mended(found, project, f"Leave line {ROWS + 1} out", tmp_path), tmp_path)
    assert column(after, "units").maximum == ROWS - 1
    assert "total-row" not in {one.code for one in after.notes}


@pytest.mark.parametrize("wrong", ["inf", "1e300", "99999999999999999999"])
def test_numbers_that_cannot_be_computed_with_are_named(tmp_path, wrong):
    lines = [f"{wrong if n == 5 else n},{n}" for n in range(ROWS)]
    found, project = read(tmp_path, "x,y\n" + "\n".join(lines))
    assert "'x' of d.csv has a number in line 7" in note(found, "unreadable").message
    assert column(found, "x").type == "number"
    after = mended(found, project, "Leave line 7 out", tmp_path)
    assert column(make_report(after, tmp_path), "y").minimum == 0
    assert make_report(after, tmp_path).rows["train"] == ROWS - 1


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.mark.parametrize(
    ("cells", "last"),
    [
        ([f"{MONTHS[n % 12]} {2000 + n // 12}" for n in range(ROWS)], "2003-04-01"),
        ([f"{2000 + n // 12} {MONTHS[n % 12]}" for n in range(ROWS)], "2003-04-01"),
        ([f"{2000 + n // 4}Q{1 + n % 4}" for n in range(ROWS)], "2009-10-01"),
        ([f"{2000 + n // 4}-Q{1 + n % 4}" for n in range(ROWS)], "2009-10-01"),
    ],
)
def test_months_and_quarters_are_dates(tmp_path, cells, last):
    lines = [f"{cell},{n},{n * n % 17}" for n, cell in enumerate(cells)]
    found, _ = read(tmp_path, "when,a,y\n" + "\n".join(lines))
    assert column(found, "when").ends == ("2000-01-01", last)


def test_times_of_day_are_no_days_of_1970(tmp_path):
    lines = [f"{n // 60:02}:{n % 60:02},{n}" for n in range(0, 1440, 7)]
    found, _ = read(tmp_path, "time,y\n" + "\n".join(lines))
    assert column(found, "time").ends == ("00:00", "23:55")
    days = [f"1970-01-{1 + n:02},{n}" for n in range(20)]
    found, _ = read(tmp_path, "day,y\n" + "\n".join(days))
    assert column(found, "day").ends == ("1970-01-01", "1970-01-20")


@pytest.mark.parametrize("step", [0, 1])
def test_numbers_that_no_bins_fit_between_have_no_histogram(tmp_path, step):
    lines = [f"{12345678901234567890 + step * n},{n}" for n in range(ROWS)]
    found, _ = read(tmp_path, "x,y\n" + "\n".join(lines))
    assert "too large" in note(found, "unreadable").message


def test_days_and_a_number_are_a_series_on_request(tmp_path):
    lines = [f"2024-01-{n + 1:02d},{n}" for n in range(31)]
    found, project = read(tmp_path, "day,y\n" + "\n".join(lines))
    assert column(found, "day").span == "2024-01-01 to 2024-01-31"
    assert mended(found, project, "Treat the rows as a series", tmp_path).data.kind == "series"
    dated = mended(found, project, "Use 'day' as a date", tmp_path)
    assert load_dataset(dated, tmp_path).train.raw_x["input"][0, 0] == 19723  # days since 1970


def swinging(step=0.1, count=ROWS):
    return [(f"{step * n:.3g}", f"{20 * math.cos(step * n):.3f}") for n in range(count)]


def test_a_time_that_rises_evenly_asks_whether_it_is_a_series(tmp_path):
    lines = [",".join(row) for row in swinging()]
    found, project = read(tmp_path, "time,angle\n" + "\n".join(lines))
    asked = note(found, "even-steps")
    assert not asked.asked  # it is about the whole table, and stands above it
    assert "'time' rises by 0.1 from row to row" in asked.message
    series = mended(found, project, "Treat the rows as a series", tmp_path)
    assert series.data.kind == "series"
    assert series.data.columns["time"].role == "order"
    facts = load_dataset(series, tmp_path).facts
    assert facts.input_shapes["input"] == (14, 1), "the angle alone: time is no feature"
    assert "even-steps" not in {one.code for one in make_report(series, tmp_path).notes}


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("t", [f"{n / 30:.3f}" for n in range(ROWS)]),
        ("day", [str(n) for n in range(ROWS)]),
        ("U in V", [f"{0.5 * n}" for n in range(ROWS)]),
    ],
)
def test_a_time_may_be_rounded_or_counted_and_even_steps_alone_ask(tmp_path, name, times):
    lines = [f"{time},{(7 * n) % 11}.5" for n, time in enumerate(times)]
    found, project = read(tmp_path, f"{name},y\n" + "\n".join(lines))
    assert note(found, "even-steps").message.startswith(f"'{name}' rises by")
    mended(found, project, "Treat the rows as a series", tmp_path)


def test_dates_of_months_that_are_used_ask_too(tmp_path):
    months = [f"20{20 + n // 12}-{n % 12 + 1:02d}-01" for n in range(ROWS)]
    lines = [f"{month},{n % 7}.5" for n, month in enumerate(months)]
    dated = {"month": ColumnChoice(type="date")}
    found, project = read(tmp_path, "month,y\n" + "\n".join(lines), columns=dated)
    assert "'month'" in note(found, "even-steps").message
    mended(found, project, "Treat the rows as a series", tmp_path)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", list(range(ROWS))),
        ("n", list(range(1, ROWS + 1))),
        ("time", [0.1 * ((7 * n) % ROWS) for n in range(ROWS)]),  # shuffled
        ("time", [0.1 * n * n for n in range(ROWS)]),  # not even
    ],
)
def test_what_counts_or_is_shuffled_does_not_ask(tmp_path, name, values):
    lines = [f"{value:g},{(7 * n) % 11}.5" for n, value in enumerate(values)]
    found, _ = read(tmp_path, f"{name},y\n" + "\n".join(lines))
    assert "even-steps" not in {one.code for one in found.notes}


def test_one_column_is_a_series_on_request(tmp_path):
    found, project = read(tmp_path, "y\n" + "\n".join(map(str, range(ROWS))))
    assert mended(found, project, "Treat the rows as a series", tmp_path).data.kind == "series"


@pytest.mark.parametrize("numbers", [False, True])
def test_sentences_in_a_table_are_texts_on_request(tmp_path, numbers):
    lines = [
        f"{f'{n % 9},' if numbers else ''}this film number {n} was {'good' if n % 2 else 'bad'},"
        f"{'praise' if n % 2 else 'blame'}"
        for n in range(ROWS)
    ]
    found, project = read(
        tmp_path, f"{'stars,' if numbers else ''}review,verdict\n" + "\n".join(lines)
    )
    texts = mended(found, project, "Train on the texts in 'review'", tmp_path)
    assert load_dataset(texts, tmp_path).facts.vocabulary[2:6] == ("film", "number", "this", "was")


def test_sentences_guessed_as_the_target_are_the_texts(tmp_path):
    """The label stands first, as in many collections of messages."""
    lines = [f"{'spam' if n % 3 else 'ham'},message number {n} is here" for n in range(ROWS)]
    found, project = read(tmp_path, "\n".join(lines))
    texts = mended(found, project, "Train on the texts in 'column 2'", tmp_path)
    assert load_dataset(texts, tmp_path).facts.classes == ("ham", "spam")


def test_of_several_texts_the_longest_is_offered(tmp_path):
    lines = [f"Title of {n},a body of number {n} that goes on,{'ab'[n % 2]}" for n in range(ROWS)]
    found, project = read(tmp_path, "title,body,label\n" + "\n".join(lines))
    mended(found, project, "Train on the texts in 'body'", tmp_path)


def test_what_is_no_text_is_not_learned_as_one(tmp_path):
    (tmp_path / "d.txt").write_bytes(bytes(range(256)) * 50)
    with pytest.raises(DataError, match=r"'d\.txt' is not a text file"):
        make_report(
            Project(data=Data("text", path="d.txt", options={"task": "next_token"})), tmp_path
        )


@pytest.mark.parametrize(
    ("begin", "words"),
    [
        ("<!DOCTYPE html>\n<html>", "is a web page"),
        ("%PDF-1.7\n", "is a PDF"),
        ("version https://git-lfs.github.com/spec/v1\noid", "Git LFS"),
        ("PK\x03\x04", "is a spreadsheet"),
    ],
)
def test_other_files_with_the_ending_of_a_table(tmp_path, begin, words):
    with pytest.raises(DataError, match=words) as told:
        read(tmp_path, begin)
    assert told.value.fix


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("sales_training.csv", "sales_test.csv"),
        ("X_train.csv", "X_test.csv"),
        ("train.csv", "test.csv"),
        ("TRAIN.csv", "TEST.csv"),
        ("Training-2024.csv", "Testing-2024.csv"),
    ],
)
def test_a_test_file_beside_is_offered_and_never_used_in_silence(tmp_path, train, test):
    rows = [f"{n},{(7 * n) % 11}.5" for n in range(ROWS)]
    (tmp_path / train).write_text("x,y\n" + "\n".join(rows), encoding="utf-8")
    project = Project(data=Data("csv", path=train))
    assert "test-file-beside" not in {one.code for one in make_report(project, tmp_path).notes}
    (tmp_path / test).write_text("y,x\n0.5,3\n2.5,4\n", encoding="utf-8")
    found = make_report(project, tmp_path)
    assert found.rows["test"] != 2, "nobody chose it"
    assert not note(found, "test-file-beside").asked
    chosen = mended(found, project, f"Use {test} as test data", tmp_path)
    assert chosen.data.test_path == test
    after = make_report(chosen, tmp_path)
    assert after.rows["test"] == 2
    assert "test-file-beside" not in {one.code for one in after.notes}


def test_a_test_file_of_other_columns_or_another_name_is_not_offered(tmp_path):
    rows = "\n".join(f"{n},{(7 * n) % 11}.5" for n in range(ROWS))
    for name, head in (("train.csv", "x,y"), ("test.csv", "x,z"), ("strain.csv", "x,y")):
        (tmp_path / name).write_text(f"{head}\n{rows}", encoding="utf-8")
    for name in ("train.csv", "strain.csv"):
        project = Project(data=Data("csv", path=name))
        assert "test-file-beside" not in {one.code for one in make_report(project, tmp_path).notes}
