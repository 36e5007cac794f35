"""EfficientNet-Lite0 of layers that every Keras has; ``keras.applications`` has no such model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


# Scripts have this function in a module beside them. Name and arguments: as keras.applications.
def EfficientNetLite0(
    include_top: bool = False,
    weights: str | None = None,
    input_shape: tuple[int | None, ...] = (None, None, 3),
    pooling: str | None = None,
    name: str = "efficientnet_lite0",
    trainable_blocks: int | None = None,
) -> keras.Model:
    """Return EfficientNet-Lite0 (Tan and Le, 2019) without its last layer: pixels from 0 to 255
    become 1280 feature maps, or 1280 numbers with pooling. With trainable_blocks, training
    changes only so many of the last 16 blocks, and no BatchNormalization."""
    import keras

    assert not include_top

    def convolution(
        x: keras.KerasTensor, name: str, filters: int, kernel: int, stride: int = 1
    ) -> keras.KerasTensor:
        options = {"padding": "same", "use_bias": False, "name": f"{name}_conv"}
        if filters:
            x = keras.layers.Conv2D(filters, kernel, strides=stride, **options)(x)
        else:
            x = keras.layers.DepthwiseConv2D(kernel, strides=stride, **options)(x)
        return keras.layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)

    def relu6(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return keras.layers.ReLU(6.0, name=f"{name}_relu")(x)

    pixels = keras.Input(input_shape, name="pixels")
    x = keras.layers.Rescaling(1 / 128, -127 / 128, name="rescaling")(pixels)
    x = relu6(convolution(x, "stem", 32, 3, 2), "stem")
    channels, block = 32, 0
    # Kernel, stride of the first block, expansion, output channels, number of blocks.
    for kernel, first_stride, expansion, filters, count in (
        (3, 1, 1, 16, 1),
        (3, 2, 6, 24, 2),
        (5, 2, 6, 40, 2),
        (3, 2, 6, 80, 3),
        (5, 1, 6, 112, 3),
        (5, 2, 6, 192, 4),
        (3, 1, 6, 320, 1),
    ):
        for number in range(count):
            block += 1
            stride, y, prefix = 1 if number else first_stride, x, f"block{block}"
            if expansion > 1:
                y = relu6(
                    convolution(y, f"{prefix}_expand", channels * expansion, 1), f"{prefix}_expand"
                )
            y = relu6(
                convolution(y, f"{prefix}_depthwise", 0, kernel, stride), f"{prefix}_depthwise"
            )
            y = convolution(y, f"{prefix}_project", filters, 1)
            x = keras.layers.Add(name=f"{prefix}_add")([x, y]) if number else y
            channels = filters
    x = relu6(convolution(x, "head", 1280, 1), "head")
    if pooling == "avg":
        x = keras.layers.GlobalAveragePooling2D(name="pooling")(x)
    elif pooling == "max":
        x = keras.layers.GlobalMaxPooling2D(name="pooling")(x)
    model = keras.Model(pixels, x, name=name)
    if trainable_blocks is not None:
        last = tuple(f"block{block - number}_" for number in range(trainable_blocks))
        for layer in model.layers:
            layer.trainable = layer.name.startswith((*last, "head_")) and layer.name[-3:] != "_bn"
    if weights is not None:
        model.load_weights(weights)
    return model
