"""Reviews: a network made with NetBuilder."""

import keras
import numpy as np
from keras import layers
from netbuilder.core.data.builtin import read_builtin
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(1)

# Load the data.
# These samples are made by a program, not read from a file.

samples = read_builtin("reviews", {"sequence_length": 24})
targets = samples.targets.iloc[:, 0]
texts = next(iter(samples.arrays.values())).astype("str")
vectorize = layers.TextVectorization(max_tokens=200, output_sequence_length=24)
vectorize.adapt(texts)
x = vectorize(texts).numpy().astype("int32")
labels = sorted(targets.astype(str).unique())
y = targets.astype(str).map({label: i for i, label in enumerate(labels)}).to_numpy()

# Keep rows for the test.
x_train, x_test, y_train, y_test = train_test_split(
    x, y, test_size=0.2, random_state=1, stratify=y
)

# Build the network.
model = keras.Sequential(
    [
        keras.Input(shape=x_train.shape[1:], dtype="int32"),
        layers.Embedding(200, 16),
        layers.Conv1D(32, (3,), activation="relu", padding="same"),
        layers.GlobalMaxPooling1D(),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.summary()

# Say what to learn, and how.
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.003),
    loss=keras.losses.BinaryCrossentropy(),
    metrics=["accuracy"],
)

# Train.
history = model.fit(
    x_train,
    y_train,
    batch_size=32,
    epochs=15,
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
model.save("reviews.keras")
