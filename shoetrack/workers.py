"""Work in several processes, in order, leaving none of them behind.

Not `concurrent.futures`: its queues are kept by semaphores that outlive a kill and are complained
of on the terminal, and it cannot end a worker that is busy. A pipe to each worker needs neither.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from shoetrack.errors import ShoetrackError

T = TypeVar("T")
R = TypeVar("R")

# So many items travel at once: enough that sending costs little, few enough that the ends meet.
_TOGETHER = 4
# So many such bundles lie with each worker, so that none is idle while the caller is busy.
_AHEAD = 6


def in_order(work: Callable[[T], R], items: Iterable[T], jobs: int) -> Iterator[R]:
    """`map(work, items)` in `jobs` processes: the same results in the same order.

    `work` must be a function of a module, items and results must pickle. Whatever ends the
    iteration, an exception, Ctrl-C or the caller's loss of interest, no process is left; if this
    one is killed, they end with what they are at. Raises what `work` raises, and ShoetrackError
    where a worker is ended from outside.
    """
    # Not fork: the parent has an open store, and macOS and Windows cannot.
    context = multiprocessing.get_context("spawn")
    workers = []
    lying: dict[Connection, int] = {}  # bundles with each worker
    bundles = enumerate(_bundled(items))
    done: dict[int, list[R]] = {}
    given = taken = 0

    def top_up() -> None:
        nonlocal given
        for pipe in sorted(lying, key=lying.__getitem__):
            while lying[pipe] < _AHEAD and given - taken < 2 * jobs * _AHEAD:
                bundle = next(bundles, None)
                if bundle is None:
                    return
                pipe.send(bundle)
                lying[pipe] += 1
                given += 1

    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            worker = context.Process(target=_serve, args=(theirs, work), daemon=True)
            with _deaf_to_ctrl_c():
                worker.start()
            theirs.close()
            workers.append(worker)
            lying[ours] = 0
        top_up()
        while taken < given:
            for pipe in wait(list(lying)):
                assert isinstance(pipe, Connection)
                index, results, error = _received(pipe)
                if error is not None:
                    raise error
                done[index] = results
                lying[pipe] -= 1
            top_up()
            while taken in done:
                yield from done.pop(taken)
                taken += 1
                top_up()
    finally:
        for pipe in lying:
            pipe.close()
        for worker in workers:
            worker.terminate()
            worker.join()
            worker.close()


def _bundled(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while bundle := list(islice(remaining, _TOGETHER)):
        yield bundle


def _received(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except (EOFError, ConnectionError) as error:
        raise ShoetrackError(
            "a process that reads files was ended from outside, perhaps for want of memory: the"
            " same command goes on, with --jobs 1 in one process"
        ) from error


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    """A worker's life: until the parent closes the pipe, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            index, items = pipe.recv()
            answer: tuple[int, list[Any], Exception | None]
            try:
                answer = (index, [work(item) for item in items], None)
            except Exception as error:  # it is raised where the results are asked for
                answer = (index, [], error)
            pipe.send(answer)
    except (EOFError, ConnectionError):
        return


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """While a worker is started: it inherits this, and is deaf from its first instruction.

    Ctrl-C reaches every process of a terminal; it is for the parent, which then ends the workers.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where `_serve` has to do
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
