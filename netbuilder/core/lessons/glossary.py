"""The words of the field, as rows: what each means, in words for a beginner, and a drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netbuilder.core.catalog.spec import Category, LayerSpec

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
    Word("accuracy", "How many of 100 answers are right. It says nothing about *which* are wrong: "
         "where 95 of 100 people are healthy, a program that calls everybody healthy has an "
         "accuracy of 0.95.", ("bars", "right 92", "wrong 8"), ("metrics",),
         ("confusion matrix", "loss")),
    Word("activation", "A function that bends what a neuron has added up. Without it, many layers "
         "are no more than one. **relu** cuts off what is below zero, **sigmoid** squeezes "
         "everything to between 0 and 1, **tanh** to between −1 and 1.",
         ("functions", "relu", "sigmoid", "tanh"), ("activation", "recurrent_activation"),
         ("neuron", "softmax")),
    Word("attention", "Each word (or patch of a picture) asks all others which of them matter to "
         "it, and takes over a mean of those, weighted by the answers. Several *heads* ask for "
         "several things at once. Language models are made of it.",
         ("words", "the", "cat", "sat", "down"), ("num_heads", "key_dim", "value_dim"),
         ("token", "recurrent layer"), ("transformer", "query", "head")),
    Word("augmentation", "Each time a picture is learnt from it is turned, moved or tinted a "
         "little, by chance: the network sees more pictures than there are, and cannot learn them "
         "by heart. Only while training.", ("window", "3"), ("fill_mode", "value_range"),
         ("over-fitting", "data"), ("data augmentation",)),
    Word("batch", "A handful of rows that the network looks at before it turns its weights once. "
         "Small batches make many restless steps, large ones few calm ones.",
         ("batches", "4"), ("batch_size",), ("epoch", "learning rate"), ("batch size", "step")),
    Word("bias", "A number that each neuron adds to its sum, whatever comes in: it moves the "
         "border that the neuron draws. (Bias in *data* is something else: whoever is missing "
         "there is easily wronged.)", ("border", "bias"), ("use_bias",), ("weight", "neuron")),
    Word("callback", "Something that watches the training and acts after each epoch: ends it, "
         "makes the steps smaller, keeps the best weights, writes a log.", ("curves", "stop"),
         ("monitor",), ("early stopping", "epoch")),
    Word("class", "One of the possible answers where the answer is a word and no number: setosa, "
         "versicolor or virginica; 0 to 9.", ("points", "3"), ("class_weight", "num_classes"),
         ("softmax", "target"), ("classification",)),
    Word("confusion matrix", "A table that says which class was taken for which: each row what it "
         "is, each column what was said. On the diagonal the network is right.",
         ("matrix", "3"), (), ("accuracy", "precision and recall")),
    Word("constraint", "After each step weights that break a rule are put right: none below zero, "
         "none too long. Stricter than a regularizer, which only makes large ones costly.",
         ("functions", "relu"), (), ("regularizer", "weight")),
    Word("convolution", "A small window of weights that slides over a picture (or along a series) "
         "and looks for one pattern everywhere: an edge, a stroke. It needs few weights, and finds "
         "the pattern wherever it stands.", ("window", "3"),
         ("filters", "kernel_size", "strides", "padding", "dilation_rate"), ("pooling",),
         ("filter", "kernel")),
    Word("data", "The examples that a network learns from: rows of a table, pictures, sentences, "
         "series. A network knows nothing else of the world.", ("table", "4"), (),
         ("target", "test data")),
    Word("dropout", "In each training step some neurons, others each time, sit out. So none can "
         "rely on another one, and it is harder to learn by heart.", ("dropout", "0.4"),
         ("rate", "dropout", "recurrent_dropout"), ("over-fitting", "regularizer")),
    Word("embedding", "A point in space for each word. At first the points lie anywhere; training "
         "moves words of like meaning together.", ("words", "good", "great", "bad", "awful"),
         ("input_dim", "output_dim"), ("token",)),
    Word("epoch", "Once through all rows that it learns from. A network needs many: it turns its "
         "weights only a little each time.", ("steps", "falling"), ("epochs",),
         ("batch", "loss", "early stopping")),
    Word("early stopping", "The training ends by itself when the loss on rows that are kept aside "
         "has not fallen for some epochs: before it learns by heart.", ("curves", "stop"),
         ("patience", "callbacks", "min_delta"), ("over-fitting", "validation data")),
    Word("gradient", "The slope: in which direction, and how strongly, each weight must be turned "
         "so that the loss falls. Training is walking down it, step by step.", ("valley", "good"),
         (), ("learning rate", "optimizer"), ("gradient descent", "backpropagation")),
    Word("initializer", "The values with which the weights begin before any training: small, and "
         "by chance, or all neurons would learn the same.", ("bars", "-0.3 2", "0 6", "0.3 2"),
         ("kernel_initializer", "bias_initializer", "embeddings_initializer", "seed"),
         ("weight",), ("seed",)),
    Word("layer", "Neurons side by side that look at the same numbers. What a layer gives out is "
         "what the next one looks at: from pixels to edges, from edges to strokes, from strokes to "
         "digits.", ("net", "3", "4", "4", "2"), ("units",), ("neuron", "activation"),
         ("hidden layer", "Dense")),
    Word("learning rate", "How long the steps are with which the weights are turned. Too small: it "
         "takes for ever. Too large: it jumps over the valley, and the loss rises.",
         ("valley", "large"), ("learning_rate",), ("optimizer", "gradient")),
    Word("loss", "A number that says how wrong the answers are; training makes it small. For "
         "numbers it is mostly the squared error, for classes the cross-entropy, where an answer "
         "that is sure and wrong costs most.", ("curves", "falling"), ("loss",),
         ("metric", "gradient"), ("error", "cross-entropy", "mean squared error")),
    Word("metric", "A number for people that says how good the network is: of 100 right, or off by "
         "so many degrees. It is looked at, but not trained on.", ("bars", "right 92", "wrong 8"),
         ("metrics",), ("accuracy", "loss")),
    Word("neuron", "A tiny machine: it multiplies each number that comes in by a weight, adds all "
         "up with its bias, and bends the sum by its activation.", ("neuron",), ("units",),
         ("weight", "bias", "activation"), ("unit", "perceptron")),
    Word("normalisation", "Brings numbers to one scale while they flow through the network: mean "
         "about 0, spread about 1. Layers behind it learn faster.", ("bars", "-1 3", "0 6", "1 3"),
         ("center", "scale"), ("scaling",),
         ("BatchNormalization", "normalization")),
    Word("number type", "With how many bits a number is kept. `float32` has about 7 digits and is "
         "the usual one; `float16` takes half the memory, and gets very small slopes wrong.",
         ("bars", "float16 3", "float32 7"), ("dtype", "precision"), ("parameter",),
         ("float32", "mixed precision")),
    Word("optimizer", "The way in which the weights walk down the slope. **SGD** takes plain "
         "steps, **Adam** gives each weight steps of its own: the usual first choice.",
         ("valley", "good"), ("optimizer",), ("learning rate", "gradient"), ("Adam", "SGD")),
    Word("over-fitting", "The network has learnt the rows by heart instead of the rule behind "
         "them. One sees it when the loss on its own rows falls and the loss on others rises. What "
         "helps: more rows, fewer weights, dropout, stopping in time.", ("curves", "overfit"), (),
         ("validation data", "dropout", "early stopping"), ("overfitting",)),
    Word("parameter", "Any of the numbers that training turns: all weights and biases. The number "
         "at the right end of a layer counts them.", ("net", "2", "3", "1"), ("trainable",),
         ("weight",)),
    Word("pooling", "Makes a picture smaller: of each 2 × 2 pixels the largest, or the mean, is "
         "kept. So it looks from further away, and a small move does no harm.", ("pooling",),
         ("pool_size", "pooling"), ("convolution",)),
    Word("precision and recall", "*Recall*: of all who are ill, how many were found? *Precision*: "
         "of all who were called ill, how many are? One is easily had at the cost of the other.",
         ("circles", "ill", "called ill"), (), ("confusion matrix", "accuracy")),
    Word("recurrent layer", "A layer with memory: it reads one step after the other and carries on "
         "what it remembers. **LSTM** and **GRU** have gates that decide what is kept.",
         ("loop", "4"), ("return_sequences", "go_backwards", "stateful"), ("series",),
         ("LSTM", "GRU", "memory")),
    Word("regression", "Predicting a number: a price, a temperature. The other great task is "
         "telling classes apart.", ("line", "fit"), (), ("class", "loss")),
    Word("regularizer", "Makes large weights costly: their size is added to the loss (**L2** their "
         "squares, **L1** their amounts). A network with small weights bends less.",
         ("functions", "l2", "l1"),
         ("kernel_regularizer", "bias_regularizer", "activity_regularizer"),
         ("over-fitting", "loss"), ("L1", "L2", "weight decay")),
    Word("scaling", "Columns get one scale, so that none drowns the others: **standard** makes "
         "their mean 0 and their spread 1, **minmax** puts them between 0 and 1.",
         ("bars", "price 9", "stars 2"), ("scaling",), ("normalisation",)),
    Word("series", "Numbers in time, such as the temperature of each day. The network sees a "
         "*window* of them and predicts what comes next.", ("line", "series"),
         ("window", "horizon", "order_by"), ("recurrent layer",)),
    Word("shape", "How many numbers there are, axis by axis: `(None, 28, 28, 1)` are pictures of "
         "28 × 28 pixels with one channel. None stands for however many there are in a batch.",
         ("table", "4"),
         ("shape", "target_shape", "output_shape", "output_size", "axis", "axes", "data_format",
          "keepdims", "dims"), ("layer", "batch"), ("tensor",)),
    Word("softmax", "Makes probabilities of numbers: all between 0 and 1, together 1. It stands at "
         "the end of a network that chooses among classes.", ("bars", "setosa 7", "versi. 2",
                                                              "virgin. 1"), (), ("class",)),
    Word("target", "What the network shall answer: the column with the right answer.",
         ("table", "last"), ("target",), ("data", "loss"), ("label",)),
    Word("test data", "Rows that the network never sees while it learns, and that judge it at the "
         "end, as new data will that nobody has yet.", ("split", "test"),
         ("test_split", "test_path"), ("validation data", "over-fitting")),
    Word("token", "A piece of text that has a number of its own: a word, or a character.",
         ("words", "the", "cat", "sat", "down"), ("max_words", "sequence_length"),
         ("embedding",), ("vocabulary",)),
    Word("training", "Turning the weights, a little after each batch, so that the loss falls.",
         ("curves", "falling"), (), ("epoch", "batch", "loss")),
    Word("transfer learning", "Taking over the body of a network that has seen a million pictures, "
         "freezing it, and training only a small new head.", ("net", "4", "4", "2"),
         ("weights", "trainable", "alpha"), ("convolution", "parameter"), ("pretrained", "frozen")),
    Word("validation data", "Rows that are kept aside to watch the training: it does not learn "
         "from them, and their loss shows over-fitting.", ("split", "validation"),
         ("validation_split",), ("test data", "over-fitting")),
    Word("weight", "A number by which a neuron multiplies what comes in. All that a network knows "
         "is in its weights.", ("neuron",), (), ("neuron", "gradient", "parameter")),
)  # fmt: skip

GLOSSARY: Mapping[str, Word] = {row.name: row for row in _ROWS}

#: Which word explains a field, by the field's name; the first row that names it.
FIELDS: Mapping[str, str] = {name: row.name for row in reversed(_ROWS) for name in row.fields}

#: Fields that many layers have for different parts of them, by how their names end.
_ENDINGS = {
    "_initializer": "initializer",
    "_regularizer": "regularizer",
    "_constraint": "constraint",
    "_dtype": "number type",
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
