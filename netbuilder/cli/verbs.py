"""The verbs, and the parser of each. Nothing heavy is imported here: ``--help`` must be fast."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netbuilder import __version__
from netbuilder.core.i18n import gettext as _


@dataclass(frozen=True)
class Verb:
    """One verb: ``module`` in this package has ``run(arguments) -> exit code``."""

    module: str
    help: str
    add: Callable[[argparse.ArgumentParser], None]


def _whole(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least}, not {text!r}")
        return value

    return number


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text!r}")
    return value


def _not_negative(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number from 0, not {text!r}")
    return value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().replace("×", "x").partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"must be WIDTHxHEIGHT such as 1366x768, not {text!r}")
    size = int(width), int(height)
    if not all(100 <= side <= 10_000 for side in size):
        raise argparse.ArgumentTypeError("must be between 100x100 and 10000x10000")
    return size


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on stdout")


def _app(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="project (.netbuilder), .h5 or .keras to open")


def _examples(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="the example to write")
    parser.add_argument("-o", "--output", metavar="PROJECT", help="where to write it")
    _json(parser)


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="project, .h5 or .keras")
    parser.add_argument(
        "--table", action="store_true", help=_("print the layers as a table, with their costs")
    )
    _json(parser)


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", help="a file, a folder, a project (.netbuilder) or the name of a built-in set"
    )
    parser.add_argument(
        "--fix",
        metavar="N",
        action="append",
        default=[],
        help="do what is told as fix N (or its words); may be given several times",
    )
    parser.add_argument(
        "-o", "--output", metavar="PROJECT",
        help="project to write what is fixed into (default: SOURCE, if it is one)",
    )  # fmt: skip
    _json(parser)


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", help="the project (.netbuilder)")
    parser.add_argument(
        "-o", "--output", metavar="MODEL", help="trained model to write (default: PROJECT.h5)"
    )
    parser.add_argument("--epochs", type=_whole(1), metavar="N", help="instead of the project's")
    parser.add_argument("--batch-size", type=_whole(1), metavar="N", help="rows in a step")
    parser.add_argument("--learning-rate", type=_positive, metavar="X", help="of the optimizer")
    parser.add_argument("--seed", type=_whole(0), metavar="N", help="of all random numbers")
    parser.add_argument(
        "--resume", action="store_true", help="go on where a run into the same model broke off"
    )
    parser.add_argument(
        "--workers",
        metavar="HOST:PORT,...",
        help="train on several machines: all their addresses, the same on each",
    )
    parser.add_argument(
        "--worker-index", type=_whole(0), metavar="I", help="which of --workers this machine is"
    )
    _json(parser)


def _missing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--missing",
        choices=("error", "drop", "mean", "median", "most_frequent"),
        help="what to do with empty cells (default: as the model was trained)",
    )


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="trained .h5 or .keras")
    parser.add_argument(
        "--data", metavar="FILE", help="rows with known targets (default: the project's test set)"
    )
    parser.add_argument(
        "--group-by", metavar="COLUMN", help="also evaluate each value of this column by itself"
    )
    _missing(parser)
    _json(parser)


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", help="project to train, or a trained .h5 or .keras")
    parser.add_argument(
        "--with", dest="methods", metavar="NAMES", default="knn,tree,linear,forest",
        help="methods to compare with: knn, tree, linear, forest",
    )  # fmt: skip
    _json(parser)


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", help="a file, or a folder with a folder for each class")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict")
    parser.add_argument(
        "-o", "--output", metavar="PROJECT", help="project to write (default: beside the data)"
    )
    _json(parser)


def _card(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="trained .h5 or .keras")
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="by ending: .md .html .pdf"
    )
    _json(parser)


def _predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="trained .h5 or .keras")
    parser.add_argument("input", help="CSV, picture, text file, or a folder of them")
    parser.add_argument("-o", "--output", metavar="OUT.csv", help="write the answers there")
    parser.add_argument(
        "--scaled", action="store_true", help="the numbers were brought to 0 to 1 beforehand"
    )
    _missing(parser)
    _json(parser)


def _generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="trained .h5 or .keras")
    parser.add_argument("--start", metavar="TEXT", required=True, help="what it goes on from")
    parser.add_argument("--length", type=_whole(0), default=200, metavar="N", help="tokens to add")
    parser.add_argument(
        "--temperature",
        type=_not_negative,
        default=1.0,
        metavar="T",
        help="0: the likeliest token; 1: by probability; more: wilder",
    )
    parser.add_argument("--seed", type=_whole(0), default=0, metavar="N", help="another draw")
    _json(parser)


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model",
        metavar="FILE",
        help=_(".h5, .keras, .onnx, architecture .json, Keras code (.py, .ipynb) or a project"),
    )
    parser.add_argument(
        "--weights", metavar="FILE", help=_("weights for the network, such as a .weights.h5")
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        required=True,
        help=_("the project to write; a name that ends in .h5 or .keras: a model with weights"),
    )
    _json(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", help="project, .h5 or .keras")
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        required=True,
        help="by ending: .h5 .keras .onnx .tflite .py .ipynb .svg .png .pdf; without: SavedModel"
        " folder",
    )
    parser.add_argument(
        "--worksheet",
        choices=("numbers", "exercise", "blank"),
        help="a picture with shapes and weights, with lines for those that can be worked out, or"
        " with lines alone",
    )
    parser.add_argument(
        "--style",
        choices=("short", "exact"),
        help="of a .py or .ipynb: short, as a course would write it (the default), or with"
        " NetBuilder's exact numbers",
    )
    _json(parser)


def _lessons(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="a lesson, or a Markdown file of one's own")
    parser.add_argument(
        "--check", metavar="PROJECT", help="which steps a project, .h5 or .keras has done"
    )
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", help="write the lesson and its start project there"
    )
    _json(parser)


def _screenshot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="project or model (default: the first example)")
    parser.add_argument("-o", "--output", metavar="PNG", required=True, help="picture to write")
    parser.add_argument("--panel", metavar="NAME", help="the tab in front")
    parser.add_argument("--size", type=_size, metavar="WxH", default=(1366, 768))
    parser.add_argument("--dark", action="store_true", help="in dark colours")
    _json(parser)


def _grade(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", nargs="?", help="folder with the handed-in .h5, .keras and .netbuilder"
    )
    parser.add_argument(
        "--data",
        metavar="HIDDEN",
        help="hidden rows with known answers (without: the test rows of the built-in sets)",
    )
    parser.add_argument(
        "--lesson", metavar="NAME", help="lesson whose steps count (without: the one handed in)"
    )
    parser.add_argument(
        "--retrain",
        action="store_true",
        help="train each again from its recorded seed and settings and compare predictions",
    )
    parser.add_argument("--rubric", metavar="RUBRIC.toml", help="how points are given")
    parser.add_argument("-o", "--output", metavar="TABLE.csv", help="the table (.csv or .xlsx)")
    parser.add_argument("--html", metavar="REPORT.html", help="one page for all")
    parser.add_argument("--key", metavar="KEYFILE", help="private key that opens seals")
    parser.add_argument(
        "--new-keys", metavar="KEYFILE", help="write a private key, print the public one"
    )
    parser.add_argument("--feedback", metavar="FOLDER", help="one page a pupil")
    parser.add_argument(
        "--seconds", type=_positive, default=60.0, metavar="S", help="for one file (60)"
    )
    parser.add_argument(
        "--memory", type=_whole(500), default=3000, metavar="MB", help="for one file (3000)"
    )
    _json(parser)


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="trained .h5 or .keras")
    parser.add_argument("input", help="a CSV, picture, text file or arrays; or a text itself")
    parser.add_argument(
        "--row", type=_whole(0), default=0, metavar="N", help="which row or file, from 0 (0)"
    )
    parser.add_argument(
        "--method",
        metavar="NAME",
        help="importance or response (all rows of a table), occlusion (one row, a text, a series,"
        " a picture), grad_cam or integrated_gradients (pictures); default: what fits",
    )
    parser.add_argument("--label", metavar="CLASS", help="explain this class, not the answer")
    parser.add_argument("-o", "--output", metavar="PNG", help="a picture of it to write")
    _json(parser)


def _tune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", help="the project (.netbuilder)")
    parser.add_argument(
        "--vary",
        action="append",
        required=True,
        metavar="PATH=VALUES",
        help="dense.units=16,32,64 or training.optimizer.learning_rate=log:1e-4:1e-1 or"
        " drop.rate=0:0.5; may stand several times",
    )
    parser.add_argument("--trials", type=_whole(1), metavar="N", help="variants to try")
    parser.add_argument(
        "--method", choices=("grid", "random", "bayes"), help="how variants are chosen"
    )
    parser.add_argument("--epochs", type=_whole(1), metavar="N", help="instead of the project's")
    parser.add_argument("--seed", type=_whole(0), metavar="N", help="of the choice of variants")
    parser.add_argument("--no-pruning", action="store_true", help="train every variant to the end")
    parser.add_argument(
        "--jobs", type=_whole(1), default=1, metavar="N",
        help="variants at once, each in a process of its own (1)",
    )  # fmt: skip
    parser.add_argument(
        "--memory", type=_whole(500), metavar="MB",
        help="that those processes may take together (default: four fifths of what is free)",
    )  # fmt: skip
    parser.add_argument(
        "--study", metavar="FILE", help="keep trials there (.jsonl) and go on from those in it"
    )
    parser.add_argument("-o", "--output", metavar="BEST.netbuilder", help="the best as a project")
    _json(parser)


def _offline_kit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="FOLDER", required=True, help="the kit")
    parser.add_argument(
        "--platform",
        action="append",
        metavar="NAME",
        help="linux, windows or macos; may stand several times (default: this system)",
    )
    parser.add_argument("--python", metavar="3.12", help="Python of the machines (default: this)")
    parser.add_argument(
        "--source", metavar="FOLDER", default=".", help="NetBuilder's own folder (default: here)"
    )
    _json(parser)


VERBS = {
    "app": Verb("app", "open the app", _app),
    "examples": Verb("examples", "list the built-in examples, or write one", _examples),
    "new": Verb("new", "make a network that fits the data", _new),
    "check": Verb("check", "list problems with their fixes", _check),
    "data": Verb("data", "tell what data was understood as; 1 if it cannot train", _data),
    "train": Verb("train", "train a project", _train),
    "evaluate": Verb("evaluate", "measure a trained model", _evaluate),
    "compare": Verb("compare", "train other methods beside the network", _compare),
    "card": Verb("card", "write the model card", _card),
    "predict": Verb("predict", "answers for new rows, pictures or texts", _predict),
    "generate": Verb("generate", "go on from a text", _generate),
    "explain": Verb("explain", "why a trained model answers as it does", _explain),
    "tune": Verb("tune", "try variants of a project and find the best", _tune),
    "import": Verb("importing", "make a project of a model, an ONNX file or Keras code", _import),
    "export": Verb("export", "write in another format", _export),
    "grade": Verb("grade", "judge a folder of handed-in work", _grade),
    "lessons": Verb("lessons", "list the lessons, or check how far a project is in one", _lessons),
    "offline-kit": Verb("offline_kit", "a folder to install from without a network", _offline_kit),
    "screenshot": Verb("screenshot", "the window as a picture", _screenshot),
}


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these words: that of the verbs, or, where none is named, that of the app."""
    verbs = [name for name in VERBS if name != "app"]
    first = next((word for word in words if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(
        prog="netbuilder",
        description="Draw a neural network, watch it learn, take the trained .h5 away.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"NetBuilder {__version__}")
    parser.add_argument(
        "--data-dir", metavar="FOLDER", help="keep runs, settings and recovery there"
    )
    parser.add_argument("--language", metavar="xx", help="language of all text (de, fr, …)")
    if first is not None and first not in verbs:
        _app(parser)
        return parser
    parser.set_defaults(verb=None, file=None)
    inner = parser.add_subparsers(dest="verb", metavar="COMMAND", title="commands")
    for name in verbs:
        verb = VERBS[name]
        verb.add(inner.add_parser(name, help=verb.help, description=verb.help, allow_abbrev=False))
    parser.epilog = "Without a command: netbuilder [FILE] opens the app, on a file if given."
    return parser
