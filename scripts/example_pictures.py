"""Draws the pictures of the start page's examples, each from a real training of it.

``python scripts/example_pictures.py [NAME …]`` writes ``resources/examples/pictures/NAME.png``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter, QPen, QPolygonF

from netbuilder.core.data.examples import PICTURE_WORDS, ExampleProject, find_example, list_examples
from netbuilder.core.data.kinds.builtin.generated import reviews
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.project import files
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.generate import generate_text
from netbuilder.core.results.predict import predict_texts
from netbuilder.core.results.token_attention import token_attention

WIDTH, HEIGHT, SCALE = 320, 180, 2
BACK, INK, FAINT = QColor("#F7F8FA"), QColor("#1B2430"), QColor("#C5CCD6")
BLUE, ORANGE, GREEN, PINK = (QColor(c) for c in ("#0072B2", "#D55E00", "#009E73", "#CC79A7"))
COLORS = (BLUE, ORANGE, GREEN, PINK)
#: Those of the picture that is drawn.
WORDS: list[dict[str, Any]] = []


@dataclass
class Result:
    """A trained example, and its judgement on the test rows."""

    trained: Any
    dataset: Any
    judged: Any


def _outputs(result: Result, raw: Any) -> Any:
    return np.asarray(result.trained.model.predict(raw, verbose=0))


def _raw(result: Result) -> Any:
    raw = result.dataset.test.raw_x
    return next(iter(raw.values())) if len(raw) == 1 else raw


def _number(split: Any) -> Any:
    return np.asarray(next(iter(split.y.values())))


def surface(p: QPainter, result: Result) -> None:
    """The plane in the colours of the answers, and the points of the data."""
    points, truth = np.asarray(_raw(result), float), _number(result.dataset.test).ravel()
    train = np.asarray(next(iter(result.dataset.train.raw_x.values())), float)
    points = np.concatenate([points, train])
    truth = np.concatenate([truth, _number(result.dataset.train).ravel()])
    low, high = points.min(0) - 0.2, points.max(0) + 0.2
    wide, tall = 160, 90
    xs, ys = np.linspace(low[0], high[0], wide), np.linspace(high[1], low[1], tall)
    grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    values = _outputs(result, grid.astype("float32")).reshape(tall, wide)
    image = QImage(wide, tall, QImage.Format.Format_RGB32)
    for y in range(tall):
        for x in range(wide):
            part = float(values[y, x])
            one, other = (ORANGE, part) if part > 0.5 else (BLUE, 1 - part)
            mix = 0.1 + 0.45 * (other - 0.5) * 2
            image.setPixelColor(x, y, _mixed(BACK, one, mix))
    p.drawImage(QRectF(0, 0, WIDTH, HEIGHT), image)
    p.setPen(QPen(Qt.GlobalColor.white, 0.7))
    for (x, y), group in zip(points[:260], truth[:260], strict=True):
        p.setBrush(ORANGE if group > 0.5 else BLUE)
        where = QPointF(
            (x - low[0]) / (high[0] - low[0]) * WIDTH, (high[1] - y) / (high[1] - low[1]) * HEIGHT
        )
        p.drawEllipse(where, 2.8, 2.8)


def digits(p: QPainter, result: Result) -> None:
    """Test pictures with what the network reads in each; mistakes are framed."""
    raw, truth = np.asarray(_raw(result)), _number(result.dataset.test).ravel()
    read = _outputs(result, raw).argmax(-1)
    wrong = [i for i in range(len(raw)) if read[i] != truth[i]][:1]
    chosen = [i for i in range(40) if i not in wrong][: 21 - len(wrong)] + wrong
    for place, index in enumerate(chosen):
        left, top = 13 + place % 7 * 43, 10 + place // 7 * 56
        _tile(p, raw[index, ..., 0], QRectF(left, top, 36, 36), 16)
        right = read[index] == truth[index]
        _text(p, QRectF(left, top + 36, 36, 16), str(read[index]), INK if right else ORANGE, 10)
        if not right:
            p.setPen(QPen(ORANGE, 2))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawRect(QRectF(left - 1, top - 1, 38, 38))


def shapes(p: QPainter, result: Result) -> None:
    """Test pictures in their colours, with what the network takes each for."""
    raw, truth = np.asarray(_raw(result)), _number(result.dataset.test).ravel()
    read, names = _outputs(result, raw).argmax(-1), result.trained.facts.classes
    for place in range(12):
        left, top = 14 + place % 6 * 50, 12 + place // 6 * 84
        pixels = np.ascontiguousarray(raw[place]).astype(np.uint8)
        image = QImage(pixels.tobytes(), 32, 32, 96, QImage.Format.Format_RGB888)
        p.drawImage(QRectF(left, top, 42, 42), image)
        ink = INK if read[place] == truth[place] else ORANGE
        _text(p, QRectF(left - 6, top + 44, 54, 16), names[read[place]], ink, 8)


def redrawn(p: QPainter, result: Result) -> None:
    """Digits above, and below what the autoencoder makes of them."""
    raw = np.asarray(_raw(result))
    made = _outputs(result, raw).reshape(-1, 8, 8).clip(0, 1)
    for place in range(6):
        left = 16 + place * 49
        _tile(p, raw[place, ..., 0], QRectF(left, 30, 42, 42), 16)
        _tile(p, made[place], QRectF(left, 108, 42, 42), 1)
    _word(QRectF(16, 10, 280, 16), "input", left=True)
    _word(QRectF(16, 88, 280, 16), "reconstruction", left=True)


def scatter(p: QPainter, result: Result) -> None:
    """What was predicted over what was true: on the line it is right."""
    truth = np.asarray(result.judged.truth, float).ravel()
    told = np.asarray(result.judged.predictions, float).ravel()
    low, high = min(truth.min(), told.min()), max(truth.max(), told.max())
    box = QRectF(34, 12, WIDTH - 54, HEIGHT - 44)
    p.setPen(QPen(FAINT, 1.5))
    p.drawLine(box.bottomLeft(), box.topRight())
    p.drawLine(box.bottomLeft(), box.bottomRight())
    p.drawLine(box.bottomLeft(), box.topLeft())
    p.setPen(QPen(Qt.GlobalColor.white, 0.6))
    p.setBrush(BLUE)
    for x, y in zip(truth, told, strict=True):
        p.drawEllipse(_place(box, (x - low) / (high - low), (y - low) / (high - low)), 3, 3)
    _word(QRectF(34, HEIGHT - 26, WIDTH - 54, 16), "true")
    _word(QRectF(4, 10, 16, HEIGHT - 40), "predicted", upwards=True)


def fitted(p: QPainter, result: Result) -> None:
    """The curve that the network lays through the points."""
    splits = (result.dataset.train, result.dataset.test)
    x = np.concatenate([np.asarray(next(iter(one.raw_x.values()))).ravel() for one in splits])
    y = np.concatenate([np.asarray(next(iter(one.raw_y.values()))).ravel() for one in splits])
    low, high, bottom, top = x.min(), x.max(), y.min(), y.max()
    box = QRectF(18, 16, WIDTH - 36, HEIGHT - 32)
    p.setPen(QPen(Qt.GlobalColor.white, 0.7))
    p.setBrush(BLUE)
    for across, up in zip(x, y, strict=True):
        where = _place(box, (across - low) / (high - low), (up - bottom) / (top - bottom))
        p.drawEllipse(where, 3, 3)
    told = _outputs(result, np.linspace(low, high, 160, dtype="float32")[:, None]).ravel()
    _line(p, box, told, ORANGE, bottom, top)


def series(p: QPainter, result: Result) -> None:
    """The last days: true, and as predicted from the days before."""
    truth = np.asarray(result.judged.truth, float).ravel()[-90:]
    told = np.asarray(result.judged.predictions, float).ravel()[-90:]
    _curves(p, {"true": truth, "predicted": told})


def weeks(p: QPainter, result: Result) -> None:
    """Eight weeks: true, and each as predicted at its beginning."""
    truth, told = (np.asarray(v, float) for v in (result.judged.truth, result.judged.predictions))
    rows = range(len(truth) - 1 - 7 * 7, len(truth), 7)
    pieces = [np.concatenate([values[row] for row in rows]) for values in (truth, told)]
    _curves(p, dict(zip(("true", "predicted by week"), pieces, strict=True)))


def looks(p: QPainter, result: Result) -> None:
    """Who looks at whom in a sentence: a row a word, the darker the more it takes from there."""
    words = ["the", "ending", "was", "not", "funny"]
    numbers = list(result.trained.facts.vocabulary)
    training_model = result.trained.training_model
    row = np.zeros((1, training_model.input_shape[1]), "int32")
    row[0, : len(words)] = [numbers.index(word) for word in words]
    points = training_model.get_layer("embedding")(row)
    layer = training_model.get_layer("attention")
    _, scores = layer(points, points, return_attention_scores=True)
    heads = np.asarray(scores)[0, :, : len(words), : len(words)]
    for place, head in enumerate(heads[:2]):
        left = 62 + place * 130
        for y, line in enumerate(head / head.max()):
            if place == 0:
                where = QRectF(2, 42 + y * 24, 54, 22)
                _text(p, where, words[y], INK, 9, Qt.AlignmentFlag.AlignRight)
            for x, value in enumerate(line):
                colour = _mixed(BACK.darker(104), (BLUE, ORANGE)[place], float(value))
                p.fillRect(QRectF(left + x * 24, 42 + y * 24, 22.5, 22.5), colour)
        _word(QRectF(left, 14, 120, 18), "head {number}", number=place + 1)
        for x, word in enumerate(words):
            _text(p, QRectF(left + x * 24 - 8, 162, 38, 16), word, INK, 5)


def curves(p: QPainter, result: Result) -> None:
    """Loss on the rows for learning, and on those that are kept aside."""
    history = result.trained.history
    _curves(p, {"training loss": history["loss"], "validation loss": history["val_loss"]})


def waves(p: QPainter, result: Result) -> None:
    """Four waves, and what each was taken for."""
    raw, truth = np.asarray(_raw(result)), _number(result.dataset.test).ravel()
    read = _outputs(result, raw).argmax(-1)
    names = result.trained.facts.classes
    for place in range(4):
        index = next(i for i in range(len(raw)) if truth[i] == place)
        box = QRectF(14 + place % 2 * 152, 10 + place // 2 * 84, 138, 54)
        _line(p, box, raw[index, :, 0], COLORS[place])
        where = QRectF(box.left(), box.bottom() + 2, 138, 14)
        _text(p, where, str(names[read[index]]), INK, 9)


def groups(p: QPainter, result: Result) -> None:
    """Flowers by the lengths of their petals, in the colours of the answers."""
    raw = result.dataset.test.raw_x
    both = {key: np.asarray(value, float) for key, value in raw.items()}
    read = _outputs(result, _raw(result)).argmax(-1)
    petals = both["petal"] if "petal" in both else next(iter(both.values()))[:, 2:4]
    low, high = petals.min(0), petals.max(0)
    box = QRectF(18, 14, WIDTH - 36, HEIGHT - 44)
    for (x, y), group in zip((petals - low) / (high - low), read, strict=True):
        p.setPen(QPen(Qt.GlobalColor.white, 1))
        p.setBrush(COLORS[group])
        p.drawEllipse(_place(box, x, y), 5, 5)
    for place, name in enumerate(result.trained.facts.classes):
        where = QRectF(14 + place * 100, HEIGHT - 24, 96, 16)
        _text(p, where, f"● {name}", COLORS[place], 9)


def matrix(p: QPainter, result: Result) -> None:
    """The confusion matrix."""
    cells = np.asarray(result.judged.confusion_matrix, float)
    side = 156 / len(cells)
    for y, row in enumerate(cells):
        for x, value in enumerate(row):
            part = value / max(row.sum(), 1)
            color = _mixed(BACK.darker(104), BLUE if x == y else ORANGE, min(part * 1.1, 1))
            p.fillRect(QRectF(82 + x * side, 12 + y * side, side - 1.5, side - 1.5), color)


def sentences(p: QPainter, result: Result) -> None:
    """Three reviews, and how sure the network is that each is praise."""
    texts = reviews(samples=60, seed=7)[0]
    first = predict_texts(result.trained, [str(text) for text in texts[:40]]).first
    told = np.asarray(first.probabilities)[:, -1]
    order = [int(told.argmax()), int(told.argmin()), int(np.argsort(told)[-4])]
    for place, index in enumerate(order):
        top = 10 + place * 56
        text = str(texts[index])
        text = text if len(text) < 44 else text[:42] + "…"
        _text(p, QRectF(14, top, WIDTH - 28, 18), text, INK, 9, Qt.AlignmentFlag.AlignLeft)
        p.fillRect(QRectF(14, top + 22, 200, 12), FAINT)
        good = told[index] > 0.5
        sure = float(told[index] if good else 1 - told[index])
        p.fillRect(QRectF(14, top + 22, 200 * sure, 12), BLUE if good else ORANGE)
        words = "praise" if good else "blame"
        _text(p, QRectF(222, top + 20, 90, 16), words, INK, 9, Qt.AlignmentFlag.AlignLeft)


def story(p: QPainter, result: Result) -> None:
    """What the network writes by itself."""
    text = str(
        getattr(
            generate_text(result.trained, "the ", length=150, temperature=0.5, seed=1), "text", ""
        )
    )
    words = text or "…"
    font = QFont("serif", 13)
    p.setFont(font)
    p.setPen(INK)
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter
    p.drawText(QRectF(20, 8, WIDTH - 40, HEIGHT - 16), int(flags), f"{words}…")


def attended(p: QPainter, result: Result) -> None:
    """What each token of a text attends to, in the last layer."""
    found = token_attention(result.trained, "the queen sees a ring. she takes the")
    assert found is not None
    shares, step = list(found.attention.values())[-1], (HEIGHT - 16) / len(found.tokens)
    last = len(found.tokens) - 1
    for place, token in enumerate(found.tokens):
        y = 8 + place * step
        ink = INK if place == last else BLUE
        _text(p, QRectF(10, y, 92, step), token, ink, 9, Qt.AlignmentFlag.AlignRight)
        _text(p, QRectF(218, y, 92, step), token, INK, 9, Qt.AlignmentFlag.AlignLeft)
        for head, colour in zip(shares, COLORS, strict=False):
            for other in range(place + 1):
                share = float(head[place, other])
                line = QColor(colour)
                line.setAlphaF(share**0.5 * (1.0 if place == last else 0.3))
                p.setPen(QPen(line, 1 + 3 * share if place == last else 1))
                p.drawLine(QPointF(108, y + step / 2), QPointF(212, 8 + (other + 0.5) * step))


DRAWINGS: dict[str, Callable[[QPainter, Result], None]] = {
    "diabetes": scatter,
    "sales": scatter,
    "sine": fitted,
    "temperatures": series,
    "week": weeks,
    "frozen_body": shapes,
    "attention": looks,
    "overfitting": curves,
    "waves": waves,
    "iris": groups,
    "two_inputs": groups,
    "residual": matrix,
    "digits_plain": matrix,
    **dict.fromkeys(("digits_dropout", "digits_l2", "digits_sgd", "digits_rmsprop"), curves),
    "autoencoder": redrawn,
    "reviews": sentences,
    "stories": story,
    "language_model": attended,
    **dict.fromkeys(("xor", "moons", "circles", "spiral", "cannot_learn"), surface),
}


def _mixed(one: QColor, other: QColor, part: float) -> QColor:
    return QColor(
        *(
            round(a + (b - a) * part)
            for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
        )
    )


def _tile(p: QPainter, values: Any, box: QRectF, top: float) -> None:
    grey = np.ascontiguousarray(255 - np.clip(values / top, 0, 1) * 235).astype(np.uint8)
    rows, columns = grey.shape
    image = QImage(grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8)
    p.drawImage(box, image)


def _text(
    p: QPainter, box: QRectF, text: str, color: QColor, size: int,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter,
) -> None:  # fmt: skip
    font = QFont()
    font.setPixelSize(size + 3)
    p.setFont(font)
    p.setPen(color)
    p.drawText(box, int(align | Qt.AlignmentFlag.AlignVCenter), text)


def _word(
    box: QRectF, text: str, color: str = "text", *, left: bool = False, upwards: bool = False,
    **values: int,
) -> None:  # fmt: skip
    """Leave a place for a word, which the start page writes in the person's language.

    Args:
        box: its place, in pixels of the drawing.
        text: one of ``PICTURE_WORDS``; ``values`` fill it in.
        color: a colour of the theme.
        left: it stands at the left, not in the middle.
        upwards: it is written from below.
    """
    assert text in PICTURE_WORDS
    WORDS.append({"text": text, "values": values, "box": box.getRect(), "color": color,
                  "left": left, "upwards": upwards})  # fmt: skip


def _place(box: QRectF, x: float, y: float) -> QPointF:
    return QPointF(box.left() + x * box.width(), box.bottom() - y * box.height())


def _line(p: QPainter, box: QRectF, values: Any, color: QColor, low: Any = None, high: Any = None
          ) -> None:  # fmt: skip
    values = np.asarray(values, float)
    low, high = (values.min(), values.max()) if low is None else (low, high)
    points = [
        _place(box, i / max(len(values) - 1, 1), (v - low) / max(high - low, 1e-9))
        for i, v in enumerate(values)
    ]
    p.setPen(QPen(color, 2))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawPolyline(QPolygonF(points))


def _curves(p: QPainter, lines: dict[str, Any]) -> None:
    values = [np.asarray(line, float) for line in lines.values()]
    low, high = min(v.min() for v in values), max(v.max() for v in values)
    box = QRectF(18, 30, WIDTH - 36, HEIGHT - 46)
    for place, (name, line) in enumerate(lines.items()):
        color = (BLUE, ORANGE)[place]
        _line(p, box, line, color, low, high)
        where = QRectF(18 + place * 140, 8, 140, 16)
        _text(p, where, "—", color, 9, Qt.AlignmentFlag.AlignLeft)
        _word(where.adjusted(16, 0, 0, 0), name, ("training", "validation")[place], left=True)


def train(one: ExampleProject) -> Result:
    """Train an example as it stands."""
    project = files.read(one.path)
    dataset = load_dataset(project, one.path.parent)
    trained = Session(project, dataset, storage=RunStorage(one.path.parent)).run()
    return Result(trained, dataset, evaluate(trained, dataset.test))


def draw(one: ExampleProject, folder: Path) -> Path:
    """Train an example, and write its picture."""
    result = train(one)
    image = QImage(WIDTH * SCALE, HEIGHT * SCALE, QImage.Format.Format_RGB32)
    image.fill(BACK)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(SCALE, SCALE)
    WORDS.clear()
    DRAWINGS.get(one.name, digits)(painter, result)
    painter.end()
    path = folder / f"{one.name}.png"
    image.save(str(path), "PNG")
    # A hundred colours are enough for a drawing, and make a third of the file.
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    words = PngInfo()
    words.add_text("words", json.dumps(WORDS))
    few.save(path, optimize=True, pnginfo=words)
    return path


def main(names: list[str]) -> None:
    """Draw the pictures of these examples, or of all."""
    app = QGuiApplication.instance() or QGuiApplication([])
    assert app is not None
    for one in [find_example(name) for name in names] if names else list_examples():
        folder = one.path.parent / "pictures"
        folder.mkdir(exist_ok=True)
        print(draw(one, folder))


if __name__ == "__main__":
    main(sys.argv[1:])
