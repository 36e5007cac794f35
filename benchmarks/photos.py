"""Few photos of six kinds: the suggested network against a small CNN.

    npm pack emoji-datasource-apple emoji-datasource-google …    (and unpack each)
    apt-get install openclipart-png
    python benchmarks/photos.py --emoji FOLDER --clipart [--seeds N]
    python benchmarks/photos.py --folder FOLDER
    python benchmarks/photos.py --emoji FOLDER --window

``--emoji``: the folder with one folder a vendor ("apple", "google", "twitter", "facebook"), in each
the package; kinds of things are made of their names. ``--clipart``: Debian's openclipart, on which
nothing was chosen. ``--folder``: a folder with a folder a kind. Twenty pictures a kind are to learn
from, at most twenty others to test on. The small CNN is trained on the first set alone. Printed is
one JSON object: of each set and seed the share of correct test pictures, the seconds from Train to
the result by the clock and of the processor, and the median share of the sets of emoji.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

REACH = {"accuracy": 0.92, "seconds": 10.0}
LEARN, TEST = 20, 20
VENDORS = ("apple", "google", "twitter", "facebook")
#: Kinds by short names of emoji, or a whole subcategory ("@animal-bird").
KINDS: Mapping[str, str] = {
    "bird": "@animal-bird",
    "car": "car blue_car taxi oncoming_taxi oncoming_automobile police_car oncoming_police_car "
    "racing_car pickup_truck minibus",
    "cat": "cat cat2 black_cat tiger tiger2 leopard lion_face",
    "dog": "dog dog2 guide_dog service_dog poodle wolf fox_face",
    "drink": "@drink",
    "flower": "@plant-flower",
    "fruit": "@food-fruit",
    "house": "house house_with_garden office post_office european_post_office hospital bank hotel "
    "convenience_store school department_store derelict_house_building house_buildings",
    "instrument": "@musical-instrument",
    "plane": "@transport-air",
    "shoe": "mans_shoe athletic_shoe hiking_boot womans_flat_shoe high_heel sandal ballet_shoes "
    "boot",
    "train": "train steam_locomotive railway_car bullettrain_side bullettrain_front train2 metro "
    "light_rail station tram monorail mountain_railway",
}
SETS = {
    "dog-car-bird": ("dog", "car", "bird", "flower", "house", "shoe"),
    "cat-car-flower": ("cat", "car", "flower", "fruit", "house", "shoe"),
    "car-bird-fruit": ("car", "bird", "fruit", "instrument", "shoe", "house"),
    "cat-train-fruit": ("cat", "train", "fruit", "drink", "instrument", "plane"),
    "dog-train-bird": ("dog", "train", "bird", "drink", "instrument", "plane"),
}
CLIPART = Path("/usr/share/openclipart/png")
#: Its folders that hold no kinds of things.
_SYMBOLS = ("computer", "geography", "shapes", "signs_and_symbols", "special")


def clipart() -> dict[str, list[Path]]:
    """Return the first six folders, by name, that hold 40 pictures of things or more."""
    from PIL import Image

    from netbuilder.core.data.kinds.images.picture_files import _MOST_PIXELS

    def opens(file: Path) -> bool:
        with Image.open(file) as picture:
            return not file.is_symlink() and picture.width * picture.height <= _MOST_PIXELS

    Image.MAX_IMAGE_PIXELS = None
    files: dict[str, list[Path]] = {}
    for folder in sorted(CLIPART.glob("*/*/")):
        pictures = [file for file in sorted(folder.rglob("*.png")) if opens(file)]
        if folder.parent.name not in _SYMBOLS and len(pictures) >= LEARN + TEST:
            files[folder.name] = pictures
    return dict(list(files.items())[:6])


def emoji(folder: Path, kinds: Sequence[str]) -> dict[str, list[Path]]:
    """Return the pictures of kinds, of all vendors."""
    entries = json.loads((folder / VENDORS[0] / "package" / "emoji.json").read_text("utf-8"))
    files: dict[str, list[Path]] = {}
    for kind in kinds:
        names = KINDS[kind].split()
        images = [
            entry["image"]
            for entry in entries
            if entry["short_name"] in names or f"@{entry['subcategory']}" in names
        ]
        found = [
            folder / vendor / "package" / "img" / vendor / "64" / image
            for vendor in VENDORS
            for image in images
        ]
        files[kind] = sorted(file for file in found if file.is_file())
    return files


def measure(
    files: Mapping[str, Sequence[Path]], seed: int, home: Path, *, with_cnn: bool
) -> dict[str, Any]:
    """Train the suggested network, maybe a small CNN, on some pictures; test on others."""
    import netbuilder as nb
    from netbuilder.core.data.defaults import fit_output_to_data
    from netbuilder.core.data.load import load_facts
    from netbuilder.core.results.suggestion.picture_candidates import small_cnn
    from netbuilder.core.results.suggestion.selection import suggest

    random = np.random.default_rng(seed)
    for kind, pictures in files.items():
        order = random.permutation(len(pictures))
        learn = min(LEARN, len(order) // 2)
        for part, places in (("learn", order[:learn]), ("test", order[learn : learn + TEST])):
            (home / part / kind).mkdir(parents=True)
            for place in places:
                picture = pictures[place]
                name = f"{picture.parent.parent.name}_{picture.name}"
                shutil.copy(picture, home / part / kind / name)
    result: dict[str, Any] = {"test": sum(1 for _file in (home / "test").glob("*/*"))}
    suggested = suggest(home / "learn").project
    candidates = {"suggested": suggested}
    cnn = replace(suggested, data=replace(suggested.data, options={}))
    cnn = small_cnn(cnn, load_facts(cnn, home), []).project
    if with_cnn:
        candidates["small_cnn"] = fit_output_to_data(cnn, load_facts(cnn, home))
    for name, candidate in candidates.items():
        # All of these pictures are to learn from: those to test on are in another folder.
        project = replace(candidate, data=replace(candidate.data, test_split=0.0))
        begin, begin_processor = time.perf_counter(), time.process_time()
        model = nb.Project(project, home).train(seed=seed, progress=False)
        seconds, processor = time.perf_counter() - begin, time.process_time() - begin_processor
        result[name] = {
            "layers": len(project.graph.nodes),
            "epochs": len(model.history["loss"]),
            "seconds": round(seconds, 1),
            "processor_seconds": round(processor, 1),
            "accuracy": round(model.evaluate(home / "test")["accuracy"], 3),
        }
        print(name, result[name], file=sys.stderr, flush=True)
    return result


def collect(files: Mapping[str, Sequence[Path]], seed: int, home: Path) -> dict[str, Any]:
    """Measure *Collect samples* in a window: from Train to the live bars, and a second training.

    The pictures are added as dropped files are, class by class, as fast as the window takes them.
    """
    from _window import idle_until
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from netbuilder.ui import app
    from netbuilder.ui.capture.collect_window import CollectWindow
    from netbuilder.ui.main_window import MainWindow
    from netbuilder.ui.services import jobs
    from netbuilder.ui.services.derived import all_idle

    random = np.random.default_rng(seed)
    chosen = {kind: random.permutation(len(paths))[: LEARN + 1] for kind, paths in files.items()}
    _application = app.make_application(["netbuilder"])
    main = MainWindow(remember=False)
    main.show()
    window = CollectWindow(
        home / "samples", main.workbench, main.runner, main, begin=lambda _project: False
    )
    window.show()
    column = window.training
    main.workbench.start()
    idle_until(lambda: main.workbench.imports.finished)
    result: dict[str, Any] = {}

    def press(name: str) -> None:
        waits = time.perf_counter()
        idle_until(lambda: not column._calm.isActive() and all_idle() and not jobs.RUNNING)
        idle_until(column.train.isEnabled)
        window.add_files(None, [picture])
        idle_until(lambda: not jobs.RUNNING)
        begin, before = time.perf_counter(), time.process_time()
        QTest.mouseClick(column.train, Qt.MouseButton.LeftButton)
        idle_until(lambda: column._preparing or main.runner.state.active)
        idle_until(lambda: not column._preparing and not main.runner.state.active)
        done = time.perf_counter()
        idle_until(lambda: column.predictions is not None)
        now, processor = time.perf_counter(), time.process_time() - before
        assert main.workbench.run_error is None, main.workbench.run_error
        output = column.predictions.first
        result[name] = {
            "prepared_in_background": round(begin - waits, 1),
            "press_to_trained": round(done - begin, 1),
            "press_to_live_bars": round(now - begin, 1),
            "processor_seconds": round(processor, 1),
            "predicted": output.classes[int(np.argmax(output.probabilities[0]))],
        }

    first = next(iter(files))
    while len(window.cards) < len(files):
        window.add_class()
    for row, kind in enumerate(files):
        window._rename(window.cards[row], kind)
        window.add_files(window.cards[row], [files[kind][n] for n in chosen[kind][:LEARN]])
    picture = files[first][chosen[first][LEARN]]
    idle_until(lambda: sum(card.readable for card in window.cards) >= LEARN * len(files))
    press("first")
    window.add_files(window.cards[0], [picture])  # one sample more
    idle_until(lambda: window.cards[0].readable > LEARN)
    press("again")
    window.grab().save(str(Path(os.environ.get("PICTURE", home / "collect.png"))))
    window.close()
    main.runner.close(60)
    return result


def main() -> None:
    """Print the figures of all sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emoji", type=Path, help="folder with a folder a vendor")
    parser.add_argument("--clipart", action="store_true", help="openclipart of Debian")
    parser.add_argument("--folder", type=Path, help="folder with a folder a kind")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--window", action="store_true", help="Collect samples, the first set")
    options = parser.parse_args()
    sets: dict[str, dict[str, list[Path]]] = {}
    if options.emoji:
        sets = {name: emoji(options.emoji, kinds) for name, kinds in SETS.items()}
    if options.clipart:
        sets["openclipart"] = clipart()
    if options.folder:
        kinds = sorted(path for path in options.folder.iterdir() if path.is_dir())
        sets["folder"] = {kind.name: sorted(kind.iterdir()) for kind in kinds}
    if options.window:
        with tempfile.TemporaryDirectory() as home:
            print(json.dumps(collect(next(iter(sets.values())), 0, Path(home)), indent=1))
        return
    report: dict[str, Any] = {"reach": REACH}
    for name, files in sets.items():
        for seed in range(options.seeds):
            with tempfile.TemporaryDirectory() as home:
                with_cnn = not seed and name == next(iter(sets))
                result = measure(files, seed, Path(home), with_cnn=with_cnn)
                report[f"{name} {seed}"] = result
                print(name, seed, result, file=sys.stderr, flush=True)
    shares = [
        result["suggested"]["accuracy"]
        for key, result in report.items()
        if key.rpartition(" ")[0] in SETS
    ]
    if shares:
        report["median_of_emoji"] = statistics.median(shares)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
