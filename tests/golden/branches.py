"""Two branches: a network made with NetBuilder."""

# Insert your own data; all other settings are as in NetBuilder.

import keras
import numpy as np
from keras import layers
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(1)

# Load the data.
# This project has no data: put your own arrays here.
raise SystemExit("Put your data into x and y first.")

# Split the data into training, validation and test set.
y = np.asarray(y)


def cut(rows, share):
    """Return row numbers to keep and row numbers to split off."""
    count = round(len(rows) * share)
    if count == 0:
        return rows, rows[:0]
    kept, gone = train_test_split(rows, test_size=count, random_state=1)
    return np.sort(kept), np.sort(gone)


rows, test_rows = cut(np.arange(len(y)), 0.2)
train_rows, val_rows = cut(rows, 0.1)
x_train = x.iloc[train_rows]
y_train = y[train_rows]
x_val = x.iloc[val_rows]
y_val = y[val_rows]
x_test = x.iloc[test_rows]
y_test = y[test_rows]

# Preprocess the data.
x_train = {name: x_train[names].to_numpy("float64") for name, names in columns.items()}
x_val = {name: x_val[names].to_numpy("float64") for name, names in columns.items()}
x_test = {name: x_test[names].to_numpy("float64") for name, names in columns.items()}

x_scalers = {name: StandardScaler().fit(values) for name, values in x_train.items()}
x_train = {n: x_scalers[n].transform(values) for n, values in x_train.items()}
x_val = {n: x_scalers[n].transform(values) for n, values in x_val.items()}
x_test = {n: x_scalers[n].transform(values) for n, values in x_test.items()}
x_train = {name: values.astype("float32") for name, values in x_train.items()}
x_val = {name: values.astype("float32") for name, values in x_val.items()}
x_test = {name: values.astype("float32") for name, values in x_test.items()}
parts = [[0], [1]]
y_train = [y_train[:, part] for part in parts]
y_val = [y_val[:, part] for part in parts]
y_test = [y_test[:, part] for part in parts]
# Numbers are scaled, classes are not.
y_scalers = {i: StandardScaler().fit(y_train[i]) for i in [0]}
for i, scaler in y_scalers.items():
    y_train[i] = scaler.transform(y_train[i])
    y_val[i] = scaler.transform(y_val[i])
    y_test[i] = scaler.transform(y_test[i])

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


left = keras.Input(shape=(4, 2), name="left")
right = keras.Input(shape=(4, 2), name="right")
twice_layer = begin(layers.LSTM(3, return_sequences=True, name="twice"), 0)
twice = twice_layer(left)
again = twice_layer(right)
attend = begin(layers.MultiHeadAttention(2, 3), 1)(twice, again)
self = begin(layers.Attention(), 2)([again, again])
add = layers.Add()([attend, self])
pool = layers.GlobalAveragePooling1D()(add)
price = begin(layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.02), name="price"), 5)(pool)
kind = begin(layers.Dense(3, activation="softmax", name="kind"), 6)(pool)
model = keras.Model(inputs=[left, right], outputs=[price, kind])
model.summary()

# Compile the model.
model.compile(
    optimizer=keras.optimizers.Adam(),
    loss=[keras.losses.MeanSquaredError(), keras.losses.SparseCategoricalCrossentropy()],
    metrics=[[keras.metrics.MeanAbsoluteError()], ["accuracy"]],
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


batches = Batches([x_train["left"], x_train["right"]], y_train, 32)
model.fit(
    batches, epochs=3, validation_data=([x_val["left"], x_val["right"]], y_val), shuffle=False,
    callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=batches.shuffle)],
)

# Evaluate.
model.evaluate([x_test["left"], x_test["right"]], y_test)

# Save.
# The saved model takes raw samples and predicts in the target's units: it contains the
# scaling.
def whole_model(raw):
    scaled = []
    for tensor, scaler in zip(raw, x_scalers.values()):
        tensor = layers.Rescaling(
            scale=(1 / scaler.scale_).tolist(), offset=(-scaler.mean_ / scaler.scale_).tolist()
        )(tensor)
        scaled.append(tensor)
    answer = model(scaled)
    for i, scaler in y_scalers.items():
        answer[i] = layers.Rescaling(
            scale=(scaler.scale_).tolist(), offset=(scaler.mean_).tolist()
        )(answer[i])
    return answer


raw = [keras.Input(tensor.shape[1:], name=name) for name, tensor in x_train.items()]
keras.Model(raw, whole_model(raw)).save("two_branches_script.h5")
