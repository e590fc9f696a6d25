"""Ads as their owner sees them: how far they are; a failed shot made anew; canceled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import users
from core.ads import sight, storyboard
from core.ads.ask import shot_video
from core.ads.sight import Sight
from core.ads.storyboard import Storyboard
from core.billing.paying import paying
from core.catalog import availability
from core.catalog.entries import Model
from core.database.session import reading
from core.errors import Conflict, NotEnoughCredits, NotEnoughForAd, NotFound, NotSignedIn
from core.models import ACTIVE, Ad, AdShot, Picture, User, Video, now
from core.phrase import Phrase
from core.videos import lanes, many, states

Status = Literal["processing", "attention", "completed", "failed", "canceled"]
FAILED = ("failed", "canceled")


@dataclass(frozen=True)
class Made:
    """An ad: `shots` with their videos, by format and position; `videos` are the ads themselves, one a format."""

    ad: Ad
    shots: Sequence[tuple[AdShot, Video]]
    videos: Sequence[Video]

    @property
    def board(self) -> Storyboard:
        """What it is made of."""
        return storyboard.stored(self.ad.storyboard)

    @property
    def status(self) -> Status:
        """`attention`: a shot has failed and waits for its owner; the others go on."""
        if self.ad.canceled_at:
            return "canceled"
        if all(video.status == "completed" for video in self.videos):
            return "completed"
        if any(video.status in FAILED for video in self.videos):
            return "failed"
        return "attention" if self.failed() else "processing"

    def failed(self, position: int | None = None) -> list[tuple[AdShot, Video]]:
        """The shots that did not come about, all or those at one position."""
        return [one for one in self.shots if one[1].status in FAILED and position in (None, one[0].position)]


async def owned(db: AsyncSession, user_id: int, ad_id: int) -> Made:
    """That user's ad. Raises NotFound."""
    ad = (await db.exec(select(Ad).where(Ad.user_id == user_id, Ad.id == ad_id))).first()
    if ad is None:
        raise NotFound(Phrase("ad"))
    return (await _with_videos(db, [ad]))[0]


async def page(db: AsyncSession, user_id: int, before: int | None, limit: int) -> list[Made]:
    """A user's ads, newest first, with an id below `before`."""
    query = select(Ad).where(Ad.user_id == user_id).order_by(col(Ad.id).desc())
    if before is not None:
        query = query.where(col(Ad.id) < before)
    return await _with_videos(db, (await db.exec(query.limit(limit))).all())


async def _with_videos(db: AsyncSession, ads: Sequence[Ad]) -> list[Made]:
    ids = [ad.id for ad in ads]
    query = select(AdShot, Video).join(Video, col(Video.id) == col(AdShot.video_id))
    query = query.where(col(AdShot.ad_id).in_(ids)).execution_options(populate_existing=True)
    shots = (await db.exec(query)).all()
    own = select(Video).where(col(Video.ad_id).in_(ids), Video.kind == "ad").order_by(col(Video.id))
    videos = (await db.exec(own.execution_options(populate_existing=True))).all()
    return [
        Made(
            ad,
            sorted(
                (one for one in shots if one[0].ad_id == ad.id),
                key=lambda one: (ad.sizes.index(one[0].size), one[0].position),
            ),
            [video for video in videos if video.ad_id == ad.id],
        )
        for ad in ads
    ]


async def retry(user: User, ad_id: int, position: int, model_id: str | None = None) -> Made:
    """Make the failed shots at a position anew, in all formats, charged anew, with another model if one is named.

    Raises NotFound; Conflict where nothing has failed, so a double click charges once; UnknownModel, ModelUnavailable,
    NotEnoughForAd, and what `many.charge_all` raises.
    """
    async with reading() as db:
        made = await owned(db, user.id, ad_id)
        owner = await users.get(db, user.id)
        if position not in {shot.position for shot, _video in made.shots}:
            raise NotFound(Phrase("shot"))
        if made.ad.canceled_at or not (failed := made.failed(position)):
            raise _nothing_failed()
        picture = await db.get(Picture, failed[0][1].picture_id)
    if owner is None:
        raise NotSignedIn()
    if picture is None or picture.deleted_at:
        raise NotFound(Phrase("picture"))
    seen = (await sight.of([picture]))[picture.id]
    shot = made.board.shots[position]
    model = await availability.choose(model_id or shot.model or failed[0][1].model)
    try:
        async with paying(owner.id) as db:
            await _replace(db, owner, made=made, failed=failed, seen=seen, model=model)
    except NotEnoughCredits as error:
        raise NotEnoughForAd(int(str(error.values["cost"])), int(str(error.values["credits"]))) from None
    async with reading() as db:
        return await owned(db, user.id, ad_id)


async def _replace(
    db: AsyncSession,
    user: User,
    *,
    made: Made,
    failed: Sequence[tuple[AdShot, Video]],
    seen: Sight,
    model: Model,
) -> None:
    videos = [shot_video(user, made.board, (shot.position, shot.size), seen, model) for shot, _old in failed]
    lane = await lanes.lane(db, user)
    for video in videos:
        video.ad_id, video.lane = made.ad.id, lane
    rows = many.rows_of(videos)
    await many.write_all(db, user, rows)
    for (shot, old), row in zip(failed, rows, strict=True):
        place = (col(AdShot.ad_id) == shot.ad_id, col(AdShot.position) == shot.position, col(AdShot.size) == shot.size)
        change = update(AdShot).where(*place, col(AdShot.video_id) == old.id).values(video_id=row["id"])
        if not (await db.exec(change)).rowcount:  # somebody else was first
            raise _nothing_failed()
    await many.charge_all(db, user, rows)
    many.send_off(db, rows)


def _nothing_failed() -> Conflict:
    return Conflict(Phrase("Nothing has failed here."))


async def cancel(db: AsyncSession, user_id: int, ad_id: int) -> Made:
    """Stop an ad: what has not been started is paid back, like any video. Raises NotFound; Conflict if it has ended."""
    made = await owned(db, user_id, ad_id)
    if made.status not in ("processing", "attention"):
        raise Conflict(Phrase("This ad has already ended."))
    change = update(Ad).where(col(Ad.id) == ad_id, col(Ad.canceled_at).is_(None)).values(canceled_at=now())
    if not (await db.exec(change)).rowcount:
        raise Conflict(Phrase("This ad has already ended."))
    for video in [*(video for _shot, video in made.shots), *made.videos]:
        if video.status in ACTIVE:
            try:
                await states.cancel(db, user_id, video.id)
            except Conflict:  # it has just ended, or is being downloaded: then it stays
                continue
    await db.refresh(made.ad)
    return (await _with_videos(db, [made.ad]))[0]
