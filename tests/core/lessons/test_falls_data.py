"""The data of the lesson on bias is what its program draws, and holds what the lesson says."""

import falls_data
import pandas as pd

from netbuilder.core.folders import resource


def test_the_file_is_what_the_script_draws_and_what_the_lesson_says():
    shipped = pd.read_excel(resource("lessons") / "falls.xlsx", sheet_name=None, engine="calamine")
    drawn = falls_data.sheets()
    assert list(shipped) == list(drawn) == ["first study", "second study"]
    for name, rows in drawn.items():
        assert shipped[name].to_numpy().tolist() == rows
    first, second = shipped.values()
    train = first[first.part == "train"]
    older = train[train.group == "older"]
    assert (len(train), len(older), len(first)) == (1000, 25, 1400)
    assert (older.movement == "fall").sum() == 1
    assert (train.movement == "fall").sum() == 99
    assert set(older.group_weight) == {39.0}
    assert older.group_weight.sum() == (train.group == "young").sum()
    more = second[second.part == "train"]
    assert (more.group == "older").sum() == 500
    # The second study has all rows of the first, and the same test rows.
    features = ["impact", "still", "turn", "group", "movement"]
    assert len(more[features].merge(train[features])) >= len(train)
    tests = [one[one.part == "test"][features].reset_index(drop=True) for one in (first, second)]
    assert tests[0].equals(tests[1])
    assert tests[0].groupby(["group", "movement"]).size().tolist() == [100] * 4
