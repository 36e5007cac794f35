"""Does a network tell samples that are unlike its training data?

    python benchmarks/unlike.py [--epochs N] [--case NAME …] [--photos FOLDER]

Each case trains the suggested network on a data set without one of its classes, and asks it about
ordinary samples that it never saw, the class that was left out, noise, and another data set.
Printed is one JSON object: the share of each that is flagged, and beside it the share with the
wrong threshold that compares each training sample with itself too. ``--photos`` takes a folder with
``train`` and ``test``, each with a folder of pictures a class; the first class is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

#: Share of ordinary samples that may be flagged.
REACH = {"ordinary": [0.01, 0.12]}
Array = Any


@dataclass(frozen=True)
class Case:
    """Samples (n, …) with their classes (n,), and others by name that are not of these classes."""

    x: Array
    y: Array
    others: Mapping[str, Array]


def digits(left_out: int) -> Case:
    """Return the digits of 8×8 pixels without one of them."""
    from sklearn.datasets import load_digits, load_sample_images

    data, random = load_digits(), np.random.default_rng(0)
    x, y = data.images[..., None].astype("float32"), data.target
    photos = [photo.mean(axis=2) for photo in load_sample_images().images]
    patches = np.stack(
        [photo[i : i + 48 : 6, j : j + 48 : 6] / 16 for photo in photos
         for i in range(0, 370, 48) for j in range(0, 580, 48)]
    )  # fmt: skip
    pixels = random.permutation(64)
    others = {
        "left_out": x[y == left_out],
        "noise": random.uniform(0, 16, (200, 8, 8, 1)).astype("float32"),
        "shuffled_pixels": x[:200].reshape(200, 64)[:, pixels].reshape(200, 8, 8, 1),
        "inverted": 16 - x[:200],
        "photos": patches[..., None].astype("float32"),
    }
    return Case(x[y != left_out], y[y != left_out], others)


def flowers(left_out: int) -> Case:
    """Return the iris flowers without one species."""
    from sklearn.datasets import load_iris

    return _table(load_iris(), left_out)


def wine(left_out: int) -> Case:
    """Return the wines without one cultivar."""
    from sklearn.datasets import load_wine

    return _table(load_wine(), left_out)


def _table(data: Any, left_out: int) -> Case:
    x, y, random = data.data.astype("float32"), data.target, np.random.default_rng(0)
    low, high = x.min(axis=0), x.max(axis=0)
    wide = random.uniform(low - (high - low), high + (high - low), (200, x.shape[1]))
    others = {
        "left_out": x[y == left_out],
        "noise": wide.astype("float32"),
        "shuffled_columns": np.stack([random.permutation(column) for column in x.T], axis=1),
    }
    return Case(x[y != left_out], y[y != left_out], others)


CASES: Mapping[str, Callable[[], Case]] = {
    "digits_without_9": lambda: digits(9),
    "digits_without_0": lambda: digits(0),
    "iris_without_0": lambda: flowers(0),
    "iris_without_2": lambda: flowers(2),
    "wine_without_1": lambda: wine(1),
}


def measure_photos(folder: Path, epochs: int | None) -> dict[str, Any]:
    """Train on pictures of all classes but the first, and ask about those of ``test``."""
    import shutil

    from PIL import Image
    from sklearn.datasets import load_sample_images

    import netbuilder as nb
    from netbuilder.core.results.predict import predict_files

    left_out, *names = sorted(path.name for path in (folder / "train").iterdir())
    with tempfile.TemporaryDirectory() as home:
        for name in names:
            shutil.copytree(folder / "train" / name, Path(home, "train", name))
        Path(home, "others").mkdir()
        random, noise, patches = np.random.default_rng(0), [], []
        for number in range(40):
            noise.append(Path(home, "others", f"noise{number}.png"))
            Image.fromarray(random.integers(0, 256, (160, 160, 3), np.uint8)).save(noise[-1])
            photo = load_sample_images().images[number % 2]
            y, x = random.integers(0, 260), random.integers(0, 480)
            patches.append(Path(home, "others", f"patch{number}.png"))
            Image.fromarray(photo[y : y + 160, x : x + 160]).save(patches[-1])
        start = time.perf_counter()
        model = nb.new(Path(home, "train")).train(epochs, progress=False).value
        seconds = time.perf_counter() - start
        asked = {
            "ordinary": [file for name in names for file in (folder / "test" / name).iterdir()],
            "left_out": [*(folder / "test" / left_out).iterdir()],
            "noise": noise,
            "photos": patches,
        }
        found = {name: predict_files(model, files) for name, files in asked.items()}
        truth = [file.parent.name for file in asked["ordinary"]]
        assert model.novelty is not None
        return {
            "seconds": round(seconds, 1),
            "correct": round(float(np.mean(np.array(truth) == found["ordinary"].first.labels)), 3),
            "flagged": {name: round(float(np.mean(one.unlike)), 3) for name, one in found.items()},
            "samples": list(model.novelty.samples.shape),
            "bytes": len(json.dumps(model.novelty.to_json())),
        }


def measure(case: Case, epochs: int | None) -> dict[str, Any]:
    """Train on four fifths of the samples and ask about the rest and the others."""
    import netbuilder as nb
    from netbuilder.core.results.predict import predict_raw

    order = np.random.default_rng(0).permutation(len(case.x))
    x, y = case.x[order], case.y[order]
    count = len(x) * 4 // 5
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "samples.npz")
        labels = np.array([f"class {one}" for one in y])
        np.savez(path, x=x[:count], y=labels[:count])
        model = nb.new(path).train(epochs, progress=False).value
        key = next(iter(model.preprocessing.inputs))
        asked = {"ordinary": x[count:], **case.others}

        def shares(trained: Any) -> dict[str, float]:
            return {
                name: round(float(np.mean(predict_raw(trained, {key: rows}).unlike)), 3)
                for name, rows in asked.items()
            }

        found: dict[str, Any] = {
            "test": {name: round(value, 3) for name, value in model.test.items()},
            "flagged": shares(model),
        }
        known = model.novelty
        assert known is not None
        features = known.samples * known.scale + known.mean
        itself = float(np.quantile(known.distances(features), 0.95))
        wrong = replace(model, novelty=replace(known, threshold=itself))
        found["flagged_without_leave_one_out"] = shares(wrong)
        one = {key: x[:1]}
        both = {"milliseconds": model, "milliseconds_without": replace(model, novelty=None)}
        for name, trained in both.items():
            predict_raw(trained, one)
            times = []
            for _repeat in range(15):
                start = time.perf_counter()
                predict_raw(trained, one)
                times.append(time.perf_counter() - start)
            found[name] = round(1000 * float(np.median(times)), 2)
        text = json.dumps(known.to_json())
        found["bytes"] = len(text)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--case", nargs="*", choices=sorted(CASES), default=list(CASES))
    parser.add_argument("--photos", type=Path, default=None)
    arguments = parser.parse_args()
    results = {name: measure(CASES[name](), arguments.epochs) for name in arguments.case}
    if arguments.photos is not None:
        results["photos"] = measure_photos(arguments.photos, arguments.epochs)
    print(json.dumps({"reach": REACH, "cases": results}, indent=2))


if __name__ == "__main__":
    main()
