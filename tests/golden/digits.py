"""Digits: a network made with NetBuilder."""

# The same rows, initial weights and order as in NetBuilder with seed 1: the same versions of
# Keras and TensorFlow give the same results, up to rounding.

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(1)

# Load the data.
digits = load_digits()
x = digits.images[..., np.newaxis].astype("float32")
y = digits.target
labels = [str(name) for name in digits.target_names]

# Split the data into training, validation and test set.
y = np.asarray(y)


def cut(rows, share):
    """Return row numbers to keep and row numbers to split off, stratified by class."""
    count = round(len(rows) * share)
    if count == 0:
        return rows, rows[:0]
    names, sizes = np.unique(y[rows], return_counts=True)
    # A class with one row cannot be in both parts.
    single = np.isin(y[rows], names[sizes == 1])
    rest, alone = rows[~single], rows[single]
    fair = (sizes > 1).sum() <= min(count, len(rest) - count)
    if not fair:
        rest, alone = rows, rows[:0]
    kept, gone = train_test_split(
        rest, test_size=count, random_state=1, stratify=y[rest] if fair else None
    )
    return np.sort(np.append(kept, alone)), np.sort(gone)


rows, test_rows = cut(np.arange(len(y)), 0.2)
train_rows, val_rows = cut(rows, 0.1)
x_train = x[train_rows]
y_train = y[train_rows]
x_val = x[val_rows]
y_val = y[val_rows]
x_test = x[test_rows]
y_test = y[test_rows]

# Preprocess the data.
# The network is trained on (x - offset) / scale.
offset, scale = 0, 16
x_train = ((x_train - offset) / scale).astype("float32")
x_val = ((x_val - offset) / scale).astype("float32")
x_test = ((x_test - offset) / scale).astype("float32")

# Build the network.
def begin(layer, number):
    """Seed layer ``number``, so that its initial weights are the same as in
    NetBuilder."""
    count = 0
    for part in layer._flatten_layers():
        for value in list(vars(part).values()):
            count += 1
            words = np.random.SeedSequence([1 + number, 0, count]).generate_state(1)
            seed = int(words[0]) & 0x7FFFFFFF
            if isinstance(value, keras.random.SeedGenerator):
                if getattr(value, "_initial_seed", None) is None:
                    value.state.assign([seed, 0])
            elif isinstance(value, keras.Initializer) and getattr(value, "_init_seed", 0) is None:
                value.seed = seed
    return layer


network = [
    keras.Input(shape=x_train.shape[1:]),
    layers.Conv2D(8, 3, activation="relu"),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dropout(0.2),
    layers.Dense(10, activation="softmax"),
]
for number, layer in enumerate(network[1:]):
    begin(layer, number)
model = keras.Sequential(network)
model.summary()

# Compile the model.
model.compile(
    optimizer=keras.optimizers.Adam(), loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=["accuracy"],
)

# Train.
class Batches(keras.utils.PyDataset):
    """Batches of rows, shuffled in each epoch as NetBuilder shuffles with this seed."""

    def __init__(self, x, y, size):
        super().__init__()
        self.x, self.y, self.size = x, y, size
        self.rows = len(keras.tree.flatten(x)[0])
        self.shuffle(0)

    def shuffle(self, epoch, logs=None):
        block = max(1, min(256, 65536 // self.rows))
        number, place = divmod(epoch, block)
        orders = np.tile(np.arange(self.rows, dtype="int32"), (block, 1))
        self.order = np.random.default_rng([1, number]).permuted(orders, axis=1)[place]

    def __len__(self):
        return -(-self.rows // self.size)

    def __getitem__(self, index):
        rows = self.order[index * self.size : (index + 1) * self.size]
        batch = keras.tree.map_structure(lambda values: values[rows], (self.x, self.y))
        return keras.tree.lists_to_tuples(batch)


batches = Batches(x_train, y_train, 32)
model.fit(
    batches, epochs=5, validation_data=(x_val, y_val), shuffle=False,
    callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=batches.shuffle)],
)

# Evaluate.
model.evaluate(x_test, y_test)

probabilities = model.predict(x_test, verbose=0)
if probabilities.shape[-1] == 1:
    answers = (probabilities[:, 0] >= 0.5).astype(int)
else:
    answers = probabilities.argmax(axis=-1)
truth = np.ravel(y_test)
numbers = range(len(labels))
print(
    classification_report(
        truth, answers, labels=numbers, target_names=labels, zero_division=0
    )
)

# Save.
# The saved model takes raw samples and predicts in the target's units: it contains the
# scaling.
def whole_model(raw):
    scaled = layers.Rescaling(scale=1 / scale, offset=-offset / scale)(raw)
    return model(scaled)


raw = keras.Input(x_train.shape[1:])
keras.Model(raw, whole_model(raw)).save("digits_script.h5")
