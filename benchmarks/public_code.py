"""How much of public Keras code is imported, and is any of it wrong?

    python benchmarks/public_code.py CLONES [--only TEXT]

``public_code.json`` has the address of each script or notebook and the truth about the model that
it fits last: optimizer, loss, epochs, batch size, data set ("": none that is built in), whether
its training is its own, and its parameters, from the summary in the notebook or counted by hand. A
value that the text does not determine is left out. ``CLONES`` has a folder ``owner+name`` or
``owner/name`` for each repository, with its Git directory in it or in ``repo``; nothing of it runs.

A result is *wrong* if a value differs without a line about it in the report, *partly* if the report
leaves a part of the network or the training to the user, *refused* if there is no network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from netbuilder.core.check.shapes.shapes import ShapeCache  # noqa: E402
from netbuilder.core.data.data_facts import DataFacts  # noqa: E402
from netbuilder.core.data.kinds.builtin import BUILTINS  # noqa: E402
from netbuilder.core.errors import UserError  # noqa: E402
from netbuilder.core.formats.importing.import_file import import_file  # noqa: E402
from netbuilder.core.formats.importing.report import Imported  # noqa: E402

#: Items of the report that change nothing in the network or how it trains.
BESIDE = ("validation_data", "data", "fit", "steps_per_epoch", "validation_steps", "flatten")
#: Sample shapes of sets that must be downloaded, for an Input that leaves its shape to the data.
SHAPES = {"cifar10": (32, 32, 3)}


def text_of(clones: Path, row: dict[str, Any]) -> bytes:
    """Return a file's content at its commit."""
    owner, name = row["repository"].split("/")
    places = (
        clones / f"{owner}+{name}" / "repo",
        clones / f"{owner}+{name}",
        clones / owner / name,
    )
    clone = next(place for place in places if place.is_dir())
    address = f"{row['commit']}:{row['path']}"
    command = ["git", "-C", str(clone), "show", address]
    return subprocess.run(command, check=True, capture_output=True).stdout


def differences(imported: Imported, row: dict[str, Any]) -> list[str]:
    """Return what differs from the truth."""
    project = imported.project
    training, data = project.training, project.data
    values: dict[str, Any] = {
        "optimizer": training.optimizer.name,
        "loss": training.loss.name if training.loss is not None else None,
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "data": data.name if data.name in (*BUILTINS, row.get("data")) else "",
    }
    known = [f"{key}: {value}" for key, value in values.items() if row.get(key, value) != value]
    own = any("changes the training" in item.message for item in imported.report)
    if row.get("custom_training", False) and not own:
        known.append("training: its own")
    if "parameters" in row and not imported.placeholders:
        inputs = {name: SHAPES[data.name] for name in project.graph.inputs if data.name in SHAPES}
        facts = DataFacts(input_shapes=inputs) if inputs else None
        shapes = ShapeCache().compute(project.graph, facts)
        unknown = any(shape.output is None for shape in shapes.by_node.values())
        if not unknown and shapes.total_parameters != row["parameters"]:
            known.append(f"parameters: {shapes.total_parameters}")
    return known


def judge(imported: Imported, row: dict[str, Any]) -> tuple[str, list[str]]:
    """Return "right", "partly" or "wrong", and why."""
    wrong = differences(imported, row)
    reported = {item.item for item in imported.changes}
    if any(text.partition(":")[0] not in reported for text in wrong):
        return "wrong", wrong
    others = [item.message for item in imported.report if item.message.endswith("in the file.")]
    open_items = [item for item in imported.changes
                  if item.item not in BESIDE and item.message not in others]  # fmt: skip
    shapes = [
        item for item in open_items if item.message.endswith("the shape comes from the data.")
    ]
    left = [item.item for item in open_items if item not in shapes]
    return ("partly", left) if left or imported.placeholders else ("right", [])


def main() -> None:
    """Print a line for each file, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clones", type=Path)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    rows = json.loads((HERE / "public_code.json").read_text(encoding="utf-8"))
    counts: Counter[str] = Counter()
    for row in rows:
        if arguments.only not in row["path"]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(row["path"]).name
            path.write_bytes(text_of(arguments.clones, row))
            try:
                verdict, why = judge(import_file(path), row)
            except UserError as error:
                verdict, why = "refused", [error.what]
        counts[verdict] += 1
        address = f"{row['repository']}/blob/{row['commit'][:8]}/{row['path']}"
        print(f"{verdict:8} {address}  {', '.join(dict.fromkeys(why))[:100]}", flush=True)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
