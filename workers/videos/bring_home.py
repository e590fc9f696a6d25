"""Fetches or makes the file of a finished video, checks it and stores it."""

import asyncio
import contextlib
import logging
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from core.catalog.entries import Model
from core.database.session import one_trip, session
from core.errors import (
    EngineError,
    FileUnreached,
    NotAvailable,
    NotHandedOut,
    NotReady,
    Retryable,
    TimedOut,
)
from core.models import Picture, Video, now
from core.ops import step_timings
from core.pictures import uploads
from core.settings import settings
from core.storage import store
from core.videos import claims, costs, looks, recipe, states
from core.videos.recipe import Recipe
from workers.edits.steps import edited, own_words
from workers.engines import Engine, Look
from workers.videos.checked import check_apart
from workers.videos.steps import (
    Engines,
    Reporter,
    Stopped,
    backoff,
    fail,
    holding,
    is_overdue,
    job_of,
    with_picture,
)

log = logging.getLogger(__name__)
NO_FILE_SECONDS = 120.0
"""So long a server that calls a video finished may keep its file back."""
SUFFIXES = {"key": "", "poster_key": ".poster", "preview_key": ".preview", "original_key": ".original"}


async def bring_home(engines: Engines, video: Video, model: Model) -> None:
    """Fetch or make the file of a claimed video and end the video: completed, failed, or tried later."""
    folder = Path(tempfile.mkdtemp(prefix=f"video-{video.id}-", dir=store.workspace()))
    try:
        async with holding(video) as report:
            await _make(engines, model, video, folder, report)
    except Stopped:
        log.info("video %s ended or was taken over while its file was made", video.id)
    except NotAvailable as error:
        log.warning("video %s: %s Its lease runs out, and somebody goes on.", video.id, error)
    except Retryable as error:
        await _later(video, model, error)
    except asyncio.CancelledError:
        # this worker stops: another one may take it at once
        async with session() as db:
            await looks.schedule_looks(db, {video.id: 0})
        raise
    except OSError as error:
        await _local_trouble(video, model, error)
    except Exception as error:
        await fail(video, error)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _later(video: Video, model: Model, error: Retryable) -> None:
    """The file is not to be had yet: asked for again, unless the time for it is up."""
    log.info("video %s: its file is not to be had yet: %s", video.id, error.detail or error)
    wait, overdue = backoff(min(video.attempts, 4) - 1, error.retry_after), is_overdue(video, model)
    if isinstance(error, NotHandedOut):
        since = video.no_file_since or now()
        if overdue or (now() - since).total_seconds() > NO_FILE_SECONDS:
            await fail(video, error.final)
        else:
            async with session() as db:
                await claims.kept_back(db, video, since, wait)
    elif overdue:
        await fail(video, TimedOut() if isinstance(error, NotReady) else FileUnreached(error.detail))
    else:
        async with session() as db:
            await looks.schedule_looks(db, {video.id: wait})


async def _local_trouble(video: Video, model: Model, error: OSError) -> None:
    """Our own disk or network fails: try until the deadline, since the provider's work is done."""
    log.error("video %s: %s", video.id, error)
    if is_overdue(video, model):
        await fail(video, EngineError(error.strerror or error))
        return
    async with session() as db:
        await looks.schedule_looks(db, {video.id: backoff(min(video.attempts, 5))})


async def _make(engines: Engines, model: Model, video: Video, folder: Path, report: Reporter) -> None:
    with own_words() if video.edit is not None else contextlib.nullcontext():
        await _made(engines, model, video, folder, report)


async def _made(engines: Engines, model: Model, video: Video, folder: Path, report: Reporter) -> None:
    raw, name, note = folder / "raw.mp4", model.server.name, ""
    with step_timings.measure(name, "render" if model.server.local else "fetch"):
        if video.edit is not None:
            note = await edited(video, folder, raw, report)
        else:
            note = await _from_engine(engines.of(model.server), video, raw, report)
    async with one_trip() as db:
        picture = await uploads.of_video(db, video)
    with step_timings.measure(name, "check"):
        checked = await check_apart(raw, folder, _tags(video, picture, model))
    files = {"key": checked.video, "poster_key": checked.poster, "preview_key": checked.preview}
    if settings().keep_originals:
        files["original_key"] = checked.original
    size = sum(path.stat().st_size for path in files.values() if path)
    with step_timings.measure(name, "store"):
        keys = await _keep(video, files)
    async with one_trip() as db:
        finished = await states.finish(
            db,
            video,
            **keys,
            width=checked.width,
            height=checked.height,
            duration=checked.seconds,
            size_bytes=size,
            note=note,
            expected_usd=costs.expected(model, video.seconds),
        )
    if not finished:
        await store.delete(*keys.values())
    extra = {"key": keys["key"], "bytes": size} if finished else {}
    log.info("video %s %s", video.id, "completed" if finished else "had ended before its file came", extra=extra)


async def _from_engine(engine: Engine, video: Video, raw: Path, report: Reporter) -> str:
    """Write the engine's file to `raw`; what the engine notes about it."""
    job = job_of(video)
    if engine.server.local:
        job = await with_picture(job, video, engine)
    await engine.fetch(job, video.provider_id or "", Look("succeeded", url=video.finished_url), raw, report)
    return engine.note(job)


async def _keep(video: Video, files: Mapping[str, Path | None]) -> dict[str, str]:
    """Move files to the storage; maps their columns to the new keys."""
    base = store.new_key(f"videos/{video.id}", "")
    paths = {column: path for column, path in files.items() if path}
    keys = {column: f"{base}{SUFFIXES[column]}{path.suffix}" for column, path in paths.items()}
    await asyncio.gather(*(store.keep(path, keys[column]) for column, path in paths.items()))
    return keys


def _tags(video: Video, picture: Picture | None, model: Model) -> dict[str, str]:
    """The MP4's tags: how it was made. The settings come last, where the browser looks for them."""
    has_ai = video.has_ai if video.kind != "generated" else not model.server.local
    origin = "AI-generated video" if has_ai else "Camera move over a still picture, no AI"
    if video.kind != "generated":
        origin = "Edited video, parts of it AI-generated" if has_ai else "Edited video, no AI"
    return {
        "title": (video.title or video.prompt)[:100],
        "comment": f"{origin}. Made with AdsVideo, model {video.label}.",
        "adsvideo_model": video.model,
        "adsvideo_prompt": video.prompt,
        "adsvideo_ai_generated": "true" if has_ai else "false",
        "adsvideo_settings": recipe.write(Recipe.portable(video, picture)),
    }
