"""The words of the field, as rows: what each means, in words for a beginner, and a drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.i18n import noop as N_

Drawing = tuple[str, ...]


@dataclass(frozen=True)
class Word:
    """One word.

    ``text`` is Markdown. ``drawing`` is a kind of drawing and what it shows (``ui.gallery``
    draws it). ``fields`` are parameters of layers and plans that it explains; ``others`` are
    words to read next.
    """

    name: str
    text: str
    drawing: Drawing
    fields: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


_ROWS = (
    Word(
        N_("accuracy"),
        N_(
            "The share of correct predictions: 0.92 means 92 of 100. It does not say *which* ones "
            "are wrong: where 95 of 100 people are healthy, a program that calls everybody "
            "healthy has an accuracy of 0.95."
        ),
        ("bars", "correct 92", "wrong 8"),
        ("metrics",),
        ("confusion matrix", "loss"),
    ),
    Word(
        N_("activation"),
        N_(
            "A function that is applied to the sum of a neuron. Without it, many "
            "layers can do no more than one. **relu** replaces negative values "
            "with zero, **sigmoid** maps any number to between 0 and 1, **tanh** "
            "to between −1 and 1."
        ),
        ("functions", "relu", "sigmoid", "tanh"),
        ("activation", "recurrent_activation"),
        ("neuron", "softmax"),
    ),
    Word(
        N_("attention"),
        N_(
            "Each word (or patch of a picture) is compared with all others and "
            "receives a weighted mean of them: more from those that matter to it. "
            "Several *heads* compare in several ways at once. Language models are "
            "built from attention layers."
        ),
        ("words", "the", "cat", "sat", "down"),
        ("num_heads", "key_dim", "value_dim"),
        ("token", "recurrent layer"),
        ("transformer", "query", "head"),
    ),
    Word(
        N_("augmentation"),
        N_(
            "Each picture is randomly turned, moved or tinted a little every time the network "
            "trains on it. The network sees more different pictures than the data has and cannot "
            "memorise them. Used only while training."
        ),
        ("window", "3"),
        ("fill_mode", "value_range"),
        ("overfitting", "data"),
        ("data augmentation",),
    ),
    Word(
        N_("batch"),
        N_(
            "A group of rows that the network processes before it changes its weights once. Small "
            "batches make many noisy steps, large batches make few smooth ones."
        ),
        ("batches", "4"),
        ("batch_size",),
        ("epoch", "learning rate"),
        ("batch size", "step"),
    ),
    Word(
        N_("bias"),
        N_(
            "A number that each neuron adds to its sum, whatever the inputs are: it moves the "
            "neuron's decision boundary. (Bias in *data* is something else: groups that are "
            "missing or rare in the data get worse predictions.)"
        ),
        ("border", "bias"),
        ("use_bias",),
        ("weight", "neuron"),
    ),
    Word(
        N_("callback"),
        N_(
            "A function that runs during training, usually after each epoch: it can stop the "
            "training, lower the learning rate, keep the best weights or write a log."
        ),
        ("curves", "stop"),
        ("monitor",),
        ("early stopping", "epoch"),
    ),
    Word(
        N_("class"),
        N_(
            "One of the possible values of a target that is a category: setosa, versicolor or "
            "virginica; 0 to 9."
        ),
        ("points", "3"),
        ("class_weight", "num_classes"),
        ("softmax", "target"),
        ("classification",),
    ),
    Word(
        "confusion matrix",
        N_(
            "A table that compares labels with predictions: each row is the true class, each "
            "column the predicted class. Correct predictions are on the diagonal."
        ),
        ("matrix", "3"),
        (),
        ("accuracy", "precision and recall"),
    ),
    Word(
        N_("constraint"),
        N_(
            "A rule for weights that is enforced after each step: none below zero, say, or none "
            "too large. Stricter than a regularizer, which only makes large weights costly."
        ),
        ("functions", "relu"),
        (),
        ("regularizer", "weight"),
    ),
    Word(
        N_("convolution"),
        N_(
            "A small window of weights (a filter) that slides over a picture or along a series "
            "and detects one pattern everywhere: an edge, a stroke. It needs few weights and "
            "finds the pattern at any position."
        ),
        ("window", "3"),
        ("filters", "kernel_size", "strides", "padding", "dilation_rate"),
        ("pooling",),
        ("filter", "kernel"),
    ),
    Word(
        N_("data"),
        N_(
            "The examples that a network learns from: rows of a table, pictures, sentences, "
            "series. The network knows nothing else about the world."
        ),
        ("table", "4"),
        (),
        ("target", "test data"),
    ),
    Word(
        N_("dropout"),
        N_(
            "In each training step some neurons, chosen at random, are switched off. No neuron "
            "can rely on another one, which makes memorising harder."
        ),
        ("dropout", "0.4"),
        ("rate", "dropout", "recurrent_dropout"),
        ("overfitting", "regularizer"),
    ),
    Word(
        N_("embedding"),
        N_(
            "A layer that maps each word to a vector: a point in space. The "
            "initial vectors are random; training moves words with similar meaning "
            "closer together."
        ),
        ("words", "good", "great", "bad", "awful"),
        ("input_dim", "output_dim"),
        ("token",),
    ),
    Word(
        N_("epoch"),
        N_(
            "One pass through the whole training set. A network needs many epochs, because each "
            "step changes the weights only a little."
        ),
        ("steps", "falling"),
        ("epochs",),
        ("batch", "loss", "early stopping"),
    ),
    Word(
        N_("early stopping"),
        N_(
            "The training stops when the validation loss has not improved for some epochs, before "
            "the network starts to memorise."
        ),
        ("curves", "stop"),
        ("patience", "callbacks", "min_delta"),
        ("overfitting", "validation data"),
    ),
    Word(
        N_("gradient"),
        N_(
            "The slope of the loss: in which direction, and how strongly, the loss changes with "
            "each weight. Training follows the slope downhill, step by step."
        ),
        ("valley", "good"),
        (),
        ("learning rate", "optimizer"),
        ("gradient descent", "backpropagation"),
    ),
    Word(
        N_("initializer"),
        N_(
            "Sets the initial weights, before any training: small random numbers, because with "
            "equal weights all neurons would learn the same."
        ),
        ("bars", "-0.3 2", "0 6", "0.3 2"),
        ("kernel_initializer", "bias_initializer", "embeddings_initializer", "seed"),
        ("weight",),
        ("seed",),
    ),
    Word(
        N_("layer"),
        N_(
            "A group of neurons that process the same inputs. The output of one layer is the "
            "input of the next: from pixels to edges, from edges to strokes, from strokes to "
            "digits."
        ),
        ("net", "3", "4", "4", "2"),
        ("units",),
        ("neuron", "activation"),
        ("hidden layer", "Dense"),
    ),
    Word(
        N_("learning rate"),
        N_(
            "The size of the steps in which the weights change. Too small: training takes very "
            "long. Too large: the steps overshoot the minimum, and the loss rises."
        ),
        ("valley", "large"),
        ("learning_rate",),
        ("optimizer", "gradient"),
    ),
    Word(
        N_("loss"),
        N_(
            "A number that says how wrong the predictions are; training makes it small. For "
            "numbers it is mostly the squared error, for classes the cross-entropy, where a "
            "confident but wrong prediction costs most."
        ),
        ("curves", "falling"),
        ("loss",),
        ("metric", "gradient"),
        ("error", "cross-entropy", "mean squared error"),
    ),
    Word(
        N_("metric"),
        N_(
            "A number that tells people how good the network is: 92 of 100 correct, or 1.5 "
            "degrees off on average. It is only displayed; training does not use it."
        ),
        ("bars", "correct 92", "wrong 8"),
        ("metrics",),
        ("accuracy", "loss"),
    ),
    Word(
        N_("neuron"),
        N_(
            "The smallest unit of a network: it multiplies each input by a weight, adds the "
            "products and its bias, and applies the activation to the sum."
        ),
        ("neuron",),
        ("units",),
        ("weight", "bias", "activation"),
        ("unit", "perceptron"),
    ),
    Word(
        N_("normalisation"),
        N_(
            "Scales the numbers that flow through the network: mean about 0, spread about 1. The "
            "layers after it learn faster."
        ),
        ("bars", "-1 3", "0 6", "1 3"),
        ("center", "scale"),
        ("scaling",),
        ("BatchNormalization", "normalization"),
    ),
    Word(
        N_("data type"),
        N_(
            "How many bits store a number. `float32` has about 7 digits and is the usual choice; "
            "`float16` takes half the memory and rounds very small gradients to zero."
        ),
        ("bars", "float16 3", "float32 7"),
        ("dtype", "precision"),
        ("parameter",),
        ("float32", "mixed precision"),
    ),
    Word(
        N_("optimizer"),
        N_(
            "The method that changes the weights to reduce the loss. **SGD** takes plain steps "
            "along the slope, **Adam** adapts the step of each weight: the usual first choice."
        ),
        ("valley", "good"),
        ("optimizer",),
        ("learning rate", "gradient"),
        ("Adam", "SGD"),
    ),
    Word(
        N_("overfitting"),
        N_(
            "The network has memorised the training set instead of learning the rule. You see it "
            "when the training loss falls while the validation loss rises. What helps: more rows, "
            "fewer weights, dropout, early stopping."
        ),
        ("curves", "overfit"),
        (),
        ("validation data", "dropout", "early stopping"),
        ("over-fitting",),
    ),
    Word(
        N_("parameter"),
        N_(
            "Any number that training changes: all weights and biases. The number at the right "
            "end of a layer counts them."
        ),
        ("net", "2", "3", "1"),
        ("trainable",),
        ("weight",),
    ),
    Word(
        N_("pooling"),
        N_(
            "Makes a picture smaller: of each 2 × 2 pixels only the largest value or the mean is "
            "kept. The layers after it see larger parts of the picture, and small shifts matter "
            "less."
        ),
        ("pooling",),
        ("pool_size", "pooling"),
        ("convolution",),
    ),
    Word(
        "precision and recall",
        N_(
            "*Recall*: of all who are ill, how many did the network find? *Precision*: of all "
            "whom the network calls ill, how many are? Improving one often makes the other worse."
        ),
        ("circles", "ill", "called ill"),
        (),
        ("confusion matrix", "accuracy"),
    ),
    Word(
        "recurrent layer",
        N_(
            "A layer with memory: it reads one step after the other and passes on what it "
            "remembers. **LSTM** and **GRU** have gates that decide what to keep."
        ),
        ("loop", "4"),
        ("return_sequences", "go_backwards", "stateful"),
        ("series",),
        ("LSTM", "GRU", "memory"),
    ),
    Word(
        N_("regression"),
        N_(
            "Predicting a number: a price, a temperature. The other common task is "
            "classification: predicting a class."
        ),
        ("line", "fit"),
        (),
        ("class", "loss"),
    ),
    Word(
        N_("regularizer"),
        N_(
            "Makes large weights costly: their size is added to the loss (**L2** their squares, "
            "**L1** their absolute values). A network with small weights makes smoother "
            "predictions."
        ),
        ("functions", "l2", "l1"),
        ("kernel_regularizer", "bias_regularizer", "activity_regularizer"),
        ("overfitting", "loss"),
        ("L1", "L2", "weight decay"),
    ),
    Word(
        N_("scaling"),
        N_(
            "Brings all columns to the same scale, so that none dominates: **standard** makes "
            "their mean 0 and their standard deviation 1, **minmax** puts them between 0 and 1."
        ),
        ("bars", "price 9", "stars 2"),
        ("scaling",),
        ("normalisation",),
    ),
    Word(
        N_("series"),
        N_(
            "Numbers in time order, such as the temperature of each day. The network sees a "
            "*window* of them and predicts what comes next."
        ),
        ("line", "series"),
        ("window", "horizon", "order_by"),
        ("recurrent layer",),
    ),
    Word(
        N_("shape"),
        N_(
            "The size of an array along each axis: `(None, 28, 28, 1)` is a batch of pictures of "
            "28 × 28 pixels with one channel. `None` is the batch size, which can be any number."
        ),
        ("table", "4"),
        (
            "shape",
            "target_shape",
            "output_shape",
            "output_size",
            "axis",
            "axes",
            "data_format",
            "keepdims",
            "dims",
        ),
        ("layer", "batch"),
        ("tensor",),
    ),
    Word(
        N_("softmax"),
        N_(
            "Turns numbers into probabilities: all between 0 and 1, with the sum 1. The last "
            "layer of a network that predicts classes uses it."
        ),
        ("bars", "setosa 7", "versi. 2", "virgin. 1"),
        (),
        ("class",),
    ),
    Word(
        N_("target"),
        N_("The column that the network learns to predict."),
        ("table", "last"),
        ("target",),
        ("data", "loss"),
        ("label",),
    ),
    Word(
        N_("test data"),
        N_(
            "Rows that the network never sees during training. They are used for evaluation at "
            "the end, because they are as new to the network as future data will be."
        ),
        ("split", "test"),
        ("test_split", "test_path"),
        ("validation data", "overfitting"),
    ),
    Word(
        N_("token"),
        N_("A piece of text with its own number: a word, a part of a word, or a character."),
        ("words", "the", "cat", "sat", "down"),
        ("max_words", "sequence_length"),
        ("embedding",),
        ("vocabulary",),
    ),
    Word(
        N_("training"),
        N_("Changing the weights a little after each batch, so that the loss falls."),
        ("curves", "falling"),
        (),
        ("epoch", "batch", "loss"),
    ),
    Word(
        N_("transfer learning"),
        N_(
            "Using a pretrained model as the backbone of a new network: its weights are frozen, "
            "and only a small new head is trained."
        ),
        ("net", "4", "4", "2"),
        ("weights", "trainable", "alpha"),
        ("convolution", "parameter"),
        ("pretrained", "frozen"),
    ),
    Word(
        "validation data",
        N_(
            "Rows that are held out to watch the training: the network does not learn from them, "
            "and their loss shows overfitting."
        ),
        ("split", "validation"),
        ("validation_split",),
        ("test data", "overfitting"),
    ),
    Word(
        N_("weight"),
        N_(
            "A number by which a neuron multiplies an input. Everything that a network has "
            "learned is stored in its weights."
        ),
        ("neuron",),
        (),
        ("neuron", "gradient", "parameter"),
    ),
)

GLOSSARY: Mapping[str, Word] = {row.name: row for row in _ROWS}

#: Which word explains a field, by the field's name; the first row that names it.
FIELDS: Mapping[str, str] = {name: row.name for row in reversed(_ROWS) for name in row.fields}

#: Fields that many layers have for different parts of them, by how their names end.
_ENDINGS = {
    "_initializer": "initializer",
    "_regularizer": "regularizer",
    "_constraint": "constraint",
    "_dtype": "data type",
}
#: What a layer is an example of, by a part of its name, and else by its place in the palette.
_LAYERS = {
    "Attention": "attention",
    "Normalization": "normalisation",
    "Pooling": "pooling",
    "Dropout": "dropout",
    "Noise": "dropout",
    "Embedding": "embedding",
    "Lookup": "token",
    "TextVectorization": "token",
    "Spectrogram": "series",
    "Random": "augmentation",
    "Rand": "augmentation",
    "AugMix": "augmentation",
}
_CATEGORIES = {
    Category.INPUT: "data",
    Category.CONVOLUTION: "convolution",
    Category.RECURRENT: "recurrent layer",
    Category.REGULARIZE: "regularizer",
    Category.SHAPE: "shape",
    Category.PREPROCESS: "scaling",
    Category.PRETRAINED: "transfer learning",
}


def entry_of_field(field: str, subject: str = "") -> str:
    """The word that explains a field: its own, else ``subject``, what the field belongs to.

    ``subject`` is "" where nothing of the glossary has to do with it; then the answer may be "".
    """
    found = FIELDS.get(field, "")
    for ending, word in _ENDINGS.items():
        found = found or (word if field.endswith(ending) else "")
    return found or subject


def entry_of_layer(layer: LayerSpec) -> str:
    """The word that a layer is an example of: "convolution" for Conv2D."""
    found = next((word for part, word in _LAYERS.items() if part in layer.name), "")
    return found or _CATEGORIES.get(layer.category, "layer")


def find_entries(text: str) -> list[Word]:
    """The words that a search means: those that begin with it, then those that hold it.

    A few letters in the middle of an explanation count too, last.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return list(GLOSSARY.values())

    def rank(row: Word) -> int:
        names = [name.casefold() for name in (row.name, *row.also, *row.fields)]
        if any(name.startswith(wanted) for name in names):
            return 0
        if any(wanted in name for name in names):
            return 1
        return 2 if wanted in row.text.casefold() else 3

    ranked = [(rank(row), row) for row in GLOSSARY.values()]
    return [row for place in (0, 1, 2) for found, row in ranked if found == place]
