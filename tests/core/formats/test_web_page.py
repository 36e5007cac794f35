"""The web page's own code in a browser against Keras and against NetBuilder's preparation.

The cases of a test go into one page, which writes what it found as JSON: starting a browser is
what takes long here.
"""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L
from PIL import Image

from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.data.kinds.images import IMAGE
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.registry import modality_of
from netbuilder.core.data.tokens import last_window, tokenize
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.folders import resource
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.registry import save_network
from netbuilder.core.formats.writers import web
from netbuilder.core.formats.writers.web_network import engine, replay, web_network
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.results.drawn_sample import prepare_drawing
from netbuilder.core.results.predict import raw_from_rows
from netbuilder.core.results.unusual_values import unusual_sentences

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to run the page in")
ENGINE = "".join(
    resource("web", name).read_text("utf-8") for name in ("numbers.js", "layers.js", "inputs.js")
)
CLOSE = 1e-4


def opened(page):
    """The elements of a page once its code has run."""
    assert CHROMIUM is not None
    profile = page.with_suffix(".profile")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
        "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=500, check=True)
    return done.stdout.decode("utf-8")


def computed(folder, script, given):
    """What a script makes of ``given``, as JSON, with the page's engine before it."""
    page = folder / "harness.html"
    data = json.dumps(given).replace("<", "\\u003c")
    page.write_text(
        f'<meta charset="utf-8"><pre id="found"></pre><script>{ENGINE}\nconst given = {data};\n'
        "const say = (found) => { document.getElementById('found').textContent = "
        "JSON.stringify(found); };\n"
        f"try {{ say((() => {{ {script} }})()); }} catch (error) {{ say(String(error.stack)); }}"
        "</script>",
        "utf-8",
    )
    found = re.search(r'<pre id="found">(.*?)</pre>', opened(page), re.DOTALL)
    return json.loads(html.unescape(found[1]))


RUN = """
return given.map(({ network, weights, rows }) => {
  try {
    const ready = withWeights(network, weights);
    const outputs = run(ready, rows.map(([shape, data]) => tensor(shape, Float32Array.from(data))));
    return outputs.map((one) => [one.shape, [...one.data]]);
  } catch (error) { return String(error.stack); }
});
"""


def asked(model, rows, number=0):
    """A model and one of its rows as ``RUN`` takes them."""
    made = web_network(model)
    return {
        "network": made.as_json(), "weights": made.weights(),
        "rows": [[one.shape[1:], one[number].ravel().tolist()] for one in rows],
    }  # fmt: skip


def compare(name, found, expected, number=0):
    assert not isinstance(found, str), f"{name}: {found}"
    for (shape, data), whole in zip(found, expected, strict=True):
        want = whole[number]
        assert list(want.shape) == shape, name
        off = np.abs(np.array(data, float).reshape(shape) - want).max()
        assert off <= CLOSE * max(1.0, np.abs(want).max()), f"{name}: {off}"


# Layers


def chain(shape, *layers: Any, dtype="float32"):
    given = tensor = keras.Input(shape, dtype=dtype)
    for layer in layers:
        tensor = layer(tensor)
    return keras.Model(given, tensor)


def attending(masked, causal):
    words = keras.Input((8,), dtype="int32")
    known = L.Embedding(20, 6, mask_zero=masked)(words)
    seen = L.MultiHeadAttention(2, 3, value_dim=4)(known, known, use_causal_mask=causal)
    added = L.LayerNormalization()(L.Add()([known, seen]))
    return keras.Model(words, L.GlobalAveragePooling1D()(added))


def merging():
    x, y, shared = keras.Input((4, 3)), keras.Input((4, 3)), L.Dense(3)
    p, q = shared(x), shared(y)
    kinds = (L.Add, L.Multiply, L.Subtract, L.Average, L.Maximum, L.Minimum)
    both = L.Concatenate(axis=1)([kind()([p, q]) for kind in kinds])
    gate = L.GlobalAveragePooling1D(keepdims=True)(x)
    return keras.Model([x, y], [both, L.Concatenate()([x, y, p]), L.Multiply()([gate, y])])


def operating():
    """Operations that are no layers, as MobileNetV3 has them: the sigmoid of two ReLUs."""
    x = keras.Input((4, 3))
    gate = L.ReLU(6.0)(L.Dense(3)(x) + 3.0) * (1 / 6)
    return keras.Model(x, L.Dense(2)(1 - keras.ops.tanh(gate) * x))


def adapted():
    layer = L.Normalization()
    layer.adapt(np.random.default_rng(1).normal(size=(50, 4)) * 5 + 3)
    return layer


def recurrent(kind):
    name = kind.__name__
    masked = L.Embedding(20, 5, mask_zero=True)
    return {
        name: chain((7, 3), kind(4, return_sequences=True), kind(3, go_backwards=True)),
        f"{name} without bias": chain((7, 3), kind(4, use_bias=False)),
        f"{name} both ways": chain(
            (7, 3), L.Masking(), L.Bidirectional(kind(4, return_sequences=True)),
            L.Bidirectional(kind(3), merge_mode="ave"),
        ),
        f"{name} masked": chain(
            (9,), masked, kind(4, return_sequences=True),
            kind(4, return_sequences=True, go_backwards=True), kind(3), dtype="int32",
        ),
        f"{name} both ways, masked": chain(
            (9,), masked, L.Bidirectional(kind(4, return_sequences=True), merge_mode="sum"),
            L.GlobalAveragePooling1D(), dtype="int32",
        ),
    }  # fmt: skip


def models():
    inner = keras.Sequential([keras.Input((4,)), L.Dense(3), L.Activation("relu")])
    return {
        **{one: chain((5,), L.Dense(4, activation=one)) for one in sorted(engine()[1])},
        # Kernels of unlike sides, an even number of pixels, and filters that are not channels:
        # an order of axes that is read wrongly, or padding on the wrong side, changes the numbers.
        "same": chain(
            (6, 8, 3),
            L.Conv2D(4, (2, 3), padding="same", strides=2),
            L.MaxPooling2D((3, 2), padding="same"),
            L.Flatten(),
            L.Dense(3),
        ),
        "groups": chain((5, 5, 4), L.Conv2D(6, 3, groups=2, dilation_rate=2, padding="same")),
        "causal": chain(
            (9, 3),
            L.Conv1D(4, 3, padding="causal", dilation_rate=2),
            L.MaxPooling1D(2),
            L.AveragePooling1D(2, strides=1, padding="same"),
            L.GlobalMaxPooling1D(),
        ),
        "depthwise": chain(
            (7, 6, 3),
            L.DepthwiseConv2D((2, 3), depth_multiplier=2, padding="same", strides=2),
            L.SeparableConv2D(5, (2, 3), depth_multiplier=2),
            L.GlobalAveragePooling2D(),
        ),
        "depthwise 1": chain(
            (9, 3),
            L.DepthwiseConv1D(3, depth_multiplier=2, padding="same"),
            L.SeparableConv1D(4, 2),
            L.GlobalAveragePooling1D(),
        ),
        "transpose": chain(
            (3, 4, 2),
            L.Conv2DTranspose(3, (2, 3), strides=2, padding="same"),
            L.Conv2DTranspose(2, (2, 4), strides=(1, 3)),
            L.Conv2DTranspose(2, 2, strides=3, padding="same"),
        ),
        "transpose 1": chain((4, 2), L.Conv1DTranspose(3, 3, strides=2, padding="same")),
        "pixels": chain(
            (5, 6, 2),
            L.AveragePooling2D(2, padding="same"),
            L.ZeroPadding2D(((1, 0), (2, 1))),
            L.Cropping2D(((1, 0), (0, 1))),
            L.UpSampling2D((2, 3)),
            L.GlobalMaxPooling2D(keepdims=True),
        ),
        "steps": chain(
            (6, 2),
            L.ZeroPadding1D(1),
            L.Cropping1D((1, 2)),
            L.UpSampling1D(2),
            L.Permute((2, 1)),
            L.Reshape((-1, 5)),
            L.Flatten(),
            L.RepeatVector(3),
        ),
        "numbers": chain(
            (5, 4, 3),
            L.BatchNormalization(),
            L.LayerNormalization(),
            L.RMSNormalization(),
            L.BatchNormalization(scale=False, axis=3),
            L.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2),
            L.LeakyReLU(),
            L.ELU(0.7),
            L.PReLU(shared_axes=[1]),
            L.Softmax(),
            L.Dropout(0.4),
            L.GaussianNoise(0.3),
            L.Identity(),
            L.Rescaling([1.0, 2.0, 3.0], [0.0, 1.0, 2.0]),
        ),
        "each step": chain(
            (4, 5),
            L.TimeDistributed(L.Dense(3, activation="relu")),
            L.EinsumDense("abc,cd->abd", output_shape=(None, 2), bias_axes="d", activation="tanh"),
        ),
        "a position": chain(
            (4, 6), L.EinsumDense("btd,de->bte", output_shape=(4, 5), bias_axes="te")
        ),
        "normalization": chain((4,), adapted(), L.Dense(2)),
        "nested": chain((4,), inner, L.Dense(2)),
        "reset before": chain((6, 3), L.GRU(4, reset_after=False)),
        "merge": merging(),
        "operations": operating(),
        **{f"attention {m} {c}": attending(m, c) for m in (False, True) for c in (False, True)},
        **recurrent(L.LSTM),
        **recurrent(L.GRU),
        **recurrent(L.SimpleRNN),
    }


def filled(model, random):
    """The model with weights of all sizes; variances are positive."""
    kept = any(isinstance(one, L.Normalization) for one in model.layers)
    if not kept:
        model.set_weights(
            [
                np.abs(random.normal(size=one.shape)) * 0.5 + 0.2
                if one.ndim == 1
                else random.normal(size=one.shape) * 0.5
                for one in model.get_weights()
            ]
        )
    return model


def rows_of(model, random):
    found = []
    for one in model.inputs:
        if "int" in one.dtype:
            found.append(random.integers(0, 3, (1, *one.shape[1:])).astype("int32"))
        else:
            values = random.normal(size=(1, *one.shape[1:])).astype("float32")
            # Steps that a Masking leaves out, in the middle and at the end.
            values[:, [2, -1]] = (
                0 if one.shape[1] == 7 and len(one.shape) == 3 else values[:, [2, -1]]
            )
            found.append(values)
    return found


@pytest.mark.slow
@needs_browser
def test_layers_compute_what_keras_computes(tmp_path):
    random = np.random.default_rng(0)
    cases = {name: filled(model, random) for name, model in models().items()}
    rows = {name: rows_of(model, random) for name, model in cases.items()}
    given = [asked(model, rows[name]) for name, model in cases.items()]
    used = {layer["type"] for one in given for layer in one["network"]["layers"]}
    assert used | {"Identity"} == engine()[0], "each layer of the page has a case"
    for (name, model), found in zip(cases.items(), computed(tmp_path, RUN, given), strict=True):
        compare(name, found, predict_rows(model, rows[name]))


@pytest.mark.slow
def test_what_a_page_holds_makes_the_network_again():
    random = np.random.default_rng(0)
    for name in ("merge", "attention True True", "LSTM both ways, masked", "normalization"):
        model = filled(models()[name], random)
        rows, made = rows_of(model, random), web_network(model)
        again = replay(json.loads(json.dumps(made.as_json())), made.weights(), rows)
        for found, want in zip(again, predict_rows(model, rows), strict=True):
            assert np.allclose(found, want, atol=1e-5), name


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (L.ConvLSTM2D(2, 2), (3, 4, 4, 1)),
        (L.UpSampling2D(2, interpolation="bilinear"), (4, 4, 1)),
        (L.BatchNormalization(axis=1), (4, 4, 2)),
        (L.TimeDistributed(L.UnitNormalization()), (4, 3)),
        (L.Dense(2, activation="sparsemax"), (4,)),
        (L.Bidirectional(L.ConvLSTM1D(2, 2)), (3, 4, 1)),
    ],
)
def test_what_the_page_cannot_compute_is_named(layer, shape):
    with pytest.raises(FormatError) as told:
        web_network(chain(shape, layer))
    assert told.value.code == "web_layer_missing"
    assert layer.name in told.value.what


# Projects, one a kind


def untrained(project, base=Path()):
    """A project's network with random weights in all its layers."""
    dataset = load_dataset(project, base)
    project = resolve_defaults(project, dataset.facts)
    training = build_training_model(project, dataset.facts, base=base)
    random = np.random.default_rng(3)
    training.set_weights([random.normal(size=one.shape) * 0.4 for one in training.get_weights()])
    model = assemble(training, project, dataset.preprocessing, dataset.facts)
    return TrainedModel(project, training, model, dataset.preprocessing, dataset.facts), dataset


def project_of(data, *layers: tuple[str, Mapping[str, Any]], name="Test"):
    nodes = [
        Node("input", "Input"),
        *(Node(f"n{i}", kind, dict(p)) for i, (kind, p) in enumerate(layers)),
    ]
    edges = [(a.id, b.id) for a, b in pairwise(nodes)]
    return Project(name=name, graph=Graph(tuple(nodes), tuple(edges)), data=data)


DIGITS = (
    ("Conv2D", {"filters": 32, "kernel_size": [3, 3], "activation": "relu", "padding": "same"}),
    ("MaxPooling2D", {"pool_size": [2, 2]}),
    ("Flatten", {}),
    ("Dense", {"units": 64, "activation": "relu"}),
    ("Dense", {"units": 10, "activation": "softmax"}),
)
NASTY = ("</script><b>rare</b>", '"><img src=x onerror=alert(1)>', "<!--{{title}}", "naïve & 𝄞")


def shop(folder):
    """Sales with categories, a date, gaps, units, and names that are no good HTML."""
    random = np.random.default_rng(0)
    lines = ["genre,price,online,day,<b>size</b>,total"]
    for row in range(60):
        price = "" if row % 9 == 4 else f"${5 + row % 17}.50"
        genre = NASTY[row % 4].replace('"', '""')
        day = f"2024-{1 + row % 12:02}-{1 + row % 28:02}"
        answer = 3 * (row % 17) + 5 * (row % 4) + random.normal()
        lines.append(f'"{genre}",{price},{("yes", "no")[row % 2]},{day},{row % 7},{answer:.2f}')
    path = folder / "shop.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def projects(folder):
    shop(folder)
    series = Data(kind="builtin", name="temperatures")
    return {
        "iris": project_of(
            Data(kind="builtin", name="iris"),
            ("Dense", {"units": 16, "activation": "relu"}),
            ("Dense", {"units": 3, "activation": "softmax"}),
        ),
        "shop": project_of(
            Data(
                kind="csv", path="shop.csv", target=("total",),
                columns={
                    "price": ColumnChoice(missing="median"), "day": ColumnChoice(type="date"),
                },
            ),
            ("Dense", {"units": 8, "activation": "tanh"}),
            ("Dense", {"units": 1}),
        ),
        "digits": project_of(Data(kind="builtin", name="digits"), *DIGITS),
        "reviews": project_of(
            Data(kind="builtin", name="reviews"),
            ("Embedding", {"input_dim": 200, "output_dim": 8, "mask_zero": True}),
            ("LSTM", {"units": 8}),
            ("Dense", {"units": 1, "activation": "sigmoid"}),
        ),
        "temperatures": project_of(series, ("GRU", {"units": 16}), ("Dense", {"units": 1})),
    }  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Each kind's network, its data, and the page that was written of it."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, project in projects(folder).items():
        trained, dataset = untrained(project, folder)
        path = folder / f"{name}.html"
        save_network(trained, path, folder)
        found[name] = trained, dataset, path
    return found


def held(path, name):
    found = re.search(rf'id="{name}">([^<]*)</script>', path.read_text("utf-8"))
    return found[1]


@needs_browser
def test_predictions_are_kerass_for_each_kind(made, tmp_path):
    given, wanted = [], []
    for name, (trained, dataset, path) in made.items():
        rows = [np.asarray(one)[:4] for one in (dataset.test or dataset.train).raw_x.values()]
        expected = predict_rows(trained.model, rows)
        network, weights = json.loads(held(path, "network"))["network"], held(path, "weights")
        for number in range(len(rows[0])):
            given.append(
                {
                    "network": network,
                    "weights": weights,
                    "rows": [[one.shape[1:], one[number].ravel().tolist()] for one in rows],
                }
            )
            wanted.append((name, expected, number))
    for (name, expected, number), found in zip(wanted, computed(tmp_path, RUN, given), strict=True):
        compare(name, found, expected, number)


def test_a_page_of_the_digits_is_small_and_asks_nobody(made):
    text = made["digits"][2].read_text("utf-8")
    assert len(text.encode()) < 2_000_000
    assert "default-src 'none'" in text
    assert not re.search(r"https?://|//cdn|@import|url\(", text)


PREPARED = """
const entry = (name, place = 0) => given.about[name].inputs[place];
const rgba = Uint8ClampedArray.from(given.rgba);
return {
  shop: given.rows.map((row) => rowFeatures(entry("shop").columns, row)),
  far: outOfRange(entry("shop").columns, rowFeatures(entry("shop").columns, given.far), 99)
    .map(({ column, value }) => [column.name, value]),
  refused: given.wrong.map((row) => {
    try { return rowFeatures(entry("shop").columns, row); } catch (error) { return error.key; }
  }),
  texts: given.texts.map((text) => [...textNumbers(entry("reviews"), text).numbers]),
  tokens: given.texts.map((text) => [
    tokens(text, "word", true), tokens(text, "character", false),
    [...textNumbers(given.story, text).numbers],
  ]),
  drawn: given.sizes.map((shape) => [
    ...drawingPixels({ shape, low: -1, high: 16, dark: shape[2] === 3 }, given.ink, 40)]),
  pictures: given.sizes.map((shape) => [
    ...picturePixels({ shape, low: 0, high: 255 }, rgba, 37, 23, false)]),
};
"""


@needs_browser
def test_what_a_person_gives_is_prepared_as_the_program_prepares_it(made, tmp_path):
    trained = made["shop"][0]
    row: dict[str, object] = {
        "genre": NASTY[1], "price": "7.5", "online": "no", "day": "2024-03-04", "<b>size</b>": "3",
    }  # fmt: skip
    rows = [row, {**row, "price": "", "online": "yes", "genre": NASTY[3]}]
    far = {**row, "price": "80", "<b>size</b>": "-3"}
    texts = [
        "A GREAT film, isn't it?", "awful awful\tplot\u00a0here", "ÄRGER über zzz 東京 don't",
        "", "good " * 400,
    ]  # fmt: skip
    random = np.random.default_rng(5)
    pixels = random.integers(0, 256, (23, 37, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    ink = np.zeros((40, 40))
    ink[6:30, 10:14], ink[12:15, 10:31] = 1.0, 0.7
    sizes = [[8, 8, 1], [28, 28, 1], [20, 16, 3], [64, 64, 1]]
    words = ["", "[UNK]", "the", "cat", "␣", ".", "great", "a", "東"]
    story = {"shape": [6], "vocabulary": words, "level": "word", "lowercase": True}
    given = {
        "about": {name: json.loads(held(one[2], "network")) for name, one in made.items()},
        "rows": rows, "far": far, "texts": texts, "sizes": sizes, "story": story,
        "wrong": [{**row, "genre": "b"}, {**row, "<b>size</b>": ""}, {**row, "price": "a"}],
        "ink": ink.ravel().tolist(),
        "rgba": np.dstack([pixels, np.full((23, 37, 1), 255, np.uint8)]).ravel().tolist(),
    }  # fmt: skip
    found = computed(tmp_path, PREPARED, given)
    raw, _notes = raw_from_rows(trained, rows)
    assert np.allclose(found["shop"], raw["input"])
    assert found["refused"] == ["unknown", "empty", "number"]
    assert found["far"] == [["price", 80], ["<b>size</b>", -3]]
    one, _notes = raw_from_rows(trained, [far])
    assert len(unusual_sentences(trained.preprocessing, one)) == 2
    entry = made["reviews"][0].preprocessing.inputs["input"]
    assert np.array_equal(found["texts"], modality_of(entry).of_texts(texts, entry))
    for text, (as_words, as_letters, numbers) in zip(texts, found["tokens"], strict=True):
        assert as_words == tokenize(text, "word", True)
        assert as_letters == tokenize(text, "character", False)
        assert numbers == last_window(tokenize(text, "word", True), words, 6).tolist()
    for shape, drawn, picture in zip(sizes, found["drawn"], found["pictures"], strict=True):
        size = (shape[0], shape[1], shape[2])
        want = prepare_drawing(ink, size, 16.0, low=-1.0, dark_ink=shape[2] == 3)
        assert np.abs(np.array(drawn) - want.ravel()).max() < 0.15, shape
        read = IMAGE.of_files([tmp_path / "a.png"], _picture(size))[0].astype(float)
        assert np.abs(np.array(picture) - read.ravel()).max() <= 1, shape


def _picture(shape):
    from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing

    return InputPreprocessing("image", shape, value_range=(0.0, 255.0))


# The page itself


@needs_browser
def test_names_that_are_html_stay_names_and_the_page_predicts_at_once(tmp_path):
    """The class names would end the page's elements, were they not written as what they are."""
    lines = [
        "a,kind",
        *(f'{row / 7},"{NASTY[row % 4].replace(chr(34), 2 * chr(34))}"' for row in range(40)),
    ]
    (tmp_path / "kinds.csv").write_text("\n".join(lines), "utf-8")
    trained, _dataset = untrained(
        project_of(
            Data(kind="csv", path="kinds.csv", target=("kind",)),
            ("Dense", {"units": 4, "activation": "softmax"}),
            name="<i>{{weights}}</i>",
        ),
        tmp_path,
    )
    path = tmp_path / "kinds.html"
    save_network(trained, path, tmp_path)
    text = opened(path)
    shown = text.partition('<section id="prediction"')[2].partition("</section>")[0]
    names = re.findall(r"<li><span>(.*?)</span>", shown)
    assert sorted(html.unescape(one) for one in names) == sorted(NASTY)
    assert "<b>" not in shown
    assert "<img" not in text
    assert "<h1>&lt;i&gt;{{weights}}&lt;/i&gt;</h1>" in text
    assert text.count("</script>") == 3
    assert 'lang="en"' in text


@needs_browser
@pytest.mark.parametrize("grey", [False, True])
def test_a_page_of_photos_asks_for_a_picture_and_names_its_classes(grey, tmp_path):
    """Only grey pictures are drawn; photos begin with a file and the classes that it may show."""
    for number in range(8):
        (folder := tmp_path / "pets" / ("cat", "dog")[number % 2]).mkdir(
            parents=True, exist_ok=True
        )
        Image.new("RGB", (12, 12), (30 * number, 90, 20)).save(folder / f"{number}.png")
    options = {"color_mode": "grayscale" if grey else "rgb", "image_size": 12}
    data = Data(kind="images", path="pets", options=options)
    flat = ("Flatten", {}), ("Dense", {"units": 2, "activation": "softmax"})
    trained, _dataset = untrained(project_of(data, *flat), tmp_path)
    save_network(trained, tmp_path / "pets.html", tmp_path)
    [entry] = json.loads(held(tmp_path / "pets.html", "network"))["inputs"]
    assert entry["drawn"] is grey
    text = opened(tmp_path / "pets.html")
    form = text.partition('<form id="inputs"')[2].partition("</form>")[0]
    assert "cat" in form and "dog" in form
    assert ("pad drop" in form) is not grey
    assert ('tabindex="0"' in form) is grey


def test_raw_scores_become_probabilities_as_the_loss_made_them(tmp_path):
    project = project_of(Data(kind="builtin", name="iris"), ("Dense", {"units": 3}))
    loss = Choice("SparseCategoricalCrossentropy", {"from_logits": True})
    trained, _dataset = untrained(
        Project(name="Scores", graph=project.graph, data=project.data, training=Training(loss=loss))
    )
    web.save(trained, tmp_path / "m.html")
    assert json.loads(held(tmp_path / "m.html", "network"))["outputs"][0]["then"] == "softmax"


def test_a_network_that_is_too_large_is_refused(tmp_path, monkeypatch, diabetes):
    monkeypatch.setattr(web, "MOST_WEIGHTS", 10)
    with pytest.raises(FormatError) as told:
        web.save(diabetes, tmp_path / "m.html")
    assert told.value.code == "web_page_too_large"
    assert list(tmp_path.iterdir()) == []
