"""Who does the work: this process, others on this machine, or a Dask cluster.

All are a ``concurrent.futures.Executor``; the search knows nothing else.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

#: Seconds to wait for a cluster to answer.
TIMEOUT = 10.0


class InProcess(Executor):
    """Does each job at once, in this process."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def _ignore_interrupt() -> None:
    """Ctrl-C is for the process that leads: it lets the others finish."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def local(workers: int) -> Iterator[Executor]:
    """So many processes on this machine; one is this process itself."""
    if workers == 1:
        yield InProcess()
        return
    with ProcessPoolExecutor(workers, initializer=_ignore_interrupt) as pool:
        yield pool


@contextmanager
def dask(address: str) -> Iterator[tuple[Executor, int]]:
    """The cluster whose scheduler is at ``address``, and its number of threads.

    Its workers need ksmlib installed. Raises ImportError without the package
    ``distributed``, and OSError if nobody answers.
    """
    from distributed import Client

    with Client(address, timeout=TIMEOUT) as client:  # type: ignore[no-untyped-call]
        yield client.get_executor(pure=False), sum(client.nthreads().values())
