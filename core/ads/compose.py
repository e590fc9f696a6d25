"""Puts an ad together once all shots of a format are there: its video, which waited, becomes an edit that is due."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.ads import layout, storyboard
from core.ads.ask import LATER
from core.catalog import entries
from core.catalog.size import Size
from core.database.session import Unit
from core.database.statements import loaded, rows
from core.errors import SourceGone
from core.models import Ad, AdShot, Video, now
from core.videos import states

AT_ONCE = 20


def _waits() -> tuple[ColumnElement[bool], ...]:
    """Conditions: an ad's own video whose shots are not all there yet; ix_videos_due finds them."""
    return col(Video.status) == "pending", col(Video.next_look_at) == LATER, col(Video.kind) == "ad"


@cache
def _complete() -> Any:
    """The ads in one format whose shots are all completed. Built once, as every worker asks for them every second."""
    shot = aliased(Video)
    of_format = select(AdShot.video_id).join(shot, col(shot.id) == col(AdShot.video_id))
    missing = of_format.where(AdShot.ad_id == Video.ad_id, AdShot.size == Video.size, shot.status != "completed")
    return select(*states.video_table.c).where(*_waits(), ~missing.exists()).order_by(col(Video.id)).limit(AT_ONCE)


async def due(db: Unit) -> list[Video]:
    """Ads in one format whose shots are all completed."""
    return [loaded(Video, row) for row in await rows(db, _complete(), {})]


async def begin(db: AsyncSession, video: Video) -> bool:
    """Make the video due, with the edit that joins its shots. False if somebody else was first or it has ended.

    Where a shot has been deleted meanwhile, it fails with SourceGone.
    """
    ad = await db.get(Ad, video.ad_id)
    query = select(Video).join(AdShot, col(AdShot.video_id) == col(Video.id)).order_by(col(AdShot.position))
    shots = (await db.exec(query.where(AdShot.ad_id == video.ad_id, AdShot.size == video.size))).all()
    if ad is None or not shots or any(shot.deleted_at or not shot.width or not shot.height for shot in shots):
        return await states.fail(db, video, SourceGone())
    board = storyboard.stored(ad.storyboard)
    clips = [(shot.id, Size(shot.width or 0, shot.height or 0)) for shot in shots]
    changed = await states.change(
        db,
        col(Video.id) == video.id,
        *_waits(),
        edit=layout.edit_body(board, video.size, clips),
        made_from=[shot.id for shot in shots],
        has_ai=any(shot.model not in entries.local_models() for shot in shots),
        next_look_at=now(),
    )
    if changed:
        states.tell(db, changed, "pending", stage="queued")
    return changed is not None
