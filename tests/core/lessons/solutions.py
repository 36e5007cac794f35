"""How each shipped lesson is done: for each of its steps what a pupil does.

A step is a list of actions: an edit of the project, a layer that is put in, ``TRAIN``,
``Event("predicted")`` or ``Answer("4")``. The last one, and none before it, ticks the step.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from netbuilder.core.project import edits
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import Choice, Project

Edit = Callable[[Project], Project]


@dataclass(frozen=True)
class Event:
    name: str


@dataclass(frozen=True)
class Answer:
    text: str


TRAIN = "train"


@dataclass(frozen=True)
class Put:
    """A layer that is dropped with the values that the palette gives it; then each is set.

    ``source`` is the layer behind which it is dropped, "" for the end.
    """

    layer: str
    params: dict[str, Any]
    source: str = ""

    def edits(self) -> Iterator[Edit]:
        """One change after the other, as a pupil makes them."""
        if self.source:
            yield lambda p: edits.insert_after(p, self.source, self.layer)
        else:
            yield lambda p: edits.append_layer(p, self.layer)
        for name, value in self.params.items():
            yield partial(self._set, name=name, value=value)

    def _set(self, p: Project, *, name: str, value: Any) -> Project:
        new = next(node.id for node in reversed(p.graph.nodes) if node.layer == self.layer)
        return edits.set_params(p, new, **{name: value})


Action = Edit | Event | Answer | Put | str


def behind(source: str, layer: str, **params: Any) -> Put:
    return Put(layer, params, source)


def end(layer: str, **params: Any) -> Put:
    return Put(layer, params)


def remove(*ids: str) -> Edit:
    return lambda p: edits.remove_nodes(p, ids)


def params(node: str, **values: Any) -> Edit:
    return lambda p: edits.set_params(p, node, **values)


def data(**values: Any) -> Edit:
    return lambda p: edits.set_data(p, **values)


def plan(**values: Any) -> Edit:
    return lambda p: edits.set_training(p, **values)


def rate(value: float, name: str | None = None) -> Edit:
    def edit(p: Project) -> Project:
        optimizer = replace(p.training.optimizer, params={"learning_rate": value})
        return edits.set_training(p, optimizer=replace(optimizer, name=name or optimizer.name))

    return edit


def role(column: str, name: str) -> Edit:
    return lambda p: set_columns(p, (column,), role=name)


def card(key: str, text: str) -> Edit:
    from netbuilder.core.project.card_answers import with_answer

    return lambda p: with_answer(p, key, text)


@cache
def pictures() -> Path:
    """Files that somebody without a camera chooses: bars and discs, 40 of each class."""
    import numpy as np
    from PIL import Image

    folder = Path(tempfile.mkdtemp())
    random = np.random.default_rng(1)
    rows, columns = np.mgrid[:24, :24]
    for name in ("bar", "disc"):
        (folder / name).mkdir()
        for number in range(40):
            y, x = random.integers(7, 17, 2)
            thing = (
                (abs(rows - y) <= 2) & (abs(columns - x) <= 9)
                if name == "bar"
                else (rows - y) ** 2 + (columns - x) ** 2 <= 30
            )
            grey = random.integers(0, 70, (24, 24)) + 150 * thing
            Image.fromarray(grey.astype("uint8")).save(folder / name / f"{number}.png")
    return folder


def looked(tab: str) -> Event:
    return Event(f"looked:{tab}")


def clustered(action: str) -> Event:
    return Event(f"clustered:{action}")


SAVED_H5, OPENED_H5 = Event("saved:.h5"), Event("opened:.h5")
PREDICTED, EVALUATED = Event("predicted"), Event("evaluated")


def changes(actions: list[Action]) -> Iterator[Edit | Event | Answer | str]:
    """The actions of a step one by one: a layer that is put in is dropped, then set."""
    for action in actions:
        if isinstance(action, Put):
            yield from action.edits()
        else:
            yield action


SOLUTIONS: dict[str, list[list[Action]]] = {
    "what_is_a_network": [
        [looked("data"), Answer("2")],
        [remove("dense", "dense_1")],
        [Answer("about 85")],
        [TRAIN],
        [behind("input", "Dense", units=8, activation="tanh")],
        [TRAIN],
        [Answer("20")],
    ],
    "first_model": [
        [data(kind="builtin", name="iris")],
        [end("Dense", units=16, activation="relu")],
        [end("Dense", units=3, activation="softmax")],
        [plan(epochs=60), rate(0.01)],
        [Answer("27 or more")],
        [TRAIN],
        [EVALUATED, Answer("setosa")],
        [PREDICTED],
        [SAVED_H5],
        [OPENED_H5],
    ],
    "activations_and_losses": [
        [TRAIN],
        [Answer("No, ten sums are one sum")],
        [params("dense", activation="relu")],
        [TRAIN],
        [Answer("It can return 7, which is not a probability")],
        [plan(loss=Choice("binary_crossentropy"))],
        [plan(loss=Choice("mean_squared_error")), TRAIN],
        [Answer("Mean squared error")],
    ],
    "how_a_network_learns": [
        [looked("step")],
        [Answer("0.9")],
        [Answer("Zero")],
        [Answer("-0.4")],
        [Answer("0.6")],
        [Answer("The weight changes by learning rate times gradient")],
        [TRAIN],
        [
            rate(0.05, "Adam"),
            TRAIN,
            looked("landscape"),
            Answer("The weights that they begin with"),
        ],
        [Answer("Both about as far")],
        [Answer("How the loss changes when the weight changes")],
    ],
    "optimizers": [
        [TRAIN],
        [Answer("The steps go in the right direction, but are too small")],
        [rate(0.1), TRAIN],
        [Answer("It learns nothing")],
        [rate(50.0), TRAIN],
        [rate(0.01, "Adam"), TRAIN],
        [rate(0.001, "RMSprop"), TRAIN, looked("compare")],
        [Answer("A smaller learning rate")],
    ],
    "overfitting": [
        [Answer("It falls, then rises again")],
        [TRAIN],
        [Answer("The validation loss")],
        [params("dense", units=4), params("dense_1", units=4), TRAIN],
        [
            params("dense", units=128),
            params("dense_1", units=128),
            plan(callbacks=(Choice("EarlyStopping", {"patience": 5}),)),
            TRAIN,
        ],
        [
            plan(callbacks=()),
            behind("dense", "Dropout", rate=0.5),
            behind("dense_1", "Dropout", rate=0.5),
            TRAIN,
        ],
        [Answer("Ten times more epochs")],
    ],
    "scaling": [
        [looked("data"), Answer("proline")],
        [TRAIN],
        [Answer("No, it only has a smaller unit")],
        [data(scaling="standard")],
        [TRAIN],
        [Answer("Only from the training rows")],
        [PREDICTED],
    ],
    "pictures": [
        [TRAIN],
        [behind("input", "Conv2D", filters=16, kernel_size=3)],
        [Answer("240")],
        [params("conv2d", padding="same")],
        [behind("conv2d", "MaxPooling2D", pool_size=2)],
        [Answer("about 96")],
        [plan(epochs=30), TRAIN],
        [looked("inside"), Answer("The filter found its pattern there")],
    ],
    "sequences": [
        [TRAIN],
        [Answer("Forty other numbers")],
        [remove("flatten", "dense"), behind("input", "LSTM", units=32)],
        [Answer("Its memory after the last step")],
        [TRAIN],
        [lambda p: edits.replace_layer(p, "lstm", "GRU"), TRAIN, looked("compare")],
        [Answer("Tomorrow's temperature from the last two weeks")],
    ],
    "text": [
        [looked("data"), Answer("negative")],
        [end("Embedding", input_dim=200, output_dim=16)],
        [end("GlobalAveragePooling1D"), end("Dense", units=1, activation="sigmoid")],
        [TRAIN],
        [Answer("Their order")],
        [
            remove("global_average_pooling1d"),
            behind(
                "embedding", "Conv1D", filters=32, kernel_size=3, activation="relu", padding="same"
            ),
            behind("conv1d", "GlobalMaxPooling1D"),
        ],
        [TRAIN],
        [PREDICTED, Answer("It treats all unknown words as the same word")],
    ],
    "word_vectors": [
        [looked("data"), Answer("crown")],
        [end("Embedding", input_dim=74, output_dim=8)],
        [end("GlobalAveragePooling1D"), end("Dense", units=72, activation="softmax")],
        [TRAIN],
        [looked("inside"), Event("words:neighbours hot"), Answer("cold")],
        [Event("words:analogy king man woman"), Answer("queen")],
        [Event("words:analogy prince boy man"), Answer("king")],
        [Answer('The text calls nearly all doctors "he" and nearly all nurses "she"')],
    ],
    "language_model": [
        [looked("data"), Answer("h + e")],
        [Answer("It becomes several known tokens")],
        [TRAIN],
        [Answer('From "the" alone')],
        [
            lambda p: edits.replace_layer(p, "mix", "MultiHeadAttention"),
            params("mix", num_heads=2),
            params("mix", use_causal_mask=True),
        ],
        [Answer("Each token would see the one that it should predict")],
        [TRAIN],
        [PREDICTED, Answer("ring")],
        [Answer("Not at all")],
        [Answer('In its text, "sad" follows "loses"')],
    ],
    "answering": [
        [looked("data"), TRAIN],
        [PREDICTED, Answer("The answer")],
        # The window trains on from the first text; from random weights it takes longer.
        [data(name="answers"), plan(epochs=40), TRAIN],
        [Answer("The values of the weights")],
        [Answer("It always predicts a likely next word")],
        [Answer("600")],
    ],
    "confusion_and_bias": [
        [Answer("90 %")],
        [TRAIN, EVALUATED],
        [Answer("Ill people who were sent home")],
        [Answer("0,8")],
        [
            behind("input", "Dense", units=16, activation="relu"),
            rate(0.003, "Adam"),
            plan(epochs=30),
            TRAIN,
        ],
        [plan(class_weight="balanced"), TRAIN, EVALUATED, Answer("99")],
        [Answer("Only after testing it on its own patients")],
    ],
    "bias_by_group": [
        [looked("data"), Answer("2,5")],
        [Answer("For young people")],
        [TRAIN, EVALUATED],
        [Event("grouped:group"), Answer("98 %")],
        [plan(class_weight="balanced"), TRAIN, Event("grouped:group")],
        [role("group_weight", "weight"), TRAIN, Event("grouped:group"), Answer("39")],
        [data(sheet="second study"), role("group_weight", "ignore"), TRAIN],
        [
            Event("grouped:group"),
            Answer("The network sees many different falls instead of the same few"),
        ],
    ],
    "comparing_methods": [
        [TRAIN],
        [Answer("about 50")],
        [
            Event("compared:circles"),
            Answer("No straight line separates a circle from the circle inside it"),
        ],
        [Answer("60 %")],
        [Answer("blue")],
        [data(kind="builtin", name="breast_cancer"), TRAIN],
        [
            Event("compared:breast_cancer"),
            Answer("They are about equal: choose by speed, size and how well you can explain it"),
        ],
    ],
    "groups_without_labels": [
        [looked("clusters"), Answer("3")],
        [clustered("assign"), Answer("Cluster 2")],
        [clustered("move"), Answer("4")],
        [clustered("end"), Answer("It falls")],
        [
            clustered("drag"),
            Answer(
                "No single step makes the sum smaller, although there is a smaller sum elsewhere"
            ),
        ],
        [*(clustered(f"end {k}") for k in range(2, 7)), Answer("3")],
        [
            clustered("compare blobs"),
            Answer("Nothing: the numbers of the clusters depend on the start"),
        ],
        [
            data(kind="builtin", name="wine", options={}),
            clustered("compare wine"),
            Answer("more than 30"),
        ],
        [
            TRAIN,
            clustered("compare hidden"),
            Answer(
                "The network has learned from the labels to place the wines of a grower close"
                " together"
            ),
        ],
    ],
    "model_card": [
        [TRAIN],
        [EVALUATED, Answer("Do not rely on it: the network has never seen such a tumour")],
        [card("purpose", "It advises doctors which tumours to examine first.")],
        [
            card("harm", "Patients whose malignant tumour is predicted as benign."),
            Answer("A malignant tumour that is predicted as benign"),
        ],
        [
            card("limits", "Not for men or children, and no other hospital."),
            Answer("Test it on your own patients before you use it elsewhere"),
        ],
        [Event("saved:.html")],
        [SAVED_H5],
    ],
    "own_picture_project": [
        [lambda p: edits.set_data(p, kind="images", path=str(pictures()), image_size=[32, 32])],
        [Answer("Bright or dark: the background, not the thing")],
        [
            end("Dense", units=1, activation="sigmoid"),
            behind("input", "EfficientNetLite0", pooling="avg"),
        ],
        [rate(0.01), plan(epochs=30), TRAIN],
        [EVALUATED, Answer("No, with 8 pictures the true value can lie far from it")],
        [PREDICTED],
        [Event("saved:.html")],
    ],
    "transfer": [
        [TRAIN],
        [Answer("Too few pictures for so many weights")],
        [params("backbone", weights="file"), params("backbone", trainable=False)],
        [Answer("more than 70")],
        [TRAIN],
        [Answer("1030")],
        [Answer("Edges, corners and curves are the same in digits and in shapes")],
        [Answer("A frozen backbone pretrained on a million photos, and a small head")],
    ],
    "taking_it_away": [
        [TRAIN],
        [SAVED_H5],
        [Answer("No, the scaling is a layer in the file")],
        [looked("code"), Answer("model.fit")],
        [Event("saved:.py")],
        [OPENED_H5],
        [PREDICTED, Answer("Yes, the weights are in the file")],
    ],
}
