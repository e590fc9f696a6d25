"""The submit step of a video: frame its picture, then ask the provider to create it."""

import asyncio
import logging
from typing import Any

from core.catalog import entries
from core.database.session import one_trip, session
from core.errors import NotAvailable, OutcomeUnknown, Permanent, PictureUnread, Retryable, TimedOut, UnknownModel
from core.models import Video
from core.notes import to_note
from core.ops import log_context, step_timings
from core.videos import claims, looks
from workers.engines import Job
from workers.videos.pace import Pace
from workers.videos.steps import (
    backoff,
    fail,
    holding,
    is_overdue,
    job_of,
    save,
    with_picture,
)

log = logging.getLogger(__name__)
Context = dict[str, Any]
UNKNOWN_LOOK = 3.0


async def submit(context: Context, video_id: int) -> None:
    """Ask the provider to create the video, once.

    In this order: everything that may fail on our side (the picture, its framing), the intent, the call, the
    provider's id.
    """
    try:
        async with one_trip() as db:
            video = await claims.claim_submit(db, video_id)
    except NotAvailable as error:
        log.warning("video %s is left to the sweep: %s", video_id, error)
        return
    if video is None:
        context["renders"].wake()  # it may be a local video
        return
    with log_context.about(video):
        await _begin(context, video)


async def _begin(context: Context, video: Video) -> None:
    model = entries.models().get(video.model)
    if model is None:
        await _refuse(video, UnknownModel(video.model))
    elif is_overdue(video, model):
        await _refuse(video, TimedOut())
    else:
        pace = context["watcher"].pace(model.server)
        async with holding(video, until_canceled=False):  # once sent, its id must be saved
            if job := await _prepare(pace, video):
                await _submit(pace, video, job)
        if video.cancel_requested:
            context["watcher"].wake()


async def _prepare(pace: Pace, video: Video) -> Job | None:
    """The job with its picture; None if that failed, and then the video is settled. No video is asked for yet."""
    engine = pace.engine
    try:
        with step_timings.measure(pace.server.name, "frame"):
            return await engine.prepare(await with_picture(job_of(video), video, engine))
    except (Retryable, NotAvailable) as error:
        await _put_back(video, error)
    except asyncio.CancelledError:
        # this worker stops: another one may begin it at once
        async with session() as db:
            await looks.schedule_looks(db, {video.id: 0})
        raise
    except Permanent as error:
        await _refuse(video, error)
    except Exception as error:
        log.exception("video %s: its picture can't be made ready", video.id)
        await _refuse(video, PictureUnread(error))
    return None


async def _submit(pace: Pace, video: Video, job: Job) -> None:
    try:
        async with one_trip() as db:
            if not await claims.intend(db, video):
                log.info("video %s ended or was taken over before it was sent", video.id)
                return
        with step_timings.measure(pace.server.name, "create"):
            provider_id = await pace.engine.submit(job)
    except (Retryable, NotAvailable) as error:  # NotAvailable: our own database was away before it was sent
        await _put_back(video, error)
    except Permanent as error:
        await fail(video, error)
    except Exception as error:
        # whatever broke, it may have broken after the bytes were sent: look it up, never send it again
        is_expected = isinstance(error, OutcomeUnknown)
        log.warning("video %s: outcome of create unknown: %s", video.id, error, exc_info=not is_expected)
        await save(lambda db: looks.schedule_looks(db, {video.id: UNKNOWN_LOOK}))
    else:
        log.info("video %s: %s has it as %s", video.id, pace.server.name, provider_id)
        first_look = pace.first_look()
        await save(lambda db: claims.mark_submitted(db, video, provider_id, first_look), one_trip)


async def _put_back(video: Video, error: Retryable | NotAvailable) -> None:
    """No server has the video: try later."""
    log.info("video %s: not taken yet: %s", video.id, getattr(error, "detail", "") or error)
    wait = backoff(video.attempts, getattr(error, "retry_after", None))
    await save(lambda db: claims.release_submit(db, video, wait, to_note(error)))


async def _refuse(video: Video, error: Permanent | UnknownModel) -> None:
    """Fail and refund a video that was never sent."""
    log.warning("video %s failed: %s: %s", video.id, error.code, getattr(error, "detail", error))
    await save(lambda db: claims.refuse(db, video, error))
