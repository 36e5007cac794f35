"""Digits: a network made with NetBuilder."""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(1)

# Load the data.
bunch = load_digits()
x = bunch.images[..., np.newaxis].astype("float32") / 16
y = bunch.target
labels = [str(name) for name in bunch.target_names]

# Keep rows for the test.
x_train, x_test, y_train, y_test = train_test_split(
    x, y, test_size=0.2, random_state=1, stratify=y
)

# Build the network.
model = keras.Sequential(
    [
        keras.Input(shape=x_train.shape[1:]),
        layers.Conv2D(8, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()

# Say what to learn, and how.
model.compile(
    optimizer=keras.optimizers.Adam(),
    loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=["accuracy"],
)

# Train.
history = model.fit(
    x_train,
    y_train,
    batch_size=32,
    epochs=5,
    validation_split=0.1,
)

# Test.
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
model.save("digits.keras")
