"""The verbs, and the parser of each. Nothing heavy is imported here: ``--help`` must be fast."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netbuilder import __version__
from netbuilder.core.i18n import gettext as _, noop as N_


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


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help=_("print one line of JSON as the last line on stdout")
    )


def _app(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help=_("project (.netbuilder), .h5 or .keras to open"))


def _examples(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help=_("name of the example to write"))
    parser.add_argument("-o", "--output", metavar="PROJECT", help=_("project file to write"))
    _json(parser)


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help=_("project, .h5 or .keras"))
    parser.add_argument(
        "--table", action="store_true", help=_("print the layers as a table, with their costs")
    )
    _json(parser)


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        help=_("a file, a folder, a project (.netbuilder) or the name of a built-in data set"),
    )
    parser.add_argument(
        "--fix",
        metavar="N",
        action="append",
        default=[],
        help=_("apply fix number N (or the fix with this text); can be repeated"),
    )
    parser.add_argument(
        "-o", "--output", metavar="PROJECT",
        help=_("project to write the fixes to (default: SOURCE if it is a project)"),
    )  # fmt: skip
    _json(parser)


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", help=_("project (.netbuilder) to train"))
    parser.add_argument(
        "-o", "--output", metavar="MODEL", help=_("trained model to write (default: PROJECT.h5)")
    )
    parser.add_argument(
        "--epochs", type=_whole(1), metavar="N", help=_("number of epochs (default: the project's)")
    )
    parser.add_argument(
        "--batch-size",
        type=_whole(1),
        metavar="N",
        help=_("batch size, the number of rows per step (default: the project's)"),
    )
    parser.add_argument(
        "--learning-rate",
        type=_positive,
        metavar="X",
        help=_("learning rate of the optimizer (default: the project's)"),
    )
    parser.add_argument(
        "--seed", type=_whole(0), metavar="N", help=_("random seed (default: the project's)")
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help=_("continue a stopped run that wrote to the same model"),
    )
    parser.add_argument(
        "--workers",
        metavar="HOST:PORT,...",
        help=_("train on several machines: the addresses of all, the same list on each"),
    )
    parser.add_argument(
        "--worker-index",
        type=_whole(0),
        metavar="I",
        help=_("index of this machine in --workers, counted from 0"),
    )
    _json(parser)


def _missing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--missing",
        choices=("error", "drop", "mean", "median", "most_frequent"),
        help=_("how to handle empty cells (default: as in training)"),
    )


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help=_("trained .h5 or .keras"))
    parser.add_argument(
        "--data",
        metavar="FILE",
        help=_("rows with known targets (default: the project's test set)"),
    )
    parser.add_argument(
        "--group-by",
        metavar="COLUMN",
        help=_("also evaluate separately for each value of this column"),
    )
    _missing(parser)
    _json(parser)


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", help=_("project to train, or a trained .h5 or .keras"))
    parser.add_argument(
        "--with", dest="methods", metavar="NAMES", default="knn,tree,linear,forest,boosting",
        help=_("methods to compare with: {names}", names="knn, tree, linear, forest, boosting"),
    )  # fmt: skip
    _json(parser)


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", help=_("a file, or a folder with one folder per class"))
    parser.add_argument("--target", metavar="COLUMN", help=_("column to predict"))
    parser.add_argument(
        "-o", "--output", metavar="PROJECT", help=_("project to write (default: beside the data)")
    )
    _json(parser)


def _card(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help=_("trained .h5 or .keras"))
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        required=True,
        help=_("model card to write; the extension sets the format: .md .html .pdf"),
    )
    _json(parser)


def _predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help=_("trained .h5 or .keras"))
    parser.add_argument("input", help=_("CSV, picture, text file, or a folder of them"))
    parser.add_argument(
        "-o", "--output", metavar="OUT.csv", help=_("CSV file to write the predictions to")
    )
    parser.add_argument(
        "--scaled", action="store_true", help=_("the numbers are already scaled to 0 to 1")
    )
    _missing(parser)
    _json(parser)


def _generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help=_("trained .h5 or .keras"))
    parser.add_argument("--start", metavar="TEXT", required=True, help=_("text to continue"))
    parser.add_argument(
        "--length", type=_whole(0), default=200, metavar="N", help=_("number of tokens to generate")
    )
    parser.add_argument(
        "--temperature",
        type=_not_negative,
        default=1.0,
        metavar="T",
        help=_("0: always the most likely token; 1: by probability; above 1: more random"),
    )
    parser.add_argument(
        "--top-k",
        type=_whole(0),
        default=0,
        metavar="K",
        help=_("choose from the K most likely tokens only; 0: from all"),
    )
    parser.add_argument("--seed", type=_whole(0), default=0, metavar="N", help=_("random seed"))
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
        help=_(
            "project to write, or, with a name that ends in .h5 or .keras, a model with weights"
        ),
    )
    _json(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", help=_("project, .h5 or .keras"))
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        required=True,
        help=_(
            "file to write; the extension sets the format: .h5 .keras .onnx .html "
            ".tflite .py .ipynb .svg .png .pdf; no extension: SavedModel folder"
        ),
    )
    parser.add_argument(
        "--worksheet",
        choices=("numbers", "exercise", "blank"),
        help=_(
            "draw the network with shapes and weights, with blanks for those that "
            "can be worked out, or with blanks only"
        ),
    )
    parser.add_argument(
        "--style",
        choices=("short", "exact"),
        help=_(
            "style of a .py or .ipynb: short, as in a course (default), or exact, with "
            "NetBuilder's exact numbers"
        ),
    )
    _json(parser)


def _lessons(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help=_("name of a lesson, or your own Markdown file"))
    parser.add_argument(
        "--check", metavar="PROJECT", help=_("show which steps a project, .h5 or .keras has done")
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        help=_("folder to write the lesson and its start project to"),
    )
    _json(parser)


def _screenshot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help=_("project or model (default: the first example)"))
    parser.add_argument("-o", "--output", metavar="PNG", required=True, help=_("PNG file to write"))
    parser.add_argument("--panel", metavar="NAME", help=_("page to show"))
    parser.add_argument("--size", type=_size, metavar="WxH", default=(1366, 768))
    parser.add_argument("--dark", action="store_true", help=_("use dark colours"))
    _json(parser)


def _grade(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", nargs="?", help=_("folder with the submitted .h5, .keras and .netbuilder files")
    )
    parser.add_argument(
        "--data",
        metavar="HIDDEN",
        help=_("hidden rows with known labels (default: test rows of the built-in data)"),
    )
    parser.add_argument(
        "--lesson",
        metavar="NAME",
        help=_("lesson whose steps are graded (default: the lesson named in the submission)"),
    )
    parser.add_argument(
        "--retrain",
        action="store_true",
        help=_(
            "retrain each submission from its recorded seed and settings, and "
            "compare the predictions"
        ),
    )
    parser.add_argument(
        "--rubric", metavar="RUBRIC.toml", help=_("rubric that defines how points are given")
    )
    parser.add_argument(
        "-o", "--output", metavar="TABLE.csv", help=_("table to write (.csv or .xlsx)")
    )
    parser.add_argument(
        "--html", metavar="REPORT.html", help=_("report to write: one page for all students")
    )
    parser.add_argument(
        "--key", metavar="KEYFILE", help=_("private key that opens sealed submissions")
    )
    parser.add_argument(
        "--new-keys", metavar="KEYFILE", help=_("write a new private key and print the public key")
    )
    parser.add_argument(
        "--feedback", metavar="FOLDER", help=_("folder to write one feedback page per student to")
    )
    parser.add_argument(
        "--seconds",
        type=_positive,
        default=60.0,
        metavar="S",
        help=_("time limit per file (default: 60)"),
    )
    parser.add_argument(
        "--memory",
        type=_whole(500),
        default=3000,
        metavar="MB",
        help=_("memory limit per file (default: 3000)"),
    )
    _json(parser)


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help=_("trained .h5 or .keras"))
    parser.add_argument(
        "input", help=_("a CSV, picture, text file or array file, or the text itself")
    )
    parser.add_argument(
        "--row",
        type=_whole(0),
        default=0,
        metavar="N",
        help=_("row or file to explain, counted from 0 (default: 0)"),
    )
    parser.add_argument(
        "--method",
        metavar="NAME",
        help=_(
            "importance or response (all rows of a table), occlusion (one row, text, series or "
            "picture), grad_cam or integrated_gradients (pictures); default: whichever fits"
        ),
    )
    parser.add_argument(
        "--label", metavar="CLASS", help=_("class to explain (default: the predicted class)")
    )
    parser.add_argument(
        "-o", "--output", metavar="PNG", help=_("picture of the explanation to write")
    )
    _json(parser)


def _tune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", help=_("project (.netbuilder) to tune"))
    parser.add_argument(
        "--vary",
        action="append",
        required=True,
        metavar="PATH=VALUES",
        help=_(
            "dense.units=16,32,64 or training.optimizer.learning_rate=log:1e-4:1e-1 or "
            "drop.rate=0:0.5; can be repeated"
        ),
    )
    parser.add_argument("--trials", type=_whole(1), metavar="N", help=_("number of trials"))
    parser.add_argument(
        "--method",
        choices=("grid", "random", "bayes"),
        help=_("how the values of each trial are chosen"),
    )
    parser.add_argument(
        "--epochs", type=_whole(1), metavar="N", help=_("epochs per trial (default: the project's)")
    )
    parser.add_argument(
        "--seed", type=_whole(0), metavar="N", help=_("random seed for choosing values")
    )
    parser.add_argument(
        "--no-pruning", action="store_true", help=_("train every trial for all epochs")
    )
    parser.add_argument(
        "--jobs", type=_whole(1), default=1, metavar="N",
        help=_("trials to run at once, each in its own process (default: 1)"),
    )  # fmt: skip
    parser.add_argument(
        "--memory", type=_whole(500), metavar="MB",
        help=_("memory limit for all processes together (default: four fifths of the free memory)"),
    )  # fmt: skip
    parser.add_argument(
        "--study",
        metavar="FILE",
        help=_("keep the trials in this file (.jsonl) and continue from those in it"),
    )
    parser.add_argument(
        "-o", "--output", metavar="BEST.netbuilder", help=_("project to write with the best values")
    )
    _json(parser)


def _offline_kit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", required=True, help=_("folder to write the kit to")
    )
    parser.add_argument(
        "--platform",
        action="append",
        metavar="NAME",
        help=_("linux, windows or macos; can be repeated (default: this system)"),
    )
    parser.add_argument(
        "--python",
        metavar="3.12",
        help=_("Python version on the other machines (default: the version here)"),
    )
    parser.add_argument(
        "--source",
        metavar="FOLDER",
        default=".",
        help=_("folder with NetBuilder's source (default: the one in use)"),
    )
    _json(parser)


VERBS = {
    "app": Verb("app", N_("open the app"), _app),
    "examples": Verb("examples", N_("list the built-in examples, or write one"), _examples),
    "new": Verb("new", N_("create a network that fits the data"), _new),
    "check": Verb("check", N_("list problems with their fixes"), _check),
    "data": Verb("data", N_("show how the data is read; exit code 1 if it cannot be used"), _data),
    "train": Verb("train", N_("train a project"), _train),
    "evaluate": Verb("evaluate", N_("evaluate a trained model"), _evaluate),
    "compare": Verb("compare", N_("compare the network with other methods"), _compare),
    "card": Verb("card", N_("write the model card"), _card),
    "predict": Verb("predict", N_("predict for new rows, pictures or texts"), _predict),
    "generate": Verb("generate", N_("continue a text"), _generate),
    "explain": Verb("explain", N_("explain a model's predictions"), _explain),
    "tune": Verb("tune", N_("try different settings of a project and find the best"), _tune),
    "import": Verb(
        "importing", N_("convert a model, an ONNX file or Keras code to a project"), _import
    ),
    "export": Verb("export", N_("write in another format"), _export),
    "grade": Verb("grade", N_("grade a folder of submissions"), _grade),
    "lessons": Verb(
        "lessons", N_("list the lessons, or check which steps a project has done"), _lessons
    ),
    "offline-kit": Verb(
        "offline_kit",
        N_("create a folder to install NetBuilder from without a network"),
        _offline_kit,
    ),
    "screenshot": Verb("screenshot", N_("write a picture of the window"), _screenshot),
}


#: What argparse says of its own, for the catalog.
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
    """The parser for these words: that of the verbs, or, where none is named, that of the app."""
    argparse._ = _translated  # type: ignore[attr-defined]  # it has no other way in
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
        _app(parser)
        return parser
    parser.set_defaults(verb=None, file=None)
    inner = parser.add_subparsers(dest="verb", metavar="COMMAND", title=_("commands"))
    for name in verbs:
        verb = VERBS[name]
        about = _(verb.help)
        verb.add(inner.add_parser(name, help=about, description=about, allow_abbrev=False))
    parser.epilog = _(
        "Without a command, netbuilder [FILE] opens the app, with the file if one is given."
    )
    return parser
