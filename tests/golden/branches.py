"""Two branches: a network made with NetBuilder."""

import keras
import numpy as np
from keras import layers
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(1)

# Load the data.
# No data is chosen in this project: put your own arrays here.
raise SystemExit("Put your data into x and y first.")

# Keep rows for the test.
x_train, x_test, y_train, y_test = train_test_split(
    x, y, test_size=0.2, random_state=1
)

# Scale the numbers.
x_scaler = StandardScaler().set_output(transform="pandas").fit(x_train)
x_train, x_test = x_scaler.transform(x_train), x_scaler.transform(x_test)
x_train = {
    name: x_train[names].to_numpy("float32") for name, names in columns.items()
}
x_test = {name: x_test[names].to_numpy("float32") for name, names in columns.items()}
y_train = np.asarray(y_train).reshape(len(y_train), -1)
y_test = np.asarray(y_test).reshape(len(y_test), -1)
y_scaler = StandardScaler().fit(y_train)
y_train, y_test = y_scaler.transform(y_train), y_scaler.transform(y_test)
y_train, y_test = [y_train] * 2, [y_test] * 2

# Build the network.
left = keras.Input(shape=(4, 2), name="left")
right = keras.Input(shape=(4, 2), name="right")
twice_layer = layers.LSTM(3, return_sequences=True, name="twice")
twice = twice_layer(left)
again = twice_layer(right)
attend = layers.MultiHeadAttention(2, 3)(twice, again)
self = layers.Attention()([again, again])
add = layers.Add()([attend, self])
pool = layers.GlobalAveragePooling1D()(add)
price = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(l2=0.02), name="price")(pool)
kind = layers.Dense(3, activation="softmax", name="kind")(pool)
model = keras.Model(inputs=[left, right], outputs=[price, kind])
model.summary()

# Say what to learn, and how.
model.compile(
    optimizer=keras.optimizers.Adam(),
    loss=[keras.losses.MeanSquaredError(), keras.losses.MeanSquaredError()],
    metrics=[[keras.metrics.MeanAbsoluteError()], [keras.metrics.MeanAbsoluteError()]],
)

# Train.
history = model.fit(
    [x_train["left"], x_train["right"]],
    y_train,
    batch_size=32,
    epochs=3,
    validation_split=0.1,
)

# Test.
model.evaluate([x_test["left"], x_test["right"]], y_test)

# Save.
model.save("two_branches.keras")
