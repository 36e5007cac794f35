"""Data that does not fit in memory trains in the same loop, to the same result."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from netbuilder.core.data.dataset import BLOCK_BYTES, EpochBlock, SampleStream
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.project.model import Choice, Data

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


def streamed(data, row_bytes=BLOCK_BYTES):
    """The same rows, a block (of one batch) at a time; only ten of them in memory."""
    x, y = data.train.x["input"], data.train.y["out"]

    def block(first, count, seed):
        whole = (
            np.arange(len(x)) if seed is None else np.random.default_rng(seed).permutation(len(x))
        )
        rows = whole[first : first + count]
        order = np.arange(len(rows), dtype=np.int32)
        return EpochBlock({"input": x[rows]}, {"out": y[rows]}, None, order)

    first = replace(data.train, x={"input": x[:10]}, y={"out": y[:10]}, raw_x={"input": x[:10]})
    return replace(data, train=first, stream=SampleStream(len(x), row_bytes, block))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["graph", "step", "loop"])
def test_a_stream_trains_like_the_same_rows_in_memory(kind, chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y}, held=20)
    project = chain(NET, epochs=3, batch_size=32, shuffle=False, metrics=(Choice("mae"),))
    memory = Session(project, data, computation=Computation("graph")).run()
    assert len(data.train) % 32, "the last batch is smaller"
    for row_bytes in (BLOCK_BYTES, BLOCK_BYTES // 100, 1):  # a block of one step, of three, of all
        stream = Session(project, streamed(data, row_bytes), computation=Computation(kind)).run()
        for name, values in memory.history.items():
            np.testing.assert_allclose(stream.history[name], values, rtol=1e-5)
        for one, two in zip(
            memory.training_model.get_weights(), stream.training_model.get_weights(), strict=True
        ):
            np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_a_stream_is_shuffled_the_same_way_for_the_same_seed(chain, dataset, numbers, tmp_path):
    data = streamed(dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20))
    whole = Session(chain(NET, epochs=4), data).run()
    Session(chain(NET, epochs=2), data, storage=RunStorage(checkpoint_dir=tmp_path)).run()
    gone_on = Session(
        chain(NET, epochs=4), data, storage=RunStorage(checkpoint_dir=tmp_path, resume=True)
    ).run()
    assert gone_on.history == whole.history
    assert Session(chain(NET, epochs=4, seed=9), data).run().history != whole.history


def test_a_csv_file_beyond_the_memory_limit(chain, tmp_path):
    source = np.random.default_rng(0)
    values = source.normal(size=(30_000, 6))
    path = tmp_path / "large.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*"abcdef", "target"])
        writer.writerows(np.column_stack([values, values.sum(axis=1)]).round(5).tolist())
    recipe = Data("csv", path=path.name, target=("target",), options={"memory_limit_mb": 0.3})
    project = replace(chain(NET, epochs=2, batch_size=256), data=recipe)
    data = load_dataset(project, tmp_path)
    assert data.stream is not None and data.facts.streamed
    trained = Session(project, data).run()
    assert trained.history["val_loss"][-1] < trained.history["val_loss"][0]
