"""Studies of the model: sensitivity, factorial, discovery, claims. `bench` runs them, each module asks one question."""
