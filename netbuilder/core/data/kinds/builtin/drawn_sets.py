"""Data sets of pictures that the program draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.kinds.builtin.data_set import (
    DataSet,
    chosen_options,
    described,
    options_of,
)
from netbuilder.core.data.kinds.builtin.generated_sets import arguments_of
from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.kinds.scripts.script_lines import function_lines, target_lines
from netbuilder.core.data.readers.samples import Samples

if TYPE_CHECKING:
    import numpy as np


# Scripts carry this function.
def drawn_strokes(
    strokes: list[list[tuple[float, float]]],
    random: np.random.Generator,
    size: int,
    thickness: float,
    distortion: float,
    noise: float = 0.0,
) -> np.ndarray:
    """Draw strokes (lists of points in a unit square) as if by hand: uint8 pixels.

    Points are moved a little, corners cut (Chaikin's curves, 1974), and the whole is stretched,
    leant over, turned and shifted; then each pixel is as bright as it is near a stroke.
    ``noise`` lies over all of it.
    """
    import numpy as np

    def around(spread: float) -> float:
        """Return a random number from -spread to spread, the same on every computer."""
        return float(random.integers(-1024, 1025)) / 1024.0 * spread * distortion

    width, height = 0.62 + around(0.14), 0.68 + around(0.08)
    lean, turn = around(0.25), around(0.12)
    middle = size / 2.0
    right, down = middle + around(0.07) * size, middle + around(0.07) * size
    starts, ends = [], []
    for stroke in strokes:
        points = np.array([[x + around(0.05), y + around(0.05)] for x, y in stroke]) - 0.5
        for _ in range(2):
            left, next_ = points[:-1], points[1:]
            cut = np.stack([0.75 * left + 0.25 * next_, 0.25 * left + 0.75 * next_], axis=1)
            points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
        x = points[:, 0] * width - points[:, 1] * (lean + turn) * height
        y = points[:, 1] * height + points[:, 0] * turn * width
        line = np.stack([x * size + right, y * size + down], axis=1)
        starts.append(line[:-1])
        ends.append(line[1:])
    first, last = np.concatenate(starts), np.concatenate(ends)
    along, up = (last - first).T
    length = np.maximum(along * along + up * up, 1e-9)
    grid = np.arange(size) + 0.5
    # Distance from each pixel, row by row, to the nearest point of each line segment.
    x = np.tile(grid, size)[:, None] - first[:, 0]
    y = np.repeat(grid, size)[:, None] - first[:, 1]
    share = np.clip((x * along + y * up) / length, 0.0, 1.0)
    x -= share * along
    y -= share * up
    distance = np.sqrt((x * x + y * y).min(axis=1))
    radius = thickness * (1.0 + around(0.35)) * size / 28.0
    bright = np.clip(radius + 0.6 - distance, 0.0, 1.0).reshape(size, size)
    pixels: np.ndarray = (bright * 255.0 + 0.5).astype(np.uint8)
    if noise:
        grain = random.integers(-255, 256, pixels.shape) * noise
        pixels = np.clip(pixels + grain, 0, 255).astype(np.uint8)
    return pixels


# Scripts carry this function.
def colorize(pictures: np.ndarray, seed: int = 0) -> np.ndarray:
    """Grey pictures (n, height, width, 1), each with its own colours for pen and paper: (…, 3),
    uint8.

    Pen and paper differ by at least a third of the way from black to white, in each colour.
    """
    import numpy as np

    random = np.random.default_rng((seed, 3))
    count = len(pictures)
    paper = random.integers(0, 256, (count, 1, 1, 3))
    step = random.integers(85, 171, (count, 1, 1, 3))
    pen = np.where(paper < 128, paper + np.minimum(step, 255 - paper), paper - step.clip(0, paper))
    bright = pictures.astype(np.int32)
    mixed: np.ndarray = ((paper * (255 - bright) + pen * bright + 127) // 255).astype(np.uint8)
    return mixed


# Scripts carry this function.
def drawn_digits(
    samples: int = 3000,
    thickness: float = 1.1,
    distortion: float = 1.0,
    noise: float = 0.0,
    seed: int = 0,
    size: int = 28,
    color_mode: str = "grayscale",
) -> tuple[np.ndarray, np.ndarray]:
    """Digits as if written by hand: pictures of ``size`` by ``size``, and the digit of each."""
    import numpy as np

    random = np.random.default_rng(seed)
    bowl = [(0.5, 0.48), (0.2, 0.38), (0.22, 0.1), (0.5, 0.03), (0.78, 0.1), (0.8, 0.38)]
    belly = [(0.5, 0.48), (0.15, 0.62), (0.15, 0.9), (0.5, 0.98), (0.85, 0.9), (0.85, 0.62)]
    round_ = [(0.5, 0.04), (0.2, 0.12), (0.12, 0.5), (0.2, 0.88), (0.5, 0.96), (0.8, 0.88),
              (0.88, 0.5), (0.8, 0.12), (0.5, 0.04)]  # fmt: skip
    two = [(0.15, 0.25), (0.3, 0.05), (0.7, 0.05), (0.85, 0.27), (0.72, 0.5), (0.15, 0.95)]
    hook = [(0.15, 0.12), (0.5, 0.03), (0.82, 0.15), (0.8, 0.4), (0.45, 0.48)]
    sweep = [(0.45, 0.48), (0.88, 0.55), (0.88, 0.85), (0.5, 0.98), (0.12, 0.88)]
    five = [(0.2, 0.45), (0.55, 0.36), (0.88, 0.5), (0.85, 0.85), (0.5, 0.98), (0.15, 0.88)]
    six = [(0.75, 0.05), (0.35, 0.2), (0.15, 0.55), (0.18, 0.85), (0.5, 0.97), (0.82, 0.85),
           (0.82, 0.6), (0.5, 0.48), (0.2, 0.64)]  # fmt: skip
    nine = [(0.8, 0.4), (0.5, 0.53), (0.18, 0.4), (0.18, 0.15), (0.5, 0.03), (0.8, 0.12),
            (0.82, 0.4), (0.78, 0.7), (0.6, 0.97)]  # fmt: skip
    flag, stem = [(0.3, 0.25), (0.55, 0.05)], [(0.55, 0.05), (0.55, 0.95)]
    slope, bar = [(0.6, 0.05), (0.12, 0.65)], [(0.12, 0.65), (0.9, 0.65)]
    top, fall = [(0.12, 0.06), (0.88, 0.06)], [(0.88, 0.06), (0.4, 0.95)]
    foot, leg, dash = [(0.3, 0.95), (0.8, 0.95)], [(0.65, 0.35), (0.65, 0.97)], [(0.3, 0.5)]
    dash = [*dash, (0.78, 0.5)]
    forms = [
        [[round_]],
        [[flag, stem], [stem], [flag, stem, foot]],
        [[two, [(0.15, 0.95), (0.88, 0.95)]]],
        [[hook, sweep]],
        [[slope, bar, leg], [[(0.65, 0.05), (0.12, 0.65)], bar, [(0.65, 0.05), (0.65, 0.97)]]],
        [[[(0.8, 0.05), (0.25, 0.05)], [(0.25, 0.05), (0.2, 0.45)], five]],
        [[six]],
        [[top, fall], [top, fall, dash]],
        [[[*bowl, (0.5, 0.48)], [*belly, (0.5, 0.48)]]],
        [[nine]],
    ]
    digits = random.permutation(np.arange(samples) % 10)
    pictures = np.empty((samples, size, size, 1), np.uint8)
    for index, digit in enumerate(digits):
        ways = forms[digit]
        strokes = ways[int(random.integers(len(ways)))]
        pictures[index, :, :, 0] = drawn_strokes(
            strokes, random, size, thickness, distortion, noise
        )
    return (colorize(pictures, seed) if color_mode == "rgb" else pictures), digits


# Scripts carry this function.
def drawn_shapes(
    samples: int = 2000,
    thickness: float = 1.1,
    distortion: float = 1.0,
    noise: float = 0.0,
    seed: int = 0,
    size: int = 28,
    color_mode: str = "grayscale",
) -> tuple[np.ndarray, np.ndarray]:
    """Outlines as if drawn by hand: pictures of ``size`` by ``size``, and each shape's name."""
    import numpy as np

    random = np.random.default_rng(seed)
    bend = 0.14645  # where a circle meets the diagonal of its square: (1 - 1/√2) / 2
    circle = [(0.5, 0.0), (1 - bend, bend), (1.0, 0.5), (1 - bend, 1 - bend), (0.5, 1.0),
              (bend, 1 - bend), (0.0, 0.5), (bend, bend), (0.5, 0.0)]  # fmt: skip
    corners = {
        "square": [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)],
        "triangle": [(0.5, 0.0), (1.0, 0.95), (0.0, 0.95)],
        "diamond": [(0.5, 0.0), (0.95, 0.5), (0.5, 1.0), (0.05, 0.5)],
    }
    forms = {"circle": [circle]}
    for name, points in corners.items():
        # A stroke for each side keeps the corners sharp.
        forms[name] = [[points[i - 1], points[i]] for i in range(len(points))]
    forms["cross"] = [[(0.05, 0.05), (0.95, 0.95)], [(0.95, 0.05), (0.05, 0.95)]]
    forms["wave"] = [[(0.0, 0.5), (0.2, 0.1), (0.4, 0.5), (0.6, 0.9), (0.8, 0.5), (1.0, 0.1)]]
    names = np.array(list(forms))
    labels = names[random.permutation(np.arange(samples) % len(names))]
    pictures = np.empty((samples, size, size, 1), np.uint8)
    for index, name in enumerate(labels):
        strokes = forms[str(name)]
        pictures[index, :, :, 0] = drawn_strokes(
            strokes, random, size, thickness, distortion, noise
        )
    return (colorize(pictures, seed) if color_mode == "rgb" else pictures), labels


def _drawn(target: str, function: Callable[..., Any]) -> DataSet:
    name = function.__name__
    params = options_of(name)

    def make(options: Mapping[str, Any]) -> Samples:
        import pandas as pd

        pictures, labels = function(**chosen_options(params, options))
        return Samples(
            role="image",
            arrays={"image": pictures},
            targets=pd.DataFrame({target: labels}),
            value_range=(0.0, 255.0),
            source=name,
        )

    def code(question: ScriptRequest) -> DataCode:
        arguments = arguments_of(params, question.project.data.options)
        lines = [
            *function_lines(drawn_strokes),
            *function_lines(colorize),
            *function_lines(function),
            f"pictures, labels = {function.__name__}({arguments})",
            'x = pictures.astype("float32")',
            *target_lines(question.task, 'labels.astype("str")'),
        ]
        return DataCode(tuple(lines), InputFormat.PIXELS)

    return described(name, make, code)


DRAWN = (_drawn("digit", drawn_digits), _drawn("shape", drawn_shapes))
