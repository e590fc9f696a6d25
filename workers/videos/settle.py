"""Settles single videos: an unknown outcome, a cancel, a deadline. docs/flow.md has the rules."""

import asyncio
import logging

from core.catalog.entries import Model
from core.database.session import reading, session
from core.errors import EngineError, NotTaken, Retryable, TimedOut
from core.models import Video, now
from core.ops import step_timings
from core.videos import claims, looks, states
from core.videos.looks import Watched
from workers.engines import Engine
from workers.videos.steps import Engines, backoff, is_overdue, job_of

log = logging.getLogger(__name__)
UNKNOWN_SECONDS = 45.0
ABSENT_SECONDS = 15.0
LOOK_SECONDS = 3.0
PATIENCE = 12.0  # for one call, so that it ends within the lease and every outcome within a minute


class Settling:
    """What the watcher does for single videos."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines

    async def settle(self, video: Watched, model: Model) -> None:
        """Settle a claimed video whose outcome is unknown or that is to be canceled."""
        if is_overdue(video, model):
            await self.give_up(video, model)
        elif video.provider_id:
            await self._cancel(video, model)
        else:
            await self._resolve(video, model)

    async def give_up(self, video: Watched, model: Model) -> None:
        """Fail and refund an overdue video, and cancel it at the provider."""
        if video.provider_id:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.engines.of(model.server).cancel(video.provider_id)
            except (EngineError, TimeoutError) as error:
                log.info("video %s: not canceled at the provider: %s", video.id, error)
        log.warning("video %s has used up its time", video.id)
        async with session() as db:
            await states.fail(db, video, TimedOut())

    async def _cancel(self, video: Watched, model: Model) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                with step_timings.measure(model.server.name, "cancel"):
                    not_started = await self.engines.of(model.server).cancel(video.provider_id or "")
        except (Retryable, TimeoutError) as error:
            retry_after = error.retry_after if isinstance(error, Retryable) else None
            async with session() as db:
                await looks.schedule_looks(db, {video.id: backoff(1, retry_after)}, unless_ready=True)
            return
        except EngineError as error:
            log.info("video %s: cancel: %s", video.id, error)
            not_started = False
        async with session() as db:
            await states.mark_canceled(db, video, had_started=not not_started)

    async def _resolve(self, watched: Watched, model: Model) -> None:
        """Resolve an unknown outcome of create, by the first rule that fits:

        - the provider lists exactly one such job that no video of ours has, and no other video may be it: take it;
        - the provider certainly has none, and ABSENT_SECONDS have passed for its list to catch up: lost, refunded;
        - the job can't be identified or the provider can't list: lost and refunded after UNKNOWN_SECONDS.

        Create is never sent a second time.
        """
        async with reading() as db:
            video = await db.get(Video, watched.id)
        if video is None:
            return
        engine = self.engines.of(model.server)
        since = (now() - (video.submitted_at or video.created_at)).total_seconds()
        provider_ids = await self._find(engine, video)
        if provider_ids and await self._adopt(engine, video, provider_ids):
            return
        absent = provider_ids is not None and not provider_ids
        if since > UNKNOWN_SECONDS or (absent and since > ABSENT_SECONDS):
            await self._lose(video)
            return
        log.info("video %s: waiting for the outcome of create, %.0f s old", video.id, since)
        async with session() as db:
            await looks.schedule_looks(db, {video.id: LOOK_SECONDS}, unless_ready=True)

    async def _find(self, engine: Engine, video: Video) -> list[str] | None:
        """The server's jobs that may be this video; None if the server can't tell."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await engine.find(job_of(video))
        except (EngineError, TimeoutError) as error:
            log.info("video %s: outcome of create still unknown: %s", video.id, getattr(error, "detail", "") or error)
            return None

    async def _adopt(self, engine: Engine, video: Video, provider_ids: list[str]) -> bool:
        async with session() as db:
            taken = await looks.used_provider_ids(db, video.model, provider_ids)
            free = [provider_id for provider_id in provider_ids if provider_id not in taken]
            if len(free) != 1 or await looks.has_identical_request(db, video):
                return False
            return await claims.mark_submitted(db, video, free[0], engine.min_poll_seconds)

    async def _lose(self, video: Video) -> None:
        async with session() as db:
            if video.cancel_requested:
                await states.mark_canceled(db, video, had_started=False)
            else:
                await states.fail(db, video, NotTaken("the create call broke off and the job was not found"))
        log.warning("video %s: the create call broke off and no job was found", video.id)
