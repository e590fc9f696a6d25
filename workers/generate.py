"""The steps that make one video: submit (its picture first), bring_home, sweep."""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import catalog, leases, pictures, queue, recipe, storage, timings, trail, videos
from core.catalog import Model
from core.connection import AWAY
from core.database import reading, session
from core.errors import (
    EngineError,
    NotAvailable,
    OutcomeUnknown,
    Permanent,
    PictureUnread,
    Retryable,
    TimedOut,
    UnknownModel,
    Unplayable,
    to_note,
)
from core.models import Picture, Video
from core.processes import Crashed, apart
from core.recipe import Recipe
from core.settings import settings
from workers.check import Made, check
from workers.engines import Engine, Job, Look
from workers.pace import Pace
from workers.steps import Engines, Reporter, Stopped, backoff, holding, is_overdue, job_of, with_picture, written

log = logging.getLogger(__name__)
Context = dict[str, Any]
UNKNOWN_LOOK = 3.0
SUFFIXES = {"key": "", "poster_key": ".poster", "preview_key": ".preview", "original_key": ".original"}


async def submit(context: Context, video_id: int) -> None:
    """Ask the provider to create the video, once.

    In this order: everything that may fail on our side (the picture, its framing), the intent, the call, the
    provider's id.
    """
    try:
        async with session() as db:
            video = await leases.claim_submit(db, video_id)
    except NotAvailable as error:
        log.warning("video %s is left to the sweep: %s", video_id, error)
        return
    if video is None:
        context["renders"].wake()  # perhaps it is one that we make ourselves
        return
    with trail.about(video):
        await _begin(context, video)


async def _begin(context: Context, video: Video) -> None:
    model = catalog.models().get(video.model)
    if model is None:
        await _refuse(video, UnknownModel(video.model))
    elif is_overdue(video, model):
        await _refuse(video, TimedOut())
    else:
        pace = context["watcher"].pace(model.server)
        async with holding(video, until_canceled=False):  # once it may have been sent, its id must be written down
            if job := await _prepare(pace, video):
                await _submit(pace, video, job)
        if video.cancel_requested:
            context["watcher"].wake()


async def _prepare(pace: Pace, video: Video) -> Job | None:
    """The job with its picture; None if there is none, which has been seen to. No server has heard of it yet."""
    engine = pace.engine
    try:
        with timings.of(pace.server.name, "frame"):
            return await engine.prepare(await with_picture(job_of(video), video, engine))
    except NotAvailable as error:
        await _put_back(video, error)
    except asyncio.CancelledError:
        # this worker stops: let another one begin it at once
        async with session() as db:
            await leases.look_again(db, {video.id: 0})
        raise
    except Permanent as error:
        await _refuse(video, error)
    except Exception as error:
        log.exception("video %s: its picture can't be made ready", video.id)
        await _refuse(video, PictureUnread(error))
    return None


async def _submit(pace: Pace, video: Video, job: Job) -> None:
    try:
        async with session() as db:
            if not await leases.intend(db, video):
                log.info("video %s ended or was taken over before it was sent", video.id)
                return
        with timings.of(pace.server.name, "create"):
            provider_id = await pace.engine.submit(job)
    except (Retryable, NotAvailable) as error:  # a part of ours that is away has kept it from being sent
        await _put_back(video, error)
    except Permanent as error:
        await _fail(video, error)
    except Exception as error:
        # whatever broke, it may have broken after the bytes were sent: look it up, never send it again
        known = isinstance(error, OutcomeUnknown)
        log.warning("video %s: outcome of create unknown: %s", video.id, error, exc_info=not known)
        await written(lambda db: leases.look_again(db, {video.id: UNKNOWN_LOOK}))
    else:
        log.info("video %s: %s has it as %s", video.id, pace.server.name, provider_id)
        first_look = pace.first_look()
        await written(lambda db: leases.submitted(db, video, provider_id, first_look))


async def _put_back(video: Video, error: Retryable | NotAvailable) -> None:
    """No server has it: tried again in a while."""
    log.info("video %s: not taken yet: %s", video.id, getattr(error, "detail", "") or error)
    wait = backoff(video.attempts, getattr(error, "retry_after", None))
    await written(lambda db: leases.release_submit(db, video, wait, to_note(error)))


async def _refuse(video: Video, error: Permanent | UnknownModel) -> None:
    """No server was asked for it and none will be: failed and paid back."""
    log.warning("video %s failed: %s: %s", video.id, error.code, getattr(error, "detail", error))
    await written(lambda db: leases.refuse(db, video, error))


async def _fail(video: Video, error: Exception) -> None:
    if not isinstance(error, EngineError | UnknownModel):
        log.exception("video %s failed on an error of ours", video.id, exc_info=error)
        error = EngineError(error)
    else:
        log.warning("video %s failed: %s: %s", video.id, error.code, getattr(error, "detail", error))
    why = error
    await written(lambda db: videos.fail(db, video, why))


async def bring_home(engines: Engines, video: Video, model: Model) -> None:
    """Fetch or make the file of a claimed video and end the video: completed, failed, or later again."""
    folder = Path(tempfile.mkdtemp(prefix=f"video-{video.id}-", dir=storage.workspace()))
    try:
        async with holding(video) as report:
            await _make(engines.of(model.server), video, folder, report)
    except Stopped:
        log.info("video %s ended or was taken over while its file was made", video.id)
    except NotAvailable as error:
        log.warning("video %s: %s Its lease runs out, and somebody goes on.", video.id, error)
    except Retryable as error:
        log.info("video %s: its file is not to be had yet: %s", video.id, error.detail or error)
        if is_overdue(video, model):
            await _fail(video, TimedOut())
        else:
            async with session() as db:
                await leases.look_again(db, {video.id: backoff(min(video.attempts, 4) - 1, error.retry_after)})
    except asyncio.CancelledError:
        # this worker stops: let another one have it at once
        async with session() as db:
            await leases.look_again(db, {video.id: 0})
        raise
    except OSError as error:
        await _local_trouble(video, model, error)
    except Exception as error:
        await _fail(video, error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _local_trouble(video: Video, model: Model, error: OSError) -> None:
    """Our own disk or network: tried again until the deadline, since the provider's work is done."""
    log.error("video %s: %s", video.id, error)
    if is_overdue(video, model):
        await _fail(video, EngineError(error.strerror or error))
        return
    async with session() as db:
        await leases.look_again(db, {video.id: backoff(min(video.attempts, 5))})


async def _make(engine: Engine, video: Video, folder: Path, report: Reporter) -> None:
    raw, job = folder / "raw.mp4", job_of(video)
    if engine.server.local:
        job = await with_picture(job, video, engine)
    look = Look("succeeded", url=video.finished_url)
    with timings.of(engine.server.name, "render" if engine.server.local else "fetch"):
        await engine.fetch(job, video.provider_id or "", look, raw, report)
    async with reading() as db:
        picture = await pictures.of_video(db, video)
    with timings.of(engine.server.name, "check"):
        made = await _checked(raw, folder, _tags(video, picture, job.model))
    files = {"key": made.video, "poster_key": made.poster, "preview_key": made.preview}
    if settings().keep_originals:
        files["original_key"] = made.original
    size = sum(path.stat().st_size for path in files.values() if path)
    with timings.of(engine.server.name, "store"):
        keys = await _keep(video, files)
    async with session() as db:
        finished = await videos.finish(
            db, video, **keys, width=made.width, height=made.height, duration=made.seconds, size_bytes=size
        )
    if not finished:
        await storage.delete(*keys.values())
    said = {"key": keys["key"], "bytes": size} if finished else {}
    log.info("video %s %s", video.id, "completed" if finished else "had ended before its file came", extra=said)


async def _checked(raw: Path, folder: Path, tags: dict[str, str]) -> Made:
    """`check`, without blocking. Raises Unplayable; OSError if our own disk refuses."""
    try:
        return await apart(check, raw, folder, tags, settings().compress_above_mbps)
    except Crashed:
        raise Unplayable("it crashes the decoder") from None


async def _keep(video: Video, files: Mapping[str, Path | None]) -> dict[str, str]:
    """Bring these files, by their columns, to the storage; the keys by the same columns."""
    base = storage.new_key(f"videos/{video.id}", "")
    there = {column: path for column, path in files.items() if path}
    keys = {column: f"{base}{SUFFIXES[column]}{path.suffix}" for column, path in there.items()}
    await asyncio.gather(*(storage.keep(path, keys[column]) for column, path in there.items()))
    return keys


def _tags(video: Video, picture: Picture | None, model: Model) -> dict[str, str]:
    """How the file was made, for whoever finds it later; the settings last, where a reader looks for them."""
    origin = "Camera move over a still picture, no AI" if model.server.local else "AI-generated video"
    return {
        "title": video.prompt[:100],
        "comment": f"{origin}. Made with AdsVideo, model {video.label}.",
        "adsvideo_model": video.model,
        "adsvideo_prompt": video.prompt,
        "adsvideo_ai_generated": "false" if model.server.local else "true",
        "adsvideo_settings": recipe.write(Recipe.portable(video, picture)),
    }


async def sweep(context: Context) -> None:
    """Put back on the queue whatever the database says should be there."""
    try:
        async with reading() as db:
            overdue = await leases.overdue_submits(db)
    except NotAvailable as error:
        log.warning("sweep: %s", error)
        return
    try:
        for video_id, attempt in overdue:
            await queue.put_again("submit", video_id, attempt)
    except AWAY as error:
        log.debug("sweep: %s", error)
