"""The loop behind every part of the worker: claim what is due, run it with a limit, stop cleanly."""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, ClassVar, Generic, Never, Protocol, TypeVar

from core.errors import NotAvailable
from core.ops import log_context

log = logging.getLogger(__name__)
CANCEL_SECONDS = 5.0
IDLE_SECONDS = 1.0


class Row(Protocol):
    """What a loop claims."""

    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=Row)


async def rest(wake: asyncio.Event, seconds: float) -> None:
    """Wait until `wake` is set, at most `seconds`.

    Not by asyncio.wait_for: before Python 3.12 it loses a cancel that arrives together with the event, and the
    loop would never end.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()


async def end_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end; cancels anew every CANCEL_SECONDS, as a library may swallow a cancel."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=CANCEL_SECONDS)
        await asyncio.gather(*done, return_exceptions=True)  # else asyncio warns of errors never retrieved


async def repeat(name: str, wake: asyncio.Event, turn: Callable[[], Awaitable[float]]) -> Never:
    """Call `turn` whenever `wake` is set, or after the seconds that `turn` returned. Its errors are logged."""
    while True:
        wake.clear()
        seconds = IDLE_SECONDS
        try:
            seconds = await turn()
        except Exception as error:
            unexpected = not isinstance(error, NotAvailable)
            log.warning("%s: %s: %s", name, type(error).__name__, error, exc_info=unexpected)
        await rest(wake, seconds)


class Running:
    """The tasks that a loop has started. `ended` is called whenever one of them ends."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(
        self,
        work: Coroutine[Any, Any, None],
        about: log_context.LoggedVideo | int,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Run `work`, then call `then`. Its log lines and its error name the video `about`."""
        with log_context.about(about):
            task = asyncio.create_task(work)
        self._tasks.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.discard(finished)
            then()
            if not finished.cancelled() and (error := finished.exception()):
                with log_context.about(about):
                    log.error("%s: %s", type(error).__name__, error, exc_info=error)
            self._ended()

        task.add_done_callback(done)

    async def end(self) -> None:
        """Cancel all tasks and wait for their end."""
        await end_all(self._tasks)


class Loop(ABC, Generic[T]):
    """One per worker process. Claims what is due, so any number of them share the work."""

    name: ClassVar[str]
    at_once: int
    """How many tasks may run at once."""
    at_least_free = 1
    """Claim only while at least so many more may run."""
    gather_seconds = 0.0
    """Seconds between a claim that found something and the next, which is for all that becomes due meanwhile."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self.running = Running(self.wake)

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Run until canceled; running tasks are canceled too."""
        try:
            await repeat(self.name, self._wake, self._turn)
        finally:
            await self.running.end()

    async def _turn(self) -> float:
        free = self.at_once - len(self.running)
        rows = await self.claim(free) if free >= self.at_least_free else []
        for row in rows:
            self.start(row)
        if rows:
            await asyncio.sleep(self.gather_seconds)
        return IDLE_SECONDS

    def start(self, row: T) -> None:
        """Start the work on a claimed row."""
        self.running.start(self.do(row), self.about(row))

    @abstractmethod
    async def claim(self, free: int) -> list[T]:
        """Claim at most `free` due rows."""

    @abstractmethod
    async def do(self, row: T) -> None:
        """Do the work for one row."""

    @abstractmethod
    def about(self, row: T) -> log_context.LoggedVideo | int:
        """The row's video, for the log."""
