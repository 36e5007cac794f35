"""One long text to continue: windows of its tokens, and the token after each.

The windows are views into one row of numbers, copied when they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data import byte_pairs, tokens as tokens_
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import NEXT_TOKEN
from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.kinds.modality import (
    Array,
    Fitted,
    KerasInputs,
    Key,
    Modality,
    PreviewSamples,
    Rows,
    source_of,
    values_of,
)
from netbuilder.core.data.kinds.scripts.script_lines import commented, function_lines, script_part
from netbuilder.core.data.kinds.text.layers import TAKES_TEXTS, made_up_texts, numbered
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.text_file import read_text_file
from netbuilder.core.data.recipe_options import integer_option
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_list, format_number, join_values

if TYPE_CHECKING:
    import numpy as np

    from netbuilder.core.data.dataset import PreparedData

TASK = NEXT_TOKEN
DEFAULT_WINDOW = 40
#: More classes than this are too many to learn in a classroom.
MOST_WORDS = 1000
_FEWEST = 20

LEVEL = Param(
    "level",
    Kind.CHOICE,
    tokens_.CHARACTER,
    N_("unit that is predicted; byte_pair: frequent neighbours joined, as in large models"),
    choices=tokens_.LEVELS,
)
WINDOW = Param("window", Kind.INT, DEFAULT_WINDOW, N_("tokens in the input"), 1, 1000)
STEP = Param(
    "step", Kind.INT, 1, N_("tokens from the start of one window to the next"), 1, 1000, more=True
)
MERGES = Param(
    "merges", Kind.INT, 200, N_("byte pairs that are joined, for the level byte_pair"), 0, 1000
)
SHORT_STARTS = Param(
    "short_starts",
    Kind.BOOL,
    False,
    N_("begin every fifth window later, so that the network learns to start from a few tokens"),
    more=True,
)
LOWERCASE = Param("lowercase", Kind.BOOL, True, N_("convert to lower case"), more=True)


def level_of(options: Mapping[str, Any]) -> str:
    """Return the checked option "level"."""
    level = str(options.get("level") or tokens_.CHARACTER)
    if level not in tokens_.LEVELS:
        raise data_error("text_level_unknown", name=level, names=format_list(tokens_.LEVELS))
    return level


def windows_of(text: str, options: Mapping[str, Any], source: str) -> Samples:
    """Return the samples of a text: each window of ``window`` tokens, and the next token.

    Options: "level" ("character", "word" or "byte_pair"), "window" (40), "step" between two windows
    (1), "max_words" (1,000) in the vocabulary, "lowercase" (true), "merges" (200). Raise DataError
    if the text is too short.
    """
    level, window, step = level_of(options), integer_option(options, "window", DEFAULT_WINDOW), 1
    step = integer_option(options, "step", 1)
    lowercase = bool(options.get("lowercase", True))
    size = min(MOST_WORDS, integer_option(options, "max_words", MOST_WORDS, least=3))
    merges: tuple[tuple[str, str, int], ...] = ()
    if level == tokens_.BYTE_PAIR:
        count = integer_option(options, "merges", int(MERGES.default), least=0)
        merges, vocabulary = tokens_.learn_merges(text, lowercase, count, size)
    tokens = tokens_.tokenize(text, level, lowercase, merge_names(merges))
    if level != tokens_.BYTE_PAIR:
        vocabulary = tokens_.vocabulary_of(tokens, size)
    if len(tokens) - window < _FEWEST:
        keys = {tokens_.CHARACTER: "text_too_short:2", tokens_.WORD: "text_too_short:3"}
        key = keys.get(level, "text_too_short:4")
        raise data_error(key, count=len(tokens), file=source, window=window)
    ids = tokens_.token_numbers(tokens, vocabulary)
    total, different = format_number(len(tokens)), format_number(len(vocabulary) - 2)
    words = {
        tokens_.CHARACTER: N_("{count} characters, {different} of them different."),
        tokens_.WORD: N_("{count} words, {different} of them different."),
        tokens_.BYTE_PAIR: N_("{count} tokens after {merges} merges, {different} in all."),
    }
    merged = format_number(len(merges))
    notes = [_(words[level], count=total, different=different, merges=merged)]
    unknown = int((ids == 1).sum())
    if unknown:
        notes.append(
            ngettext(
                "{count} token ({share}) is rare and counts as unknown.",
                "{count} tokens ({share}) are rare and count as unknown.",
                unknown,
                share=format_number(unknown / len(ids), ".1%"),
            )
        )
    cut = _cut(ids, vocabulary, window, step, level, source, tuple(notes))
    if options.get("short_starts"):
        cut = replace(cut, arrays={"text": blank_starts(cut.arrays["text"])})
    return replace(cut, merges=merges)


# Scripts carry this function.
def blank_starts(x: np.ndarray) -> np.ndarray:
    """Return windows (n, window), the beginning of every fifth one replaced by padding."""
    import numpy as np

    x, window, rows = x.copy(), x.shape[1], np.arange(len(x))
    blank = np.where(rows % 5 == 0, 1 + rows // 5 % max(window - 1, 1), 0)
    x[np.arange(window) < np.minimum(blank, window - 1)[:, None]] = 0
    return x


def merge_names(merges: Sequence[tuple[str, str, int]]) -> tuple[str, ...]:
    """Return merges as a model's file holds them, "left right" each."""
    return tuple(f"{left} {right}" for left, right, _times in merges)


def _cut(
    ids: Array, vocabulary: Sequence[str], window: int, step: int, level: str, source: str,
    notes: tuple[str, ...],
) -> Samples:  # fmt: skip
    import numpy as np
    import pandas as pd

    views = np.lib.stride_tricks.sliding_window_view(ids, window)[:-1:step]
    after = ids[window::step]
    # What follows must be known: an unknown token cannot be written.
    keep = np.flatnonzero(after != 1)
    views = views if len(keep) == len(after) else views[keep]
    names = np.array(vocabulary, object)
    return Samples(
        role="tokens",
        arrays={"text": views},
        targets=pd.DataFrame({"next": names[after[keep]]}),
        ordered=True,
        source=source,
        notes=notes,
        vocabulary=tuple(vocabulary),
        level=level,
    )


def read_long_text(path: Path, options: Mapping[str, Any]) -> Samples:
    """Read the samples of a text file, or of all ``.txt`` files of a folder."""
    inside = sorted(file for file in path.rglob("*.txt") if file.is_file())
    files = inside if path.is_dir() else [path]
    if not files:
        raise data_error("no_text_file", path, folder=path.name)
    parts, encodings = zip(*(read_text_file(file, options) for file in files), strict=True)
    samples = windows_of("\n".join(parts), options, path.name)
    other = sorted(set(encodings) - {"utf-8", "utf-8-sig"})
    if not other:
        return samples
    note = _("Read with the encoding {encoding}.", encoding=join_values(other))
    return replace(samples, notes=(*samples.notes, note))


def _lowercase(entry: InputPreprocessing) -> bool:
    return not any(token != token.lower() for token in entry.vocabulary[2:])


def tokens_read(text: str, entry: InputPreprocessing) -> list[str]:
    """Return the tokens of a text as a trained network reads them."""
    return tokens_.tokenize(text, entry.level, _lowercase(entry), entry.merges)


class TextLikeModality(Modality):
    """What takes texts, or their tokens."""

    def layers_take(self, entry: InputPreprocessing) -> str:
        return _(TAKES_TEXTS)

    def view(self, plan: PreparedData, project: Project, base: Path) -> object | None:
        from netbuilder.core.data.kinds.text.view import texts_data_view

        return texts_data_view(plan)


class TokenModality(TextLikeModality):
    """Windows of the tokens of one long text."""

    name = "tokens"
    takes = N_("texts")
    endings = (".txt",)
    labelled_tables = True

    def fit(self, project: Project, key: str, samples: Samples, train: Rows) -> Fitted:
        source = source_of(project, key, samples)
        shape = samples.arrays[source].shape[1:]
        known, level = samples.vocabulary, samples.level
        return InputPreprocessing(
            "tokens", shape, "int32", vocabulary=known, source=source, level=level,
            merges=merge_names(samples.merges),
        ), ()  # fmt: skip

    def read(
        self, samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice
    ) -> Array:
        import numpy as np

        return np.ascontiguousarray(values_of(samples, preprocessing, rows), np.int32)

    def show(self, samples: Samples, count: int) -> PreviewSamples:
        import numpy as np

        values = next(iter(samples.arrays.values()))
        names = np.array(samples.vocabulary, object)
        texts = [tokens_.text_of(names[row], samples.level) for row in values[:count]]
        return PreviewSamples({"text": [text.replace("\n", "↵") for text in texts]})

    def of_texts(self, texts: Sequence[str], entry: InputPreprocessing) -> Array:
        """Return the last window of each text, (n, window)."""
        import numpy as np

        window = int(entry.shape[0] or 1)
        rows = [
            tokens_.last_window(tokens_read(text, entry), entry.vocabulary, window)
            for text in texts
        ]
        return np.stack(rows)

    def of_files(self, files: Sequence[Path], entry: InputPreprocessing) -> Array:
        return self.of_texts([read_text_file(file, {})[0] for file in files], entry)

    def labelled(self, data: Data, preprocessing: Preprocessing, path: Path) -> Samples:
        """Return windows of another text, with the model's vocabulary."""
        entry = next(entry for entry in preprocessing.inputs.values() if entry.kind == "tokens")
        text = read_text_file(path, data.options)[0]
        lowercase = bool(data.options.get("lowercase", True))
        tokens = tokens_.tokenize(text, entry.level, lowercase, entry.merges)
        window = int(entry.shape[0] or 1)
        if len(tokens) <= window:
            raise data_error("text_too_short", count=len(tokens), file=path.name, window=window)
        ids = tokens_.token_numbers(tokens, entry.vocabulary)
        return _cut(ids, entry.vocabulary, window, 1, entry.level, path.name, ())

    def decoded(self, samples: Samples, preprocessing: InputPreprocessing) -> int | None:
        return 4 * int(preprocessing.shape[0] or 1)

    def layers(
        self, entry: InputPreprocessing, data: Data, key: str, inputs: KerasInputs
    ) -> Any | None:
        """Return the last window of a text, padded in front; None for level "word"."""
        if entry.level != tokens_.CHARACTER:
            return None
        import keras
        import numpy as np

        ops, window = keras.ops, int(entry.shape[0] or 1)
        ids = numbered(
            inputs.node(key, (1,), "string"),
            tokens_.visible_tokens(entry.vocabulary[2:]),
            f"{key}_characters",
            split="character",
            standardize="lower" if _lowercase(entry) else None,
            length=None,
        )
        size = ops.sum(ops.cast(ops.not_equal(ids, 0), "int32"), axis=1, keepdims=True)
        padded = ops.pad(ops.cast(ids, "int32"), [[0, 0], [window, 0]])
        return ops.take_along_axis(padded, ops.add(size, np.arange(window, dtype="int32")), axis=1)

    def examples(
        self, entry: InputPreprocessing, key: str, count: int
    ) -> tuple[Mapping[Key, Array], Array]:
        import numpy as np

        known = tokens_.visible_tokens(entry.vocabulary[2:])
        texts = made_up_texts(known, count, int(entry.shape[0] or 1), "")
        return {("node", key): np.array(texts, object)[:, None]}, self.of_texts(texts, entry)

    def explained_as(self, entry: InputPreprocessing) -> str:
        return "tokens"


TOKENS = TokenModality()


def window_lines(options: Mapping[str, Any], tokens: Iterable[str] = ()) -> list[str]:
    """Return script lines from ``text`` to windows of numbers and the next tokens.

    ``tokens``: all tokens of the text, where known; without Chinese and Japanese ones a shorter
    pattern finds the words.
    """
    level = level_of(options)
    lower = [] if not options.get("lowercase", True) else ["text = text.lower()"]
    size = min(MOST_WORDS, integer_option(options, "max_words", MOST_WORDS, least=3))
    return [
        "from collections import Counter",
        "import re",
        "",
        *(function_lines(blank_starts) if options.get("short_starts") else ()),
        *lower,
        f'text = re.sub(r"{tokens_.OTHER_BLANKS}", " ", text)',
        f"shown = {format_literal(tokens_.SHOWN)}",
        "hidden = {mark: blank for blank, mark in shown.items()}",
        *(
            _pair_lines(options, size)
            if level == tokens_.BYTE_PAIR
            else _token_lines(level, size, tokens)
        ),
        _("# 0 is padding and 1 an unknown token, as in keras.layers.TextVectorization."),
        "numbers = {token: number for number, token in enumerate(known, 2)}",
        "ids = np.array([numbers.get(token, 1) for token in tokens])",
        f"window, step = {integer_option(options, 'window', DEFAULT_WINDOW)},"
        f" {integer_option(options, 'step', 1)}",
        "x = np.lib.stride_tricks.sliding_window_view(ids, window)[:-1:step]",
        "y = ids[window::step]",
        'x, y = x[y > 1].astype("int32"), np.array(known)[y[y > 1] - 2]',
        *(commented(_BLANKED) if options.get("short_starts") else ()),
        "labels, y = np.unique(y, return_inverse=True)",
        "labels = [str(label) for label in labels]",
    ]


_BLANKED = (
    N_("# Every fifth window begins later: 0 to the left of its tokens."),
    "x = blank_starts(x)",
)


def _token_lines(level: str, size: int, known: Iterable[str]) -> tuple[str, ...]:
    every = set("".join(known))
    plain = every and not any(tokens_.ONE_EACH.match(letter) for letter in every)
    pattern = tokens_.PLAIN_WORDS if plain else tokens_.WORDS
    split = "text" if level == tokens_.CHARACTER else f're.findall(r"{pattern}", text)'
    tokens = f"tokens = [shown.get(token, token) for token in {split}]"
    return (tokens, *_known_lines("tokens", size))


def _known_lines(tokens: str, size: int) -> tuple[str, ...]:
    return (
        f"counts = Counter({tokens})",
        f"known = sorted(counts, key=lambda token: (-counts[token], token))[:{size - 2}]",
        "known = sorted(known, key=lambda token: hidden.get(token, token))",
    )


def _pair_lines(options: Mapping[str, Any], size: int) -> tuple[str, ...]:
    """Return script lines that learn byte pairs and leave ``tokens`` and ``known``."""
    count = integer_option(options, "merges", int(MERGES.default), least=0)
    functions = (byte_pairs.join_pair, byte_pairs.learn_byte_pairs, byte_pairs.split_word)
    return (
        "",
        "",
        *(line for function in functions for line in function_lines(function)),
        *script_part("pairs_of_words", pieces=repr(byte_pairs.PIECES)),
        *_known_lines('"".join(words)', size),
        *script_part("merges", count=count, most=size - 2),
    )


def code(question: ScriptRequest) -> DataCode:
    """Return the data section of a script about a text file."""
    data = question.project.data
    encoding = str(data.options.get("encoding") or "utf-8")
    lines = [
        "from pathlib import Path",
        "",
        f"text = Path({format_literal(data.path)}).read_text(encoding={format_literal(encoding)})",
        *window_lines(data.options, _all_tokens(question)),
    ]
    return windows_code(lines, data.options)


def _all_tokens(question: ScriptRequest) -> tuple[str, ...]:
    """Return all tokens of the text; () where the vocabulary may not hold all."""
    known = question.facts.vocabulary if question.facts is not None else ()
    size = integer_option(question.project.data.options, "max_words", MOST_WORDS, least=3)
    return known if len(known) < min(MOST_WORDS, size) else ()


def windows_code(lines: list[str], options: Mapping[str, Any]) -> DataCode:
    """Return the data section whose ``lines`` leave windows of numbers."""
    if level_of(options) == tokens_.WORD:
        takes = _("the numbers of words: no Keras layer splits words and punctuation as above")
        return DataCode(tuple(lines), InputFormat.IDS, ordered=True, takes=takes)
    if level_of(options) == tokens_.BYTE_PAIR:
        takes = _("the numbers of tokens: no Keras layer joins byte pairs as above")
        return DataCode(tuple(lines), InputFormat.IDS, ordered=True, takes=takes)
    lowered = "lower_case" if options.get("lowercase", True) else "as_written"
    return DataCode(
        tuple(lines),
        InputFormat.IDS,
        ordered=True,
        takes=_("the numbers of the characters, computed as above"),
        input_lines=(
            *script_part("characters", about=_(_CHARACTERS)),
            *script_part(lowered, small=_(_SMALL)),
            *script_part("last_tokens"),
        ),
    )


_CHARACTERS = N_(
    "# The .keras file contains the characters too: it takes texts, and uses the end of each."
)
_SMALL = N_(
    "# The layer converts A to Z to lower case; other letters are converted by this vocabulary."
)
