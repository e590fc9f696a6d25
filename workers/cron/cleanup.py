"""Removes what is not to be kept: deleted videos' files, videos past their age or a user's room, files nobody knows."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from core.database.session import reading, session
from core.models import VIDEO_KEYS
from core.settings import settings
from core.storage import store
from core.storage.disk import Disk
from core.videos import retention

log = logging.getLogger(__name__)
Context = dict[str, Any]
Say = Callable[[str], None]
ROUNDS = 20
"""Batches of one run at most; what is left waits for the next hour."""
MAX_ORPHANS = 10_000


async def remove_deleted(context: Context) -> None:
    """Files first, then the row that names them: whatever stops us in between, the next run finds them again."""
    await _remove_deleted()


async def _remove_deleted() -> int:
    async with reading() as db:
        found = await retention.removable(db)
    if not found:
        return 0
    for video in found:
        await store.delete(*(getattr(video, name) for name in VIDEO_KEYS))
    async with session() as db:
        await retention.removed(db, [video.id for video in found])
    log.info("the files of %s deleted videos are removed", len(found))
    return len(found)


async def clean(context: Context) -> None:
    """Every hour: RETENTION_DAYS, STORAGE_QUOTA_GB and orphans."""
    await run(log.info)


async def run(say: Say, *, dry: bool = False, at_once: int = retention.IN_ONE_STATEMENT) -> int:
    """Remove it, or with `dry` only say what would be removed, a line each; how many videos and files it is.

    Videos go in batches of `at_once` for each reason.
    """
    removed = await _videos(say, dry=dry, at_once=at_once)
    removed += await _orphans(say, dry=dry)
    return removed


async def _videos(say: Say, *, dry: bool, at_once: int) -> int:
    gone = 0
    for _ in range(1 if dry else ROUNDS):
        async with reading() as db:
            old = await retention.too_old(db, at_once)
            over = await retention.over_quota(db, besides={video.id for video in old}, limit=at_once)
        if not old and not over:
            break
        for why, found in (("too old", old), ("over the quota", over)):
            for video in found:
                say(f"video {video.id} of user {video.user_id}, {video.bytes} bytes: {why}")
        if dry:
            return len(old) + len(over)
        async with session() as db:
            went = await retention.let_go(db, [video.id for video in old], shared=False)
            went += await retention.let_go(db, [video.id for video in over], shared=True)
        gone += len(went)
    while not dry and gone and await _remove_deleted():
        pass
    return gone


async def _files() -> AsyncIterator[tuple[Any, list[tuple[str, Any]]]]:
    """Some files at a time of where they are kept, and of the workspace, which a bucket leaves on this machine."""
    place = store.place()
    for prefix in retention.PREFIXES:
        async for files in place.files(prefix):
            yield place, files
    if not isinstance(place, Disk):
        here = Disk(settings().data_folder)
        async for files in here.files("tmp/"):
            yield here, files


async def _orphans(say: Say, *, dry: bool) -> int:
    removed = 0
    async for place, files in _files():
        async with reading() as db:
            found = await retention.orphans(db, files)
        for key in found[: MAX_ORPHANS - removed]:
            say(f"{key} in {place}: no video or picture knows it")
            if not dry:
                await place.delete(key)
            removed += 1
        if removed == MAX_ORPHANS:
            break
        await asyncio.sleep(0)
    return removed
