"""Hands submissions to the processes that grade them: on this machine, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import islice
from typing import Any

from checks.grading.bench import OURS, Graded, Options, failed, grade_submission
from checks.grading.submission import Submission
from workshop.errors import WorkshopError

_TRIES = 2  # a process of ours that ends in the middle may do so for no fault of the submission
_AHEAD = 2  # submissions that wait for each process


def grade_here(due: Iterable[Submission], options: Options, jobs: int) -> Iterator[Graded]:
    """Grade them with so many processes on this machine; each result as it comes."""
    workers = _Workers(options)
    with ThreadPoolExecutor(jobs) as threads:
        try:
            yield from _in_flight(due, lambda one: threads.submit(workers.grade, one), _AHEAD * jobs)
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
            workers.close()


class _Workers:
    """A process for each thread that asks; a new one where that has ended, or is late."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._own = threading.local()
        self._pools: list[ProcessPoolExecutor] = []

    def grade(self, submission: Submission) -> Graded:
        """What comes of it; a process that was lost is replaced."""
        for _ in range(_TRIES):
            try:
                # Twice the time: the process itself ends what goes on too long, but for itself.
                seconds = 2 * self._options.limits.seconds + 60
                return self._pool().submit(grade_submission, submission, self._options).result(seconds)
            except (BrokenProcessPool, TimeoutError):
                self._give_up()
        return failed(
            submission, self._options, OURS, "The process that graded it ended, or did not come to an end, twice."
        )

    def close(self) -> None:
        """End all processes, and with them their servers."""
        for pool in self._pools:
            pool.shutdown(wait=True)

    def _pool(self) -> ProcessPoolExecutor:
        pool: ProcessPoolExecutor | None = getattr(self._own, "pool", None)
        if pool is None:
            pool = self._own.pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
            self._pools.append(pool)
            self._own.pid = pool.submit(os.getpid).result()
        return pool

    def _give_up(self) -> None:
        pool: ProcessPoolExecutor | None = getattr(self._own, "pool", None)
        if pool is not None:
            with suppress(OSError, AttributeError):
                os.kill(self._own.pid, signal.SIGKILL)
            pool.shutdown(wait=False)
            self._pools.remove(pool)
        self._own.pool = None


def grade_on_dask(due: Iterable[Submission], options: Options, address: str) -> Iterator[Graded]:
    """Grade them on the cluster whose scheduler is at `address`; each result as it comes, and one for each.

    Raises WorkshopError when there is no such cluster, or Dask is not installed.
    """
    try:
        from distributed import Client
    except ImportError:
        raise WorkshopError("--dask needs the package distributed: pip install 'schema-workbook[dask]'.") from None
    try:
        client = Client(address, timeout=20)
    except OSError as error:
        raise WorkshopError(f"No Dask scheduler answers at {address}: {error}.") from None
    with client:
        threads = sum(client.nthreads().values())

        def send(submission: Submission) -> Future[Graded]:
            # A Dask future is none of Python's: this one waits for it, and for a worker that takes a lost one's place.
            answer: Future[Graded] = Future()
            sent = client.submit(grade_submission, submission, options, pure=False)
            sent.add_done_callback(lambda done: answer.set_result(_result(done, submission, options)))
            return answer

        yield from _in_flight(due, send, max(8, 2 * _AHEAD * threads))


def _result(done: Any, submission: Submission, options: Options) -> Graded:
    try:
        graded: Graded = done.result()
    except Exception as error:  # also one of Dask's own: the workers that had it were lost, one after the other
        sentence = f"It could not be graded on the cluster: {' '.join(str(error).split())}"
        return failed(submission, options, OURS, sentence)
    return graded


def _in_flight(due: Iterable[Submission], send: Callable[[Submission], Future[Graded]], most: int) -> Iterator[Graded]:
    """Keep so many under way, and give each result as it comes: a class of thousands does not fit into memory."""
    waiting = iter(due)
    flying = {send(one) for one in islice(waiting, most)}
    while flying:
        landed, flying = wait(flying, return_when=FIRST_COMPLETED)
        flying |= {send(one) for one in islice(waiting, len(landed))}
        for future in landed:
            yield future.result()
