"""Sounds: what ``netbuilder new`` and ``train`` make of a folder, beside a linear model.

    python benchmarks/sounds.py [--debian FOLDER] [--only NAME,…]

- ``words``: six words that espeak-ng (a program on the PATH) speaks in many voices, with noise:
  ten of each to learn from, twenty of each by other voices to test.
- ``digits``: the same with the ten digits.
- ``languages``: real recordings, which language is spoken: ``asterisk-core-sounds-*-wav``.
- ``drums``: real recordings, which drum is hit: ``hydrogen-drumkits``.

The real ones are Debian packages, unpacked by ``dpkg -x`` into the folder ``--debian``. Printed is
one JSON object: of each set the share of correct predictions on the test sounds by the network, by
chance (the most frequent class) and by logistic regression on mel bands, and the seconds taken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
WORDS = ("yes", "no", "left", "right", "stop", "go")
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-029", "en-gb-x-gbclan", "en-us-nyc")
LEARNED = ("f1", "f2", "m1", "m2", "m3", "m4", "Alex", "Alicia", "Andy", "Denis", "Michael",
           "anika", "linda", "adam")  # fmt: skip
TESTED = ("f3", "f4", "f5", "m5", "m6", "m7", "Annie", "Diogo", "Lee", "Mario", "belinda",
          "boris", "steph", "john")  # fmt: skip
DRUMS = {"kick": "kick", "snare": "snare", "tom": "tom", "hihat": "hh|hat", "cymbal":
         "crash|ride|cym", "clap": "clap"}  # fmt: skip
REACH = {"words": 0.9}


def speak(folder: Path, words: tuple[str, ...]) -> None:
    """Write ``train`` and ``test`` with a folder for each word."""
    draw = random.Random(1)
    noise = np.random.default_rng(1)
    for part, voices, count in (("train", LEARNED, 10), ("test", TESTED, 20)):
        for word in words:
            place = folder / part / word
            place.mkdir(parents=True)
            for number in range(count):
                path = place / f"{number}.wav"
                voice = f"{draw.choice(ACCENTS)}+{draw.choice(voices)}"
                options = ("-s", draw.randint(130, 220), "-p", draw.randint(25, 75))
                command = ["espeak-ng", "-v", voice, *map(str, options), "-w", str(path), word]
                subprocess.run(command, check=True)
                wave, rate = soundfile.read(path, dtype="float32")
                wave = np.pad(wave, (draw.randint(0, rate // 5), draw.randint(0, rate // 10)))
                wave = wave * draw.uniform(0.2, 0.9) / max(np.abs(wave).max(), 1e-3)
                wave += noise.normal(0, draw.choice((0.002, 0.01, 0.03)), len(wave))
                soundfile.write(path, np.clip(wave, -1, 1), rate)


def copy_parts(folder: Path, classes: dict[str, list[Path]], train: int, test: int) -> None:
    """Write so many sounds of each class as ``train`` and ``test``."""
    draw = random.Random(1)
    for name, files in classes.items():
        shuffled = sorted(files)
        draw.shuffle(shuffled)
        test_count = min(test, len(files) // 2)
        for part, some in (
            ("test", shuffled[:test_count]),
            ("train", shuffled[test_count : test_count + train]),
        ):
            (folder / part / name).mkdir(parents=True)
            for number, file in enumerate(some):
                wave, rate = soundfile.read(file)
                soundfile.write(folder / part / name / f"{number}.wav", wave, rate)


def languages(folder: Path, debian: Path) -> None:
    """Prompts of at least a second in five languages."""
    classes = {}
    for place in (debian / "usr/share/asterisk/sounds").iterdir():
        if place.is_dir() and not place.is_symlink():
            files = [file for file in place.rglob("*.wav") if file.stat().st_size > 20_000]
            classes[place.name.split("_")[0]] = files
    copy_parts(folder, {name: files for name, files in classes.items() if files}, 20, 40)


def drums(folder: Path, debian: Path) -> None:
    """Drums by the names of their files."""
    import re

    files = [file for file in debian.rglob("*") if file.suffix.lower() in {".flac", ".wav"}]
    files = [file for file in files if "drumkits" in str(file)]
    classes = {
        name: [file for file in files if re.search(words, file.name, re.IGNORECASE)]
        for name, words in DRUMS.items()
    }
    copy_parts(folder, {name: some for name, some in classes.items() if len(some) > 7}, 20, 40)


def linear(folder: Path) -> float:
    """Logistic regression on the mean and maximum of mel bands."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from netbuilder.core.data.kinds.sounds.sound_files import log_mel, sound_wave

    def part(name: str) -> tuple[Any, list[str]]:
        files = sorted((folder / name).glob("*/*.wav"))
        bands = [log_mel(sound_wave(str(file), 16_000, 1.5), 16_000, 40) for file in files]
        rows = [np.concatenate([values.mean(0), values.max(0)]) for values in bands]
        return np.stack(rows), [file.parent.name for file in files]

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return float(model.fit(*part("train")).score(*part("test")))


def measured(make: Callable[[Path], None]) -> dict[str, Any]:
    """Return the result of a set."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "sounds"
        make(folder)
        counts = {
            part: [len(list(one.iterdir())) for one in sorted((folder / part).iterdir())]
            for part in ("train", "test")
        }
        run = [sys.executable, "-m", "netbuilder"]
        project, model = Path(place) / "p.netbuilder", Path(place) / "m.h5"
        begun = time.perf_counter()
        text = subprocess.run(
            [*run, "new", str(folder / "train"), "-o", str(project)],
            check=True, capture_output=True, text=True, cwd=ROOT,
        ).stdout  # fmt: skip
        suggested = time.perf_counter() - begun
        subprocess.run(
            [*run, "train", str(project), "-o", str(model)],
            check=True, capture_output=True, text=True, cwd=ROOT,
        )  # fmt: skip
        seconds = time.perf_counter() - begun - suggested
        import netbuilder as nb

        result = nb.load(model).evaluate(folder / "test")
        return {
            "network": result["accuracy"],
            "chance": max(counts["test"]) / sum(counts["test"]),
            "linear": linear(folder),
            "train": sum(counts["train"]),
            "test": sum(counts["test"]),
            "seconds": {"new": round(suggested, 1), "train": round(seconds, 1)},
            "reasons": text.splitlines(),
        }


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--debian", type=Path, help="folder of the unpacked Debian packages")
    words.add_argument("--only", help="names of sets, separated by commas")
    options = words.parse_args()
    only = set((options.only or "").split(",")) - {""}
    sets: dict[str, Callable[[Path], None]] = {
        "words": lambda folder: speak(folder, WORDS),
        "digits": lambda folder: speak(folder, DIGITS),
    }
    if options.debian:
        sets["languages"] = lambda folder: languages(folder, options.debian)
        sets["drums"] = lambda folder: drums(folder, options.debian)
    results = {}
    for name, make in sets.items():
        if not only or name in only:
            results[name] = measured(make)
            print(name, json.dumps(results[name]), file=sys.stderr, flush=True)
    print(json.dumps({"sets": results, "reach": REACH}))


if __name__ == "__main__":
    main()
