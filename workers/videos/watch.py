"""The watcher: asks the servers about every video that is due. docs/flow.md has the rules."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

from core.catalog import entries
from core.catalog.entries import Server
from core.database.session import one_trip, session
from core.errors import EngineError, Misconfigured, Retryable, UnknownModel
from core.ops import log_context, step_timings
from core.redis import queue
from core.videos import claims, costs, states
from core.videos.looks import (
    Watched,
    claim_looks,
    claim_unsettled,
    due,
    mark_ended,
    mark_ready,
    put_in_order,
    schedule_looks,
)
from workers.engines import Look
from workers.loops import IDLE_SECONDS, Running, end_all, repeat
from workers.videos.pace import Pace
from workers.videos.places import Places
from workers.videos.progress import Progress
from workers.videos.settle import Settling
from workers.videos.steps import Engines, backoff, is_overdue

log = logging.getLogger(__name__)
BUSY_SECONDS = 0.25
GATHER_SECONDS = 0.03
SETTLED_AT_ONCE = 8


class Watcher:
    """One per worker process. Claims what is due, so any number of them share the work.

    Each server has its own rounds, one at a time, so a server that hangs delays no other.
    """

    def __init__(self, engines: Engines, ready: Callable[[], None]) -> None:
        self.engines = engines
        self._ready = ready
        self._settling = Settling(engines)
        self._wake = asyncio.Event()
        self._has_news = asyncio.Event()
        self._progress = Progress()
        self._failures: Counter[str] = Counter()
        self._paces: dict[str, Pace] = {}
        self._places = Places(self._paces, uuid.uuid4().hex)
        self._rounds: dict[str, asyncio.Task[None]] = {}
        self._settled = Running(self.wake)

    def wake(self) -> None:
        """Look for due videos now."""
        self._wake.set()

    def pace(self, server: Server) -> Pace:
        """The pace of that server."""
        if server.name not in self._paces:
            self._paces[server.name] = Pace(server, self.engines.of(server))
        return self._paces[server.name]

    async def run(self) -> None:
        """Run until canceled."""
        others = [asyncio.create_task(self._listen()), asyncio.create_task(self._note_all_announced())]
        try:
            await repeat("watcher", self._wake, self._turn)
        finally:
            await end_all([*others, *self._rounds.values()])
            await self._settled.end()
            await self._places.leave()

    async def _turn(self) -> float:
        await self._places.count()
        if not await self._start_due():
            return IDLE_SECONDS
        # when a list may be read again is known to the moment
        return min([BUSY_SECONDS, *(pace.opens_in for pace in self._paces.values() if pace.opens_in)])

    async def _listen(self) -> None:
        """Wake at every webhook and cancel. Without Redis the watcher wakes by itself, a little later."""
        while True:
            with contextlib.suppress(Exception):
                async with contextlib.aclosing(queue.wake_calls()) as woken:
                    async for message in woken:
                        if message is None:
                            self._progress.forget_all()
                        self._has_news.set()
            await asyncio.sleep(IDLE_SECONDS)

    async def _note_all_announced(self) -> None:
        """Note announced ends in batches: many cost no more than one."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            try:
                while ended := await queue.take_announced():
                    await self._note_announced(ended)
            except Exception as error:  # polling finds them too, a little later
                log.warning("announced: %s: %s", type(error).__name__, error)
            self.wake()
            await asyncio.sleep(GATHER_SECONDS)

    async def _note_announced(self, ended: dict[str, queue.Outcome]) -> None:
        """Note in one transaction the jobs whose end their servers have announced."""
        async with session() as db:
            names = await mark_ended(db, ended)
        for name in set(names):
            if model := entries.models().get(name):
                self.pace(model.server).announced()
                self._job_left(model.server)
        if names:
            self._ready()

    async def _start_due(self) -> bool:
        """Start the due rounds; False if no provider has anything running."""
        async with one_trip() as db:
            to_look, to_settle = await due(db)
        by_server: dict[Server, list[str]] = defaultdict(list)
        for name in to_look:
            model = entries.models().get(name)
            if model is None:
                async with session() as db:
                    lost = await claim_looks(db, [name], 100)
                for video in lost:
                    await self._fail_unknown(video)
            else:
                by_server[model.server].append(name)
        for server, models in by_server.items():
            if server.name not in self._rounds:
                self._start_round(server, models)
        if to_settle:
            await self._start_settling()
        return bool(
            to_look or to_settle or self._rounds or self._settled or any(pace.running for pace in self._paces.values())
        )

    async def _start_settling(self) -> None:
        free = SETTLED_AT_ONCE - len(self._settled)
        if free <= 0:
            return
        async with session() as db:
            unsettled = await claim_unsettled(db, free)
        for video in unsettled:
            if model := entries.models().get(video.model):
                self._settle_apart(self._settling.settle(video, model), video)
            else:
                await self._fail_unknown(video)

    def _job_left(self, server: Server) -> None:
        """Wake if the job that left made a place to fill."""
        if self._places.free_one(server):
            self.wake()

    async def _fail_unknown(self, video: Watched) -> None:
        """Fail a video whose model has left the catalogue."""
        async with session() as db:
            await states.fail(db, video, UnknownModel(video.model))

    def _settle_apart(self, work: Coroutine[Any, Any, None], video: Watched) -> None:
        """Run work on one video as a task, so that it does not delay the looks."""
        self._progress.forget(video)
        model = entries.models().get(video.model)
        self._settled.start(work, video, lambda: self._job_left(model.server) if model else None)

    def _start_round(self, server: Server, models: list[str]) -> None:
        pace = self.pace(server)
        if limit := pace.limit:
            task = asyncio.create_task(self._round(pace, models, limit))
            self._rounds[server.name] = task
            task.add_done_callback(lambda finished: self._end_round(server, finished))

    def _end_round(self, server: Server, finished: asyncio.Task[None]) -> None:
        self._rounds.pop(server.name, None)
        if not finished.cancelled() and (error := finished.exception()):
            log.error("server %s: %s: %s", server.name, type(error).__name__, error, exc_info=error)
            self.pace(server).rest(backoff(1))

    async def _round(self, pace: Pace, models: list[str], limit: int) -> None:
        async with session() as db:
            claimed = await claim_looks(db, models, limit, pace.ahead)
        group: list[Watched] = []
        for video in claimed:
            model = entries.get(video.model)
            if is_overdue(video, model):
                self._settle_apart(self._settling.give_up(video, model), video)
            else:
                group.append(video)
        if group:
            await self._ask(pace, group)

    async def _ask(self, pace: Pace, group: list[Watched]) -> None:
        name, started, looked = pace.server.name, time.monotonic(), pace.engine.looked
        try:
            with step_timings.measure(name, "look"):
                looks = await pace.engine.look([v.provider_id or "" for v in group])
        except (EngineError, Misconfigured) as error:
            self._failures[name] += 1
            retry_after = error.retry_after if isinstance(error, Retryable) else None
            wait = backoff(min(self._failures[name], 5), retry_after)
            log.warning("server %s: %s; asked again in %.0f s", name, getattr(error, "detail", "") or error, wait)
            pace.rest(wait)
            async with session() as db:
                await schedule_looks(db, {v.id: wait for v in group}, unless_ready=True)
            await self._progress.publish_waiting(group, error)
            return
        finally:
            pace.spent(pace.engine.looked - looked, time.monotonic() - started)
        self._failures.pop(name, None)
        await self._note(pace, group, looks)

    async def _note(self, pace: Pace, group: list[Watched], looks: dict[str, Look]) -> None:
        """Save what the server said about these videos."""
        running: list[tuple[Watched, Look | None]] = []
        done: dict[int, str | None] = {}
        since: dict[int, float] = {}
        ended: list[tuple[Watched, Look]] = []
        for video in group:
            look = looks.get(video.provider_id or "")
            if look is None or look.state in ("queued", "running"):
                running.append((video, look))
                continue
            self._progress.forget(video)
            seconds = pace.ended(video)
            if look.state == "succeeded":
                done[video.id], since[video.id] = look.url, seconds
                with log_context.about(video):
                    log.info("video %s is ready at %s", video.id, pace.server.name)
            else:
                ended.append((video, look))
        billed = [(video, looks[video.provider_id or ""]) for video in group if video.id in done] + ended
        async with session() as db:
            await schedule_looks(db, pace.next_looks(running), unless_ready=True)
            for video, look in sorted(billed, key=lambda pair: pair[0].id):
                if bill := look.billed:
                    await costs.keep_billed(db, video, entries.get(video.model), bill.amount, bill.unit)
            if done:
                await mark_ready(db, done)
                await put_in_order(db, since)
            for video, look in sorted(ended, key=lambda pair: pair[0].user_id):
                # each may refund a user: always in the same order, or two workers could deadlock
                with log_context.about(video):
                    await self._end(video, look, db)
        if done:
            self._ready()
        if done or ended:
            self._job_left(pace.server)
        await self._progress.publish([(video, look) for video, look in running if look])

    async def _end(self, video: Watched, look: Look, db: Any) -> None:
        if look.worth_retry and await claims.resubmit(db, video, video.provider_id or ""):
            log.warning("video %s was spoiled by the provider; it is tried once more", video.id)
            return
        error = look.error or EngineError("the provider canceled it" if look.state == "canceled" else "")
        log.warning("video %s failed at the provider: %s: %s", video.id, error.code, error.detail)
        await states.fail(db, video, error)
