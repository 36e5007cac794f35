"""Sales: a network made with NetBuilder."""

# The same rows, initial weights and order as in NetBuilder with seed 1: the same versions of
# Keras and TensorFlow give the same results, up to rounding.

import keras
import numpy as np
import pandas as pd
from keras import layers
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

keras.utils.set_random_seed(1)

# Load the data.
data = pd.read_csv("sales_training.csv")
test = pd.read_csv("sales_test.csv")
targets = ["total_earnings"]
features = [name for name in data if name not in targets]
# Text columns with many distinct values are not used as categories.
most = min(50, max(10, len(data) // 2))
numbers = list(data.select_dtypes(["number", "bool"]))
features = [
    name for name in features
    if name in numbers or data[name].nunique() <= most
]
x = data[features]
y = data[targets].to_numpy("float32")
y_test = test[targets].to_numpy("float32")
x_test = test[features]

# Split the data into training, validation and test set.
y = np.asarray(y)


def cut(rows, share):
    """Return row numbers to keep and row numbers to split off."""
    count = round(len(rows) * share)
    if count == 0:
        return rows, rows[:0]
    kept, gone = train_test_split(rows, test_size=count, random_state=1)
    return np.sort(kept), np.sort(gone)


train_rows, val_rows = cut(np.arange(len(y)), 0.1)
x_train = x.iloc[train_rows]
y_train = y[train_rows]
x_val = x.iloc[val_rows]
y_val = y[val_rows]

# Preprocess the data.
def known_words(name):
    """Return the values of a column, sorted."""
    values = set(x_train[name].astype(str).str.strip())
    try:
        values = sorted(values, key=float)
    except ValueError:
        values = sorted(values)
    return values


def encode(rows):
    """Keep numbers; one-hot encode texts."""
    parts = [
        rows[name].astype(str).str.strip().to_numpy("str")[:, None] == np.array(words[name])
        if name in words
        else rows[[name]]
        for name in rows
    ]
    return np.concatenate(parts, axis=1).astype("float64")


words = {name: known_words(name) for name in x_train.select_dtypes(exclude=["number", "bool"])}
x_train = encode(x_train)
x_val = encode(x_val)
x_test = encode(x_test)

def is_word(names):
    """Return which of the features are one-hot encoded texts."""
    return np.concatenate([np.full(len(words.get(n, [0])), n in words) for n in names])


def keep_words(scaler, which):
    """Keep one-hot features at 0 or 1."""
    offset = scaler.mean_ if hasattr(scaler, "mean_") else scaler.min_
    offset[which], scaler.scale_[which] = 0, 1



x_scaler = MinMaxScaler().fit(x_train)
keep_words(x_scaler, is_word(x.columns))
x_train = x_scaler.transform(x_train)
x_val = x_scaler.transform(x_val)
x_test = x_scaler.transform(x_test)
x_train = x_train.astype("float32")
x_val = x_val.astype("float32")
x_test = x_test.astype("float32")
y_train = np.asarray(y_train).reshape(len(y_train), -1)
y_val = np.asarray(y_val).reshape(len(y_val), -1)
y_test = np.asarray(y_test).reshape(len(y_test), -1)
y_scaler = MinMaxScaler().fit(y_train)
y_train = y_scaler.transform(y_train)
y_val = y_scaler.transform(y_val)
y_test = y_scaler.transform(y_test)

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
    layers.Dense(50, activation="relu"),
    layers.Dense(100, activation="relu"),
    layers.Dense(50, activation="relu"),
    layers.Dense(1),
]
for number, layer in enumerate(network[1:]):
    begin(layer, number)
model = keras.Sequential(network)
model.summary()

# Compile the model.
model.compile(
    optimizer=keras.optimizers.Adam(), loss=keras.losses.MeanSquaredError(),
    metrics=[keras.metrics.MeanAbsoluteError()],
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
    batches, epochs=50, validation_data=(x_val, y_val), shuffle=False,
    callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=batches.shuffle)],
)

# Evaluate.
scaled = model.evaluate(x_test, y_test, return_dict=True)
print("With the scaled target:", scaled)
answers = model.predict(x_test, verbose=0)
answers = y_scaler.inverse_transform(answers.reshape(len(answers), -1))
truth = y_scaler.inverse_transform(y_test)
print("Mean absolute error in the target's own units:", np.abs(answers - truth).mean())

# Save.
# The saved model takes raw samples and predicts in the target's units: it contains the
# scaling.
def whole_model(raw):
    scaled = layers.Rescaling(
        scale=(x_scaler.scale_).tolist(), offset=(x_scaler.min_).tolist()
    )(raw)
    answer = model(scaled)
    answer = layers.Rescaling(
        scale=(1 / y_scaler.scale_).tolist(), offset=(-y_scaler.min_ / y_scaler.scale_).tolist()
    )(answer)
    return answer


raw = keras.Input(x_train.shape[1:])
keras.Model(raw, whole_model(raw)).save("sales_script.h5")
# The .keras file contains the categories too: it takes each column separately, texts as strings.
raw_inputs = {}


def features_of(name):
    kind, key = "string" if name in words else "float32", name.replace("/", "_")
    raw_inputs.setdefault(key, keras.Input((1,), dtype=kind, name=key))
    tensor = raw_inputs[key]
    if name in words:
        look_up = layers.StringLookup(vocabulary=words[name], num_oov_indices=0)
        tensor = look_up(tensor)
        tensor = layers.CategoryEncoding(len(words[name]), output_mode="one_hot")(tensor)
    return tensor


def joined(names):
    """Return the features of an Input."""
    parts = [features_of(name) for name in names]
    return layers.Concatenate()(parts) if len(parts) > 1 else parts[0]


numbers = joined(x.columns)
keras.Model(raw_inputs, whole_model(numbers)).save("sales_script.keras")
