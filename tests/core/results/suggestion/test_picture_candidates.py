"""Photos get a pretrained backbone; drawings and small grey pictures a small CNN."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from netbuilder.core.results.suggestion.selection import suggest


def photo(random, side, label):
    """Coloured patches that flow into each other."""
    patches = random.integers(0, 256, (4, 4, 3)).astype(np.uint8)
    patches[..., label] //= 3
    return Image.fromarray(patches).resize((side, side), Image.Resampling.BICUBIC)


def drawing(random, side, label):
    """A black line on white paper."""
    picture = Image.new("RGB", (side, side), "white")
    points = [tuple(point) for point in random.uniform(0, side, (3 + label, 2))]
    ImageDraw.Draw(picture).line(points, fill="black", width=max(1, side // 32))
    return picture


@pytest.mark.parametrize(
    ("make", "mode", "side", "backbone"),
    [
        (photo, "RGB", 200, True),
        (photo, "L", 200, True),
        (photo, "RGB", 32, True),
        (photo, "L", 28, False),
        (drawing, "RGB", 200, False),
        (drawing, "L", 28, False),
    ],
)
def test_photos_get_the_backbone(tmp_path, make, mode, side, backbone):
    random = np.random.default_rng(0)
    for label in range(2):
        (tmp_path / "p" / "ab"[label]).mkdir(parents=True)
        for number in range(15):
            make(random, side, label).convert(mode).save(
                tmp_path / "p" / "ab"[label] / f"{number}.png"
            )
    project = suggest(tmp_path / "p").project
    layers = [node.layer for node in project.graph.nodes]
    assert ("EfficientNetLite0" in layers, "Conv2D" in layers) == (backbone, not backbone)
    assert (project.data.options.get("image_size") == [160, 160]) == backbone
