"""Sales: a network made with NetBuilder."""

import keras
import numpy as np
import pandas as pd
from keras import layers
from sklearn.preprocessing import MinMaxScaler

keras.utils.set_random_seed(1)

# Load the data.
data = pd.read_csv("sales_training.csv")
test = pd.read_csv("sales_test.csv")
targets = ["total_earnings"]
x = pd.get_dummies(data.drop(columns=targets))
y = data[targets].to_numpy("float32")
x_test = pd.get_dummies(test.drop(columns=targets, errors="ignore"))
x_test = x_test.reindex(columns=x.columns, fill_value=0)
y_test = test[targets].to_numpy("float32")

# Keep rows for the test.
x_train, y_train = x, y

# Scale the numbers.
x_scaler = MinMaxScaler().set_output(transform="pandas").fit(x_train)
x_train, x_test = x_scaler.transform(x_train), x_scaler.transform(x_test)
x_train, x_test = x_train.to_numpy("float32"), x_test.to_numpy("float32")
y_train = np.asarray(y_train).reshape(len(y_train), -1)
y_test = np.asarray(y_test).reshape(len(y_test), -1)
y_scaler = MinMaxScaler().fit(y_train)
y_train, y_test = y_scaler.transform(y_train), y_scaler.transform(y_test)

# Build the network.
model = keras.Sequential(
    [
        keras.Input(shape=x_train.shape[1:]),
        layers.Dense(50, activation="relu"),
        layers.Dense(100, activation="relu"),
        layers.Dense(50, activation="relu"),
        layers.Dense(1),
    ]
)
model.summary()

# Say what to learn, and how.
model.compile(
    optimizer=keras.optimizers.Adam(),
    loss=keras.losses.MeanSquaredError(),
    metrics=[keras.metrics.MeanAbsoluteError()],
)

# Train.
history = model.fit(
    x_train,
    y_train,
    batch_size=32,
    epochs=50,
    validation_split=0.1,
)

# Test.
model.evaluate(x_test, y_test)
answers = model.predict(x_test, verbose=0)
answers = y_scaler.inverse_transform(answers.reshape(len(answers), -1))
truth = y_scaler.inverse_transform(y_test)
print(f"Off by {np.abs(answers - truth).mean():,.4g} on average.")

# Save.
# The saved model takes raw rows and answers in the data's own units:
# scaling is inside it.
raw = keras.Input(shape=x_train.shape[1:])
scaled = layers.Rescaling(
    scale=(x_scaler.scale_).tolist(), offset=(x_scaler.min_).tolist()
)(raw)
answer = model(scaled)
answer = layers.Rescaling(
    scale=(1 / y_scaler.scale_).tolist(), offset=(-y_scaler.min_ / y_scaler.scale_).tolist()
)(answer)
keras.Model(raw, answer).save("sales.keras")
