"""The same networks as plain PyTorch loops on the CPU, as a person would write them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np


def epoch_of(name: str, x: Any, y: Any, batch: int) -> Callable[[], float] | None:
    """A function that trains one epoch and gives the seconds; None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    nn = torch.nn
    model = _models(nn)[name]
    inputs = torch.from_numpy(np.moveaxis(x, -1, 1).copy() if name == "cnn" else x)
    classes = y.dtype.kind == "i"
    targets = torch.from_numpy(y.astype(np.int64) if classes else y)
    criterion = nn.CrossEntropyLoss() if classes else nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def epoch() -> float:
        begin = time.perf_counter()
        model.train()
        order = torch.randperm(len(inputs))
        for start in range(0, len(inputs), batch):
            rows = order[start : start + batch]
            optimizer.zero_grad()
            loss = criterion(model(inputs[rows]), targets[rows])
            loss.backward()
            optimizer.step()
        return time.perf_counter() - begin

    return epoch


def _models(nn: Any) -> dict[str, Any]:
    class Last(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(8, 64, batch_first=True)
            self.out = nn.Linear(64, 1)

        def forward(self, x: Any) -> Any:
            return self.out(self.rnn(x)[0][:, -1])

    relu, drop = nn.ReLU, nn.Dropout
    return {
        "sales": nn.Sequential(
            nn.Linear(9, 50), relu(), nn.Linear(50, 100), relu(), nn.Linear(100, 50), relu(),
            nn.Linear(50, 1),
        ),
        "mnist_mlp": nn.Sequential(
            nn.Linear(784, 128), relu(), drop(0.2), nn.Linear(128, 128), relu(), drop(0.2),
            nn.Linear(128, 10),
        ),
        "lstm": Last(),
        "cnn": nn.Sequential(
            nn.Conv2d(1, 16, 3), relu(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), relu(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 64), relu(), nn.Linear(64, 10),
        ),
    }  # fmt: skip
