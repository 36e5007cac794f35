"""Grade thirty submissions: seconds for the folder, and what was found against the truth.

python benchmarks/grade.py [--retrain]: thirty honest networks, by the clock. Prints JSON.
python benchmarks/grade.py --forged [--retrain]: a class with forgeries, copies, copies that were
trained further, honest twins, late work, another lesson and files without a time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LESSON = """---
title: Three species
level: beginner
minutes: 15
start: empty
---
## A layer
```check
layer: Dense
units: 8
```

## Train
```check
trained: true
metric: accuracy >= 0.6
```

## Long enough
```check
epochs_run: ">= 20"
```

## Predict
```check
predicted: true
```
"""
DUE = datetime(2026, 11, 20, 12, tzinfo=UTC)
EARLY, LATE = DUE.replace(hour=10), DUE.replace(hour=13)
STEPS = 4


@dataclass(frozen=True)
class Truth:
    """What is true of one file. ``steps``: at most so many can be proved (with training again)."""

    kind: str
    verified: bool | None = True
    late: bool = False
    other_lesson: bool = False
    time_of_file: bool = False
    steps: int = 3


@dataclass
class Class:
    """A folder of submissions, with what is true of each file and of each pair."""

    folder: Path
    truth: dict[str, Truth] = field(default_factory=dict)
    copies: set[frozenset[str]] = field(default_factory=set)
    equal: set[frozenset[str]] = field(default_factory=set)

    def add(self, name: str, trained: Any, truth: Truth, **info: Any) -> str:
        """Submit a network as the window does, with every step ticked and every event claimed."""
        from netbuilder.core.formats import registry
        from netbuilder.core.grading.submission import SubmissionInfo, with_submission_info
        from netbuilder.core.lessons.lesson_record import LessonRecord, with_record

        lesson = "another_one" if truth.other_lesson else "three"
        done = frozenset(range(1, STEPS + 1))
        record = LessonRecord(lesson, done, events=frozenset({"predicted"}))
        project = with_record(trained.project, record)
        if not truth.time_of_file:
            info = {"time": LATE if truth.late else EARLY, **info}
            project = with_submission_info(
                project, SubmissionInfo(name, lesson, (True,) * STEPS, **info)
            )
        path = self.folder / f"{name}.h5"
        registry.save_network(replace(trained, project=project), path)
        stamp = (LATE if truth.late else EARLY).timestamp()
        os.utime(path, (stamp, stamp))
        self.truth[path.name] = truth
        return path.name


def reseeded(trained: Any, seed: int, **more: Any) -> Any:
    """The same weights, said to come from another seed."""
    training = replace(trained.project.training, seed=seed)
    return replace(trained, project=replace(trained.project, training=training), **more)


def forged_class(folder: Path) -> Class:
    """Thirty submissions, of which the truth is known."""
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.session import RunStart, RunStorage, Session
    from netbuilder.core.grading.submission import SubmissionInfo, with_submission_info
    from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
    from netbuilder.core.project import edits, files
    from netbuilder.core.project.model import Choice, Data, Project

    base = Project("Iris", data=Data("builtin", "iris"))
    base = edits.append_layer(edits.add_node(base, "Input"), "Dense",
                              params={"units": 8, "activation": "relu"})  # fmt: skip
    base = edits.append_layer(base, "Dense", params={"units": 3, "activation": "softmax"})
    base = edits.set_training(
        base, batch_size=16, optimizer=Choice("Adam", {"learning_rate": 0.02})
    )

    def train(seed: int, epochs: int = 20, start: Any = None) -> Any:
        project = edits.set_training(base, seed=seed, epochs=epochs)
        return Session(
            project,
            load_dataset(project, Path()),
            storage=RunStorage(record=False),
            start=RunStart(start),
        ).run()

    made, honest = Class(folder), Truth("honest")
    nets = [train(seed) for seed in range(1, 10)]
    works = [f"{seed:032x}" for seed in range(1, 10)]
    names = [
        made.add(f"honest_{n}", net, honest, work=work)
        for n, (net, work) in enumerate(zip(nets, works, strict=True), 1)
    ]
    for seed in (20, 21):
        net = train(seed)
        pair = [made.add(f"twin_{seed}{k}", net, Truth("twin")) for k in "ab"]
        made.equal.add(frozenset(pair))
    for n in (0, 1):
        copy = made.add(f"copied_file_{n}", nets[n], Truth("copy"), work=works[n])
        made.copies.add(frozenset({copy, names[n]}))
    for n in (2, 3):
        net = reseeded(nets[n], 70 + n)
        copy = made.add(f"reseeded_{n}", net, Truth("copy", verified=False, steps=2))
        made.copies.add(frozenset({copy, names[n]}))
    further = Truth("trained further", verified=False, steps=2)
    for n, (name, seed, cut) in enumerate((("further", 84, 0), ("further_bare", 85, 20)), 4):
        net = train(n + 1, 40, nets[n])
        history = {"loss": net.history["loss"][cut:]} if cut else net.history
        net = reseeded(net, seed, history=history, epochs=net.epochs - cut)
        made.copies.add(frozenset({made.add(name, net, further), names[n]}))
    # Trained on from its own seed it is what 40 epochs of this seed give: no grader can tell.
    made.add("further_own_seed", train(7, 40, nets[6]), Truth("trained longer"))
    for name in ("typed_a", "typed_b"):
        record = LessonRecord("three", frozenset({1, 2, 3, 4}), events=frozenset({"predicted"}))
        typed = with_record(Project(name), record)
        info = SubmissionInfo(name, "three", (True,) * STEPS, time=EARLY)
        files.write(with_submission_info(typed, info), folder / f"{name}.netbuilder")
        made.truth[f"{name}.netbuilder"] = Truth("typed steps", verified=None, steps=0)
    poor = train(31, 1)
    claim = {"epochs": 20, "history": {"loss": [1 / (n + 2) for n in range(20)]},
             "test": {"accuracy": 1.0}}  # fmt: skip
    truth = Truth("typed numbers", verified=False, steps=2)
    typed_numbers = [
        made.add(f"typed_numbers_{n}", replace(net, **claim), truth)
        for n, net in enumerate((poor, train(32, 1)))
    ]
    made.copies.add(frozenset(typed_numbers))  # one curve, typed into both
    for seed in (40, 41):
        made.add(f"late_{seed}", train(seed), Truth("late", late=True))
        made.add(f"lesson_{seed}", train(seed + 10), Truth("other lesson", other_lesson=True))
        made.add(f"no_time_{seed}", train(seed + 20),
                 Truth("no time", late=seed == 41, time_of_file=True))  # fmt: skip
    return made


def mistakes(made: Class, found: list[Any], *, retrained: bool) -> list[str]:
    """Where the grading says something else than the truth."""
    said = []
    pairs: dict[bool, set[frozenset[str]]] = {True: set(), False: set()}
    for one in found:
        truth = made.truth[one.file]
        pairs[True] |= {frozenset({one.file, other}) for other in one.same_as}
        pairs[False] |= {frozenset({one.file, other}) for other in one.expected_same}
        seen = {
            "verified": (one.verified, truth.verified if retrained else None),
            "late": (one.status == "late", truth.late),
            "other lesson": ("another_one" in one.message, truth.other_lesson),
            "time of the file": (one.time_of_file, truth.time_of_file),
            "too many steps": (one.steps_done > truth.steps, False),
        }
        said += [f"{one.file}: {what} {was}" for what, (was, true) in seen.items() if was != true]
        if truth.verified and one.steps_done < (3 if retrained else 2):
            said.append(f"{one.file}: honest steps lost, {one.steps_done}")
    hidden = {pair for pair in made.copies if any("bare" in name for name in pair)}
    wanted = made.copies if retrained else made.copies - hidden
    said += [f"missed copy {sorted(pair)}" for pair in wanted - pairs[True]]
    said += [f"false suspicion {sorted(pair)}" for pair in pairs[True] - made.copies]
    said += [f"missed twins {sorted(pair)}" for pair in made.equal - pairs[False]]
    return said


def honest_class(folder: Path, count: int) -> Path:
    """``count`` small trained networks with seeds of their own, and the hidden rows."""
    from sklearn.datasets import load_iris

    from netbuilder.core.data.examples import find_example
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.session import Session
    from netbuilder.core.formats import registry
    from netbuilder.core.project import files

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
    parser.add_argument("--forged", action="store_true", help="a class of thirty with forgeries")
    arguments = parser.parse_args()
    from netbuilder.core.grading.grade import grade_folder
    from netbuilder.core.grading.rubric import Rubric
    from netbuilder.core.process.tensorflow_output import load_tensorflow

    load_tensorflow()
    answer: dict[str, Any] = {"retrain": arguments.retrain}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "in"
        folder.mkdir()
        made, lesson, hidden = None, "", None
        if arguments.forged:
            made = forged_class(folder)
            lesson = str(Path(place) / "three.md")
            Path(lesson).write_text(LESSON, encoding="utf-8")
        else:
            hidden = honest_class(folder, arguments.files)
        rules = Rubric(
            points=100, steps_points=100 if made else 0, late_after=DUE if made else None
        )
        seconds = []
        for _ in range(1 if made else arguments.rounds):
            start = time.perf_counter()
            found = grade_folder(folder, hidden, lesson, rubric=rules, retrain=arguments.retrain)
            seconds.append(time.perf_counter() - start)
        if made is not None:
            answer["wrong"] = mistakes(made, found, retrained=arguments.retrain)
            answer["kinds"] = {
                kind: sum(one.kind == kind for one in made.truth.values())
                for kind in dict.fromkeys(one.kind for one in made.truth.values())
            }
        else:
            assert all(one.status == "graded" for one in found)
            assert not any(one.same_as for one in found)
            assert all(one.verified for one in found) or not arguments.retrain
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer |= {"files": len(found), "seconds": statistics.median(seconds), "rounds": seconds,
               "processor_seconds": used.ru_utime + used.ru_stime}  # fmt: skip
    print(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
