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
    """Digits as if written by hand: pictures of ``size`` by ``size``, and the digit of each.

    Each digit has the forms that people write: an open and a closed 4, a 7 with and without a bar.
    A form is bent, leant over and stretched, and then fits into the square again.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    # Forms, each of strokes, each of points: xxyy in hundredths of the square.
    written = [
        ["5004 2012 1250 2088 5096 8088 8850 8012 5004",
         "6206 3004 1430 1470 4096 7690 8850 7416 4806 3812"],
        ["5004 5096", "2828 5405, 5405 5495", "1845 5505, 5505 5595",
         "3025 5505, 5505 5595, 2895 8095"],
        ["1525 3005 7005 8527 7250 1595, 1595 8895",
         "1522 4004 7808 8030 6055 3585 1895 2080 4580 8895",
         "1520 4003 7808 7532 4570 1890 1078 2570 5085 9090", "1808 8208, 8208 1594, 1594 8594"],
        ["1512 5003 8215 8040 4548, 4548 8855 8885 5098 1288",
         "1806 8206, 8206 4542 8050 8882 5598 1490",
         "1818 4503 8014 7838 5048 8458 8884 5097 1286"],
        ["6005 1265, 1265 9065, 6535 6597", "6505 1265, 1265 9065, 6505 6597",
         "2206 1560, 1560 8860, 6540 6397", "3005 1662, 1662 9062, 6808 6297",
         "1808 2050 4558 8050, 8206 7896"],
        ["8005 2505, 2505 2045, 2045 5536 8850 8585 5098 1588",
         "8206 2806, 2806 2242 4838 7846 8868 7490 4497 1688",
         "8208 4006 2220 3440 6850 8270 6892 3896 1684",
         "8806 4808, 4808 3542 5846 6670 4594 1090"],
        ["7505 3520 1555 1885 5097 8285 8260 5048 2064",
         "6803 3035 1670 3094 6894 8472 6452 3456 1674",
         "7808 5003 2225 1262 2690 5898 8482 7658 5050 2062",
         "5003 3040 2070 3094 6094 7580 6265 3862 2478"],
        ["1206 8806, 8806 4095", "1206 8806, 8806 4095, 3050 7850",
         "1422 1606, 1606 8806, 8806 4595", "1206 8806, 8806 6035 4895",
         "1210 3006 8806 6035 4895, 3450 7850", "3014 7806, 7806 4595"],
        ["5048 2038 2210 5003 7810 8038 5048, 5048 1562 1590 5098 8590 8562 5048",
         "8218 5003 2016 2836 7260 8284 5097 1884 2662 7040 8218",
         "1818 5003 8018 7038 2862 1884 5097 8284 7260 3240 1818",
         "8010 5006 2822 5048 6880 4096 2082 4555 8210"],
        ["8040 5053 1840 1815 5003 8012 8240 7870 6097",
         "8220 5504 2014 1636 4052 7844 8412, 8408 7896",
         "8226 5003 1820 2045 5052 8036 8420 8660 7490 4898 1888",
         "7020 5006 3022 4244 7220, 7414 5895"],
    ]  # fmt: skip
    digits = random.permutation(np.arange(samples) % 10)
    pictures = np.empty((samples, size, size, 1), np.uint8)
    for index, digit in enumerate(digits):
        forms = written[digit]
        form = [stroke.split() for stroke in forms[int(random.integers(len(forms)))].split(",")]
        points = np.array([divmod(int(point), 100) for stroke in form for point in stroke])
        change = random.integers(-1024, 1025, 9) / 1024.0 * distortion
        x, y = points.T / 100.0 - 0.5
        x, y = (
            x * (1 + 0.35 * change[0]) + 0.5 * change[1] * x * y + 0.5 * change[2] * y * y,
            y + 0.5 * change[3] * x * y + 0.4 * change[4] * y * y + 0.4 * change[5] * x * x,
        )
        x, y = x - (0.45 * change[6] + 0.2 * distortion) * y, y + 0.15 * change[7] * x
        width, height = np.ptp(x), np.ptp(y)
        x, y = x - x.min() - width / 2, y - y.min() - height / 2
        points = np.stack([x, y], axis=1) / max(width, height) + 0.5
        ends = np.cumsum([len(stroke) for stroke in form])[:-1]
        strokes = [[(float(x), float(y)) for x, y in part] for part in np.split(points, ends)]
        pen = thickness * (1 + 0.4 * float(change[8]))
        pictures[index, :, :, 0] = drawn_strokes(strokes, random, size, pen, distortion, noise)
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
