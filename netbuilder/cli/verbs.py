"""The verbs and their parsers. Only light imports: ``--help`` must be fast."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from netbuilder import __version__
from netbuilder.core.i18n import gettext as _, noop as N_

Argument = tuple[tuple[str, ...], str, dict[str, Any]]
METHODS = "knn,tree,linear,forest,boosting"


@dataclass(frozen=True)
class Verb:
    """One verb: its ``module`` in this package has ``run(arguments) -> exit code``."""

    module: str
    help: str
    arguments: tuple[Argument, ...]

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Add the verb's arguments to a parser."""
        for names, help, options in self.arguments:
            text = _(help, names=METHODS.replace(",", ", "))
            parser.add_argument(*names, help=text or None, **options)


def _whole(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(
                _(
                    "must be a whole number, {least} or more, not {text}",
                    least=least,
                    text=repr(text),
                )
            )
        return value

    return number


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(
            _("must be a number greater than 0, not {text}", text=repr(text))
        )
    return value


def _not_negative(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(
            _("must be a number, 0 or more, not {text}", text=repr(text))
        )
    return value


def _size(text: str) -> tuple[int, int]:
    width, _unused, height = text.lower().replace("×", "x").partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(
            _("must be WIDTHxHEIGHT such as 1366x768, not {text}", text=repr(text))
        )
    size = int(width), int(height)
    if not all(100 <= side <= 10_000 for side in size):
        raise argparse.ArgumentTypeError(_("must be between 100x100 and 10000x10000"))
    return size


def arg(*names: str, help: str = "", **options: Any) -> Argument:
    """Return the arguments of ``add_argument``; ``help`` is translated when the parser is made."""
    return names, help, options


_JSON = N_("print one line of JSON as the last line on stdout")
_MISSING = arg("--missing", help=N_("how to handle empty cells (default: as in training)"),
    choices=("error", "drop", "mean", "median", "most_frequent"))  # fmt: skip
VERBS = {
    "app": Verb("app", N_("open the app"), (
        arg("file", help=N_("project (.netbuilder), .h5 or .keras to open"), nargs="?"),
    )),
    "examples": Verb("examples", N_("list the built-in examples, or write one"), (
        arg("name", help=N_("name of the example to write"), nargs="?"),
        arg("-o", "--output", help=N_("project file to write"), metavar="PROJECT"),
    )),
    "new": Verb("new", N_("create a network that fits the data"), (
        arg("data", help=N_("a file, or a folder with one folder per class")),
        arg("--target", help=N_("column to predict"), metavar="COLUMN"),
        arg("-o", "--output", help=N_("project to write (default: beside the data)"),
            metavar="PROJECT"),
    )),
    "check": Verb("check", N_("list problems with their fixes"), (
        arg("file", help=N_("project, .h5 or .keras")),
        arg("--table", help=N_("print the layers as a table, with their costs"),
            action="store_true"),
    )),
    "data": Verb("data", N_("show how the data is read; exit code 1 if it cannot be used"), (
        arg("source",
            help=N_("a file, a folder, a project (.netbuilder) or the name of a built-in data "
                    "set")),
        arg("--fix", help=N_("apply fix number N (or the fix with this text); can be repeated"),
            metavar="N", action="append", default=[]),
        arg("-o", "--output",
            help=N_("project to write the fixes to (default: SOURCE if it is a project)"),
            metavar="PROJECT"),
    )),
    "train": Verb("train", N_("train a project"), (
        arg("project", help=N_("project (.netbuilder) to train")),
        arg("-o", "--output", help=N_("trained model to write (default: PROJECT.h5)"),
            metavar="MODEL"),
        arg("--epochs", help=N_("number of epochs (default: the project's)"), type=_whole(1),
            metavar="N"),
        arg("--batch-size",
            help=N_("batch size, the number of rows per step (default: the project's)"),
            type=_whole(1), metavar="N"),
        arg("--learning-rate", help=N_("learning rate of the optimizer (default: the project's)"),
            type=_positive, metavar="X"),
        arg("--seed", help=N_("random seed (default: the project's)"), type=_whole(0), metavar="N"),
        arg("--resume", help=N_("continue a stopped run that wrote to the same model"),
            action="store_true"),
        arg("--workers",
            help=N_("train on several machines: the addresses of all, the same list on each"),
            metavar="HOST:PORT,..."),
        arg("--worker-index", help=N_("index of this machine in --workers, counted from 0"),
            type=_whole(0), metavar="I"),
    )),
    "evaluate": Verb("evaluate", N_("evaluate a trained model"), (
        arg("model", help=N_("trained .h5 or .keras")),
        arg("--data", help=N_("rows with known targets (default: the project's test set)"),
            metavar="FILE"),
        arg("--group-by", help=N_("also evaluate separately for each value of this column"),
            metavar="COLUMN"),
        _MISSING,
    )),
    "compare": Verb("compare", N_("compare the network with other methods"), (
        arg("project", help=N_("project to train, or a trained .h5 or .keras")),
        arg("--with", help=N_("methods to compare with: {names}"), dest="methods", metavar="NAMES",
            default=METHODS),
    )),
    "card": Verb("card", N_("write the model card"), (
        arg("model", help=N_("trained .h5 or .keras")),
        arg("-o", "--output",
            help=N_("model card to write; the extension sets the format: .md .html .pdf"),
            metavar="FILE", required=True),
    )),
    "predict": Verb("predict", N_("predict for new rows, pictures or texts"), (
        arg("model", help=N_("trained .h5 or .keras")),
        arg("input", help=N_("CSV, picture, text file, or a folder of them")),
        arg("-o", "--output", help=N_("CSV file to write the predictions to"), metavar="OUT.csv"),
        arg("--scaled", help=N_("the numbers are already scaled to 0 to 1"), action="store_true"),
        _MISSING,
    )),
    "generate": Verb("generate", N_("continue a text"), (
        arg("model", help=N_("trained .h5 or .keras")),
        arg("--start", help=N_("text to continue"), metavar="TEXT", required=True),
        arg("--length", help=N_("number of tokens to generate"), type=_whole(0), default=200,
            metavar="N"),
        arg("--temperature",
            help=N_("0: always the most likely token; 1: by probability; above 1: more random"),
            type=_not_negative, default=1.0, metavar="T"),
        arg("--top-k", help=N_("choose from the K most likely tokens only; 0: from all"),
            type=_whole(0), default=0, metavar="K"),
        arg("--seed", help=N_("random seed"), type=_whole(0), default=0, metavar="N"),
    )),
    "explain": Verb("explain", N_("explain a model's predictions"), (
        arg("model", help=N_("trained .h5 or .keras")),
        arg("input", help=N_("a CSV, picture, text file or array file, or the text itself")),
        arg("--row", help=N_("row or file to explain, counted from 0 (default: 0)"), type=_whole(0),
            default=0, metavar="N"),
        arg("--method",
            help=N_("importance or response (all rows of a table), occlusion (one row, text, "
                    "series or picture), grad_cam or integrated_gradients (pictures); default: "
                    "whichever fits"),
            metavar="NAME"),
        arg("--label", help=N_("class to explain (default: the predicted class)"), metavar="CLASS"),
        arg("-o", "--output", help=N_("picture of the explanation to write"), metavar="PNG"),
    )),
    "tune": Verb("tune", N_("try different settings of a project and find the best"), (
        arg("project", help=N_("project (.netbuilder) to tune")),
        arg("--vary",
            help=N_("dense.units=16,32,64 or training.optimizer.learning_rate=log:1e-4:1e-1 or "
                    "drop.rate=0:0.5; can be repeated"),
            action="append", required=True, metavar="PATH=VALUES"),
        arg("--trials", help=N_("number of trials"), type=_whole(1), metavar="N"),
        arg("--method", help=N_("how the values of each trial are chosen"),
            choices=("grid", "random", "bayes")),
        arg("--epochs", help=N_("epochs per trial (default: the project's)"), type=_whole(1),
            metavar="N"),
        arg("--seed", help=N_("random seed for choosing values"), type=_whole(0), metavar="N"),
        arg("--no-pruning", help=N_("train every trial for all epochs"), action="store_true"),
        arg("--jobs", help=N_("trials to run at once, each in its own process (default: 1)"),
            type=_whole(1), default=1, metavar="N"),
        arg("--memory",
            help=N_("memory limit for all processes together (default: four fifths of the free "
                    "memory)"),
            type=_whole(500), metavar="MB"),
        arg("--study",
            help=N_("keep the trials in this file (.jsonl) and continue from those in it"),
            metavar="FILE"),
        arg("-o", "--output", help=N_("project to write with the best values"),
            metavar="BEST.netbuilder"),
    )),
    "import": Verb("importing", N_("convert a model, an ONNX file or Keras code to a project"), (
        arg("model",
            help=N_(".h5, .keras, .onnx, architecture .json, Keras code (.py, .ipynb) or a "
                    "project"),
            metavar="FILE"),
        arg("--weights", help=N_("weights for the network, such as a .weights.h5"), metavar="FILE"),
        arg("-o", "--output",
            help=N_("project to write, or, with a name that ends in .h5 or .keras, a model with "
                    "weights"),
            metavar="PATH", required=True),
    )),
    "export": Verb("export", N_("write in another format"), (
        arg("source", help=N_("project, .h5 or .keras")),
        arg("-o", "--output",
            help=N_("file to write; the extension sets the format: .h5 .keras .onnx .html "
                    ".tflite .py .ipynb .svg .png .pdf; no extension: SavedModel folder"),
            metavar="PATH", required=True),
        arg("--worksheet",
            help=N_("draw the network with shapes and weights, with blanks for those that can be "
                    "worked out, or with blanks only"),
            choices=("numbers", "exercise", "blank")),
        arg("--style",
            help=N_("style of a .py or .ipynb: short, as in a course (default), or exact, with "
                    "NetBuilder's exact numbers"),
            choices=("short", "exact")),
    )),
    "grade": Verb("grade", N_("grade a folder of submissions"), (
        arg("folder", help=N_("folder with the submitted .h5, .keras and .netbuilder files"),
            nargs="?"),
        arg("--data",
            help=N_("hidden rows with known labels (default: test rows of the built-in data)"),
            metavar="HIDDEN"),
        arg("--lesson",
            help=N_("lesson whose steps are graded (default: the lesson named in the submission)"),
            metavar="NAME"),
        arg("--retrain",
            help=N_("retrain each submission from its recorded seed and settings, and compare "
                    "the predictions"),
            action="store_true"),
        arg("--training-data",
            help=N_("the class's own training data, or its folder (default: the folder of the "
                    "lesson; with --retrain also FOLDER)"),
            metavar="DATA"),
        arg("--rubric", help=N_("rubric that defines how points are given"), metavar="RUBRIC.toml"),
        arg("-o", "--output", help=N_("table to write (.csv or .xlsx)"), metavar="TABLE.csv"),
        arg("--html", help=N_("report to write: one page for all students"), metavar="REPORT.html"),
        arg("--feedback", help=N_("folder to write one feedback page per student to"),
            metavar="FOLDER"),
        arg("--seconds", help=N_("time limit per file (default: 60)"), type=_positive, default=60.0,
            metavar="S"),
        arg("--memory", help=N_("memory limit per file (default: 3000)"), type=_whole(500),
            default=3000, metavar="MB"),
    )),
    "lessons": Verb("lessons", N_("list the lessons, or check which steps a project has done"), (
        arg("name", help=N_("name of a lesson, or your own Markdown file"), nargs="?"),
        arg("--check", help=N_("show which steps a project, .h5 or .keras has done"),
            metavar="PROJECT"),
        arg("-o", "--output", help=N_("folder to write the lesson and its start project to"),
            metavar="FOLDER"),
    )),
    "offline-kit": Verb("offline_kit",
        N_("create a folder to install NetBuilder from without a network"), (
        arg("-o", "--output", help=N_("folder to write the kit to"), metavar="FOLDER",
            required=True),
        arg("--platform",
            help=N_("linux, windows or macos; can be repeated (default: this system)"),
            action="append", metavar="NAME"),
        arg("--python", help=N_("Python version on the other machines (default: the version here)"),
            metavar="3.12"),
        arg("--source", help=N_("folder with NetBuilder's source (default: the one in use)"),
            metavar="FOLDER", default="."),
    )),
    "screenshot": Verb("screenshot", N_("write a picture of the window"), (
        arg("file", help=N_("project or model (default: the first example)"), nargs="?"),
        arg("-o", "--output", help=N_("PNG file to write"), metavar="PNG", required=True),
        arg("--panel", help=N_("page to show"), metavar="NAME"),
        arg("--size", type=_size, metavar="WxH", default=(1366, 768)),
        arg("--dark", help=N_("use dark colours"), action="store_true"),
    )),
}  # fmt: skip


#: Messages of argparse, for the catalog.
_OF_ARGPARSE = (
    N_("usage:"), N_("positional arguments"), N_("options"),
    N_("show this help message and exit"), N_("show program's version number and exit"),
    N_("%(prog)s: error: %(message)s"), N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"), N_("argument %(argument_name)s: %(message)s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid %(type)s value: %(value)r"), N_("expected one argument"),
    N_("expected at least one argument"), N_("expected at most one argument"),
    N_("not allowed with argument %s"), N_("one of the arguments %s is required"),
)  # fmt: skip


def _translated(text: str | None) -> str | None:
    plain = (text or "").strip()
    return (text or "").replace(plain, _(plain)) if plain else text


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of all verbs, or of the app if no verb is given."""
    argparse._ = _translated  # type: ignore[attr-defined]  # the only hook
    verbs = [name for name in VERBS if name != "app"]
    first = next((word for word in words if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(
        prog="netbuilder",
        description=_("Draw a neural network, watch it learn, save the trained model as .h5."),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"NetBuilder {__version__}")
    parser.add_argument(
        "--data-dir", metavar="FOLDER", help=_("folder for runs, settings and recovery files")
    )
    parser.add_argument("--language", metavar="xx", help=_("language of all text (de, fr, …)"))
    if first is not None and first not in verbs:
        VERBS["app"].add_to(parser)
        return parser
    parser.set_defaults(verb=None, file=None)
    subparsers = parser.add_subparsers(dest="verb", metavar="COMMAND", title=_("commands"))
    for name in verbs:
        verb = VERBS[name]
        description = _(verb.help)
        subparser = subparsers.add_parser(
            name, help=description, description=description, allow_abbrev=False
        )
        verb.add_to(subparser)
        subparser.add_argument("--json", action="store_true", help=_(_JSON))
    parser.epilog = _(
        "Without a command, netbuilder [FILE] opens the app, with the file if one is given."
    )
    return parser
