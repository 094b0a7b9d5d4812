"""How many threads make runs behind the pages: two; one while a page plays, whose panels share the interpreter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

N_THREADS = 2


class Pace:
    """Counts who plays and who works. Safe from any thread."""

    def __init__(self) -> None:
        self._changed, self._players, self._workers = threading.Condition(), 0, 0

    @contextmanager
    def playing(self) -> Iterator[None]:
        """Meanwhile no second piece of work begins."""
        self._count(players=1)
        try:
            yield
        finally:
            self._count(players=-1)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A piece of work, that waits until there is room for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._workers < (1 if self._players else N_THREADS))
            self._workers += 1
        try:
            yield
        finally:
            self._count(workers=-1)

    def _count(self, players: int = 0, workers: int = 0) -> None:
        with self._changed:
            self._players += players
            self._workers += workers
            self._changed.notify_all()


PACE = Pace()


class PacedPool(ThreadPoolExecutor):
    """Threads whose pieces of work follow a pace."""

    def __init__(self, pace: Pace = PACE) -> None:
        super().__init__(N_THREADS)
        self._pace = pace

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A piece of work."""

        def work() -> Any:
            with self._pace.working():
                return fn(*args, **kwargs)

        return super().submit(work)
