"""The watcher: asks the servers about every video that is due. The rules are written down in docs/flow.md."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

from core import catalog, leases, progress, queue, timings, trail, videos
from core.catalog import Server
from core.connection import AWAY
from core.database import reading, session
from core.errors import EngineError, Misconfigured, NotAvailable, Retryable, UnknownModel, to_note
from core.leases import Watched
from core.progress import News
from workers.engines import Look
from workers.pace import Pace
from workers.settle import Settling
from workers.steps import Engines, backoff, end_all, is_overdue, rest

log = logging.getLogger(__name__)
BUSY_SECONDS = 0.25
IDLE_SECONDS = 1.0
COUNT_SECONDS = 2.0
GATHER_SECONDS = 0.03
SETTLED_AT_ONCE = 8
MAX_TOLD = 20_000
MOST_FILLED = 100


class Watcher:
    """One per worker process. Claims what is due, so any number of them share the work.

    Each server has its rounds, one at a time, so that one that hangs holds up nobody else.
    """

    def __init__(self, engines: Engines, ready: Callable[[], None]) -> None:
        self.engines = engines
        self._ready = ready
        self._settling = Settling(engines)
        self._wake = asyncio.Event()
        self._heard = asyncio.Event()
        self._told: dict[int, tuple[str, int | None, int | None]] = {}
        self._failures: Counter[str] = Counter()
        self._paces: dict[str, Pace] = {}
        self._rounds: dict[str, asyncio.Task[None]] = {}
        self._settled: set[asyncio.Task[None]] = set()
        self._counted = 0.0
        self._me = uuid.uuid4().hex

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def pace(self, server: Server) -> Pace:
        """How often that server is asked."""
        if server.name not in self._paces:
            self._paces[server.name] = Pace(server, self.engines.of(server))
        return self._paces[server.name]

    async def run(self) -> None:
        """Until canceled."""
        others = [asyncio.create_task(self._listen()), asyncio.create_task(self._heed_all())]
        try:
            while True:
                self._wake.clear()
                busy = False
                try:
                    busy = await self._start_what_is_due()
                except Exception as error:
                    log.warning(
                        "watcher: %s: %s", type(error).__name__, error, exc_info=not isinstance(error, NotAvailable)
                    )
                await rest(self._wake, BUSY_SECONDS if busy else IDLE_SECONDS)
        finally:
            tasks = [*others, *self._rounds.values(), *self._settled]
            await end_all(tasks)
            with contextlib.suppress(*AWAY):
                await queue.leave_workers(self._me)

    async def _listen(self) -> None:
        """A webhook or a cancel wakes us. Without Redis we look by ourselves, a little later."""
        while True:
            with contextlib.suppress(Exception):
                async with contextlib.aclosing(queue.wakes()) as woken:
                    async for message in woken:
                        if message is None:
                            self._told.clear()  # what was told while Redis was away, or before it was wiped, is lost
                        self._heard.set()
            await asyncio.sleep(IDLE_SECONDS)

    async def _heed_all(self) -> None:
        """Heed what was heard, together with what comes right after it: many cost no more than one."""
        while True:
            await self._heard.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._heard.clear()
            try:
                while ended := await queue.take_announced():
                    await self._heed(ended)
            except Exception as error:  # they are asked about as well, a little later
                log.warning("announced: %s: %s", type(error).__name__, error)
            self.wake()

    async def _heed(self, ended: dict[str, queue.Outcome]) -> None:
        """Servers have said by themselves that these jobs have ended; those that came together are noted together."""
        async with session() as db:
            names = await leases.announced(db, ended)
        for name in set(names):
            if model := catalog.models().get(name):
                self.pace(model.server).announced()
                self._has_left(model.server)
        if names:
            self._ready()

    async def _start_what_is_due(self) -> bool:
        """Start the rounds that are due; False if nothing is under way at any provider."""
        if time.monotonic() - self._counted > COUNT_SECONDS:
            await self._count()
        async with reading() as db:
            to_look, to_settle = await leases.due(db)
        by_server: dict[Server, list[str]] = defaultdict(list)
        for name in to_look:
            model = catalog.models().get(name)
            if model is None:
                async with session() as db:
                    lost = await leases.claim_looks(db, [name], 100)
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
            unsettled = await leases.claim_unsettled(db, free)
        for video in unsettled:
            if model := catalog.models().get(video.model):
                self._settle_apart(self._settling.settle(video, model), video)
            else:
                await self._fail_unknown(video)

    async def _count(self) -> None:
        self._counted = time.monotonic()
        async with reading() as db:
            running = await leases.count_running(db)
        counts: Counter[str] = Counter()
        for name, number in running.items():
            if model := catalog.models().get(name):
                counts[model.server.name] += number
        for pace in self._paces.values():
            pace.running = counts[pace.server.name]
        with contextlib.suppress(*AWAY):  # then each has its part as before, and the sweep puts what is left out here
            workers = await queue.count_workers(self._me)
            for pace in self._paces.values():
                pace.among(workers)
            for server in catalog.servers().values():
                if server.max_jobs is not None:
                    await self._fill(server, server.max_jobs - counts[server.name])

    async def _fill(self, server: Server, places: int) -> None:
        """A server that may have so many jobs more gets those that are next in turn."""
        if places > 0:
            async with reading() as db:
                found = await leases.next_submits(db, server, min(places, MOST_FILLED))
            for video_id, attempt in found:
                await queue.put_again("submit", video_id, attempt)

    def _has_left(self, server: Server) -> None:
        """There is a place at that server."""
        if server.max_jobs is not None:
            self._counted = 0.0
            self.wake()

    async def _fail_unknown(self, video: Watched) -> None:
        """Its model has left the catalogue."""
        async with session() as db:
            await videos.fail(db, video, UnknownModel(video.model))

    def _settle_apart(self, work: Coroutine[Any, Any, None], video: Watched) -> None:
        """What concerns one video only must not hold up the looks."""
        self._told.pop(video.id, None)
        with trail.about(video):
            task = asyncio.create_task(work)
        self._settled.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._settled.discard(finished)
            if model := catalog.models().get(video.model):
                self._has_left(model.server)
            if not finished.cancelled() and (error := finished.exception()):
                with trail.about(video):
                    log.error("video %s: %s", video.id, error, exc_info=error)
            self.wake()

        task.add_done_callback(done)

    # --- one server ---

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
            claimed = await leases.claim_looks(db, models, limit, pace.ahead)
        group: list[Watched] = []
        for video in claimed:
            model = catalog.get(video.model)
            if is_overdue(video, model):
                self._settle_apart(self._settling.give_up(video, model), video)
            else:
                group.append(video)
        if group:
            await self._ask(pace, group)

    async def _ask(self, pace: Pace, group: list[Watched]) -> None:
        name, started, looked = pace.server.name, time.monotonic(), pace.engine.looked
        try:
            with timings.of(name, "look"):
                looks = await pace.engine.look([v.provider_id or "" for v in group])
        except (EngineError, Misconfigured) as error:
            self._failures[name] += 1
            told = error.retry_after if isinstance(error, Retryable) else None
            wait = backoff(min(self._failures[name], 5), told)
            log.warning("server %s: %s; asked again in %.0f s", name, getattr(error, "detail", "") or error, wait)
            pace.rest(wait)
            async with session() as db:
                await leases.look_again(db, {v.id: wait for v in group})
            await self._tell_waiting(group, error)
            return
        finally:
            pace.spent(pace.engine.looked - looked, time.monotonic() - started)
        self._failures.pop(name, None)
        await self._note(pace, group, looks)

    async def _note(self, pace: Pace, group: list[Watched], looks: dict[str, Look]) -> None:
        """Write down what the server said of these videos."""
        again: dict[int, float] = {}
        done: dict[int, str | None] = {}
        ended: list[tuple[Watched, Look]] = []
        for video in group:
            look = looks.get(video.provider_id or "")
            if look is None or look.state in ("queued", "running"):
                again[video.id] = pace.next_look(video, catalog.get(video.model), look)
                continue
            self._told.pop(video.id, None)
            pace.took(video)
            if look.state == "succeeded":
                done[video.id] = look.url
                with trail.about(video):
                    log.info("video %s is ready at %s", video.id, pace.server.name)
            else:
                ended.append((video, look))
        async with session() as db:
            await leases.look_again(db, again)
            if done:
                await leases.provider_done(db, done)
            for video, look in sorted(ended, key=lambda pair: pair[0].user_id):
                # each pays a user back: in one order, or two workers would wait for each other
                with trail.about(video):
                    await self._end(video, look, db)
        if done:
            self._ready()
        if done or ended:
            self._has_left(pace.server)
        await self._tell([(v, looks[v.provider_id or ""]) for v in group if v.id in again and v.provider_id in looks])

    async def _end(self, video: Watched, look: Look, db: Any) -> None:
        if look.again and await leases.try_again(db, video, video.provider_id or ""):
            log.warning("video %s was spoiled by the provider; it is tried once more", video.id)
            return
        error = look.error or EngineError("the provider canceled it" if look.state == "canceled" else "")
        log.warning("video %s failed at the provider: %s: %s", video.id, error.code, error.detail)
        await videos.fail(db, video, error)

    # --- news ---

    async def _tell(self, looked: list[tuple[Watched, Look]]) -> None:
        news: list[News] = []
        for video, look in looked:
            percent = int(look.progress) if look.progress is not None and look.state == "running" else None
            seen = (look.state, percent, look.ahead)
            if self._told.get(video.id) == seen:
                continue
            self._told[video.id] = seen
            stage: progress.Stage = "queued" if look.state == "queued" else "processing"
            news.append(News(video.user_id, video.id, stage=stage, progress=percent, ahead=look.ahead))
        while len(self._told) > MAX_TOLD:
            del self._told[next(iter(self._told))]
        if not await progress.publish_all(news):
            self._told.clear()

    async def _tell_waiting(self, group: list[Watched], error: EngineError | Misconfigured) -> None:
        for video in group:
            self._told.pop(video.id, None)
        await progress.publish_all([News(v.user_id, v.id, stage="waiting", note=to_note(error)) for v in group])
