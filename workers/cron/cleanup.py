"""Removes files of deleted videos, videos past RETENTION_DAYS or a user's quota, and files without a row."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from core.accounts import sessions
from core.database.session import reading, session
from core.edits import exports
from core.models import VIDEO_KEYS
from core.settings import settings
from core.storage import store
from core.storage.disk import Disk
from core.videos import retention
from workers.cron import Context, clock

log = logging.getLogger(__name__)
Say = Callable[[str], None]
ROUNDS = 20
"""The most batches of one run; the next hour does the rest."""
MAX_ORPHANS = 10_000


@clock(second=30, at_start=True)
async def remove_deleted(context: Context) -> None:
    """Remove the files first, then the rows: if we stop in between, the next run still finds them."""
    await _remove_deleted()


async def _remove_deleted() -> int:
    async with reading() as db:
        videos = await retention.removable(db)
    if not videos:
        return 0
    for video in videos:
        await store.delete(*exports.keys_of(video), *(getattr(video, name) for name in VIDEO_KEYS))
    async with session() as db:
        await retention.clear_keys(db, [video.id for video in videos])
    log.info("the files of %s deleted videos are removed", len(videos))
    return len(videos)


@clock(minute=17, second=45)
async def clean(context: Context) -> None:
    """Apply RETENTION_DAYS and STORAGE_QUOTA_GB, remove orphaned files and expired sessions. Runs every hour."""
    await run(log.info)
    async with session() as db:
        await sessions.forget_old(db)


async def run(say: Say, *, dry: bool = False, at_once: int = retention.IN_ONE_STATEMENT) -> int:
    """Remove videos and files that are not kept; return how many. `say` gets one line for each.

    With `dry` nothing is removed. Videos are removed in batches of `at_once` per reason.
    """
    removed = await _videos(say, dry=dry, at_once=at_once)
    removed += await _orphans(say, dry=dry)
    return removed


async def _videos(say: Say, *, dry: bool, at_once: int) -> int:
    count = 0
    for _ in range(1 if dry else ROUNDS):
        async with reading() as db:
            old = await retention.too_old(db, at_once)
            over = await retention.over_quota(db, besides={video.id for video in old}, limit=at_once)
        if not old and not over:
            break
        for why, videos in (("too old", old), ("over the quota", over)):
            for video in videos:
                say(f"video {video.id} of user {video.user_id}, {video.bytes} bytes: {why}")
        if dry:
            return len(old) + len(over)
        async with session() as db:
            removed = await retention.delete_for_good(db, [video.id for video in old], shared=False)
            removed += await retention.delete_for_good(db, [video.id for video in over], shared=True)
        count += len(removed)
    while not dry and count and await _remove_deleted():
        pass
    return count


async def _files() -> AsyncIterator[tuple[Any, list[tuple[str, Any]]]]:
    """The stored files in batches, with their storage; with a bucket also the local workspace."""
    place = store.place()
    for prefix in retention.PREFIXES:
        async for files in place.files(prefix):
            yield place, files
    if not isinstance(place, Disk):
        workspace = Disk(settings().data_folder)
        async for files in workspace.files("tmp/"):
            yield workspace, files


async def _orphans(say: Say, *, dry: bool) -> int:
    removed = 0
    async for place, files in _files():
        async with reading() as db:
            keys = await retention.orphans(db, files)
        for key in keys[: MAX_ORPHANS - removed]:
            say(f"{key} in {place}: no video or picture knows it")
            if not dry:
                await place.delete(key)
            removed += 1
        if removed == MAX_ORPHANS:
            break
        await asyncio.sleep(0)
    return removed
