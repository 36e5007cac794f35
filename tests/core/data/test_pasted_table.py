"""A table from the clipboard is kept as a file that says the same."""

import pytest

from netbuilder.core import folders
from netbuilder.core.data.pasted_table import store_table
from netbuilder.core.data.readers.csv_reader import read_csv
from netbuilder.core.errors import DataError

CELLS = 'room\tsize\tprice\nkitchen\t12,5\t100\n"two\nlines; so"\t8,25\t90\n'


def test_cells_of_a_spreadsheet_keep_their_decimal_commas(tmp_path):
    path = store_table(CELLS, tmp_path)
    assert path == tmp_path / "Pasted table.csv"
    table = read_csv(path, {})
    assert list(table.columns) == ["room", "size", "price"]
    assert table["size"].tolist() == [12.5, 8.25]
    assert table["room"].tolist() == ["kitchen", "two\nlines; so"]


def test_nothing_that_was_pasted_before_is_written_over(tmp_path):
    first = store_table("a\tb\n1\t2\n3\t4\n", tmp_path)
    second = store_table("a\tb\n5\t6\n7\t8\n", tmp_path)
    assert second == tmp_path / "Pasted table 2.csv"
    assert read_csv(first, {})["a"].tolist() == [1, 3]
    assert read_csv(second, {})["a"].tolist() == [5, 7]


def test_without_a_project_file_it_lies_in_the_users_folder(home):
    path = store_table("a,b\n1,2\n3,4\n", None)
    assert path.parent == folders.data() / "pasted"
    assert read_csv(path, {})["b"].tolist() == [2, 4]


def test_a_single_column_of_numbers_is_a_table(tmp_path):
    assert read_csv(store_table("degrees\n3,5\n4,25\n5\n", tmp_path), {})["degrees"].sum() == 12.75


@pytest.mark.parametrize("text", ["", "hello", "one line; of text", "two lines\nof words\n"])
def test_words_are_no_table(tmp_path, text):
    with pytest.raises(DataError, match="no table on the clipboard"):
        store_table(text, tmp_path)
    assert not list(tmp_path.iterdir())
