"""Small neural networks that map rows of numbers to rows of numbers (scikit-learn)."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.statistics import Values

HIDDEN = (64, 64)


def trained(x: Values, y: Values, seed: int) -> Any:
    """One network for all columns of `y`, stopped when a tenth of the rows that it does not see gets no better."""
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    network = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        activation="tanh",
        alpha=1e-3,
        learning_rate_init=2e-3,
        early_stopping=True,
        n_iter_no_change=8,
        max_iter=400,
        random_state=seed,
    )
    with threadpool_limits(1):  # small matrices: threads would wait for each other
        return make_pipeline(StandardScaler(), network).fit(x, y if y.shape[1] > 1 else y.ravel())


def predicted(network: Any, x: Values) -> Values:
    """What it says of rows (rows × columns)."""
    return np.asarray(network.predict(x), dtype=np.float64).reshape(len(x), -1)
