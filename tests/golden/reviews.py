"""Reviews: a network made with NetBuilder."""

import keras
import numpy as np
import pandas as pd
from keras import layers
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(1)

# Load the data.
data = pd.read_csv("reviews.csv")
targets = data["mood"]
texts = data["review"].to_numpy("str")
vectorize = layers.TextVectorization(max_tokens=200)
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
        layers.Bidirectional(layers.LSTM(8)),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.summary()

# Say what to learn, and how.
model.compile(
    optimizer=keras.optimizers.Adam(),
    loss=keras.losses.BinaryCrossentropy(),
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
model.save("reviews.keras")
