"""Grade thirty submissions: seconds for the folder. Prints JSON.

python benchmarks/grade.py [--retrain]: with training each of them again.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def prepare(folder: Path, count: int) -> Path:
    """``count`` small trained networks with seeds of their own, and the hidden rows."""
    from sklearn.datasets import load_iris

    from netbuilder.core.data.examples import find_example
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.session import Session
    from netbuilder.core.formats import registry
    from netbuilder.core.project import files
    from netbuilder.core.tensorflow_output import load_tensorflow

    load_tensorflow()

    project = files.read(find_example("iris").path)
    for seed in range(count):
        plan = replace(project.training, epochs=3, seed=seed)
        mine = replace(project, training=plan)
        trained = Session(mine, load_dataset(mine, Path()), on_event=lambda _event: None).run()
        registry.save_network(trained, folder / f"pupil-{seed:02}.h5")
    table = load_iris(as_frame=True).frame
    table["target"] = table["target"].map(dict(enumerate(load_iris().target_names)))
    hidden = folder.parent / "hidden.csv"
    table.rename(columns={"target": "species"}).to_csv(hidden, index=False)
    return hidden


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--retrain", action="store_true")
    arguments = parser.parse_args()
    from netbuilder.core.grading.grade import grade_folder

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "in"
        folder.mkdir()
        hidden = prepare(folder, arguments.files)
        seconds = []
        for _ in range(arguments.rounds):
            start = time.perf_counter()
            found = grade_folder(folder, hidden, retrain=arguments.retrain)
            seconds.append(time.perf_counter() - start)
            assert all(one.status == "graded" for one in found)
            assert not any(one.same_as for one in found)
            assert all(one.verified for one in found) or not arguments.retrain
    print(json.dumps({"files": arguments.files, "retrain": arguments.retrain,
                      "seconds": statistics.median(seconds), "rounds": seconds}))  # fmt: skip


if __name__ == "__main__":
    main()
