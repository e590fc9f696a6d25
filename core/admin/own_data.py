"""Exports and erases a user's data.

After erasing only numbers remain: ledger rows, so that every sum is still right, and videos without prompt or file.
Nothing left names or shows anybody.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import delete
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import users
from core.admin import audit
from core.billing import payments
from core.database.session import after_commit
from core.errors import Conflict, NotFound, WrongInput
from core.models import (
    ACTIVE,
    PICTURE_KEYS,
    VIDEO_KEYS,
    Ad,
    AdShot,
    ApiKey,
    Audio,
    AuditEntry,
    Batch,
    BatchRow,
    Brand,
    Comment,
    LedgerEntry,
    Like,
    Picture,
    Report,
    Template,
    User,
    Video,
    WebhookDelivery,
    WebhookEndpoint,
    now,
)
from core.notes import from_note
from core.phrase import Phrase
from core.redis.news import SIGNED_OUT, News, publish
from core.videos import states

MOST_PAYMENTS = 10_000


@dataclass(frozen=True)
class OwnData:
    """A user's data: tables by name, and files as (name in the archive, key in the storage)."""

    tables: dict[str, Any]
    files: list[tuple[str, str]]


async def collect(session: AsyncSession, user_id: int) -> OwnData:
    """Everything stored about a user that is not deleted. Raises NotFound."""
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound(Phrase("user"))
    videos = (await session.exec(select(Video).where(Video.user_id == user_id, col(Video.deleted_at).is_(None)))).all()
    own_pictures = (Picture.user_id == user_id, col(Picture.deleted_at).is_(None))
    pictures = (await session.exec(select(Picture).where(*own_pictures))).all()
    audio = (await session.exec(select(Audio).where(Audio.user_id == user_id, col(Audio.deleted_at).is_(None)))).all()
    templates = (await session.exec(select(Template).where(Template.user_id == user_id))).all()
    endpoints = (await session.exec(select(WebhookEndpoint).where(WebhookEndpoint.user_id == user_id))).all()
    entries = (await session.exec(select(LedgerEntry).where(LedgerEntry.user_id == user_id))).all()
    ads = (await session.exec(select(Ad).where(Ad.user_id == user_id))).all()
    batches = (await session.exec(select(Batch).where(Batch.user_id == user_id))).all()
    own_brands = (Brand.user_id == user_id, col(Brand.deleted_at).is_(None))
    brands = (await session.exec(select(Brand).where(*own_brands))).all()
    paid_for = await payments.payments(session, user_id, MOST_PAYMENTS)
    keys = (await session.exec(select(ApiKey).where(ApiKey.user_id == user_id))).all()
    tables = {
        "me": user.model_dump(mode="json", exclude={"epoch", "erased_at", "erased_as"}),
        "ledger": [line.model_dump(mode="json", exclude={"user_id"}) for line in entries],
        "payments": [paid.model_dump(mode="json", exclude={"user_id"}) for paid in paid_for],
        "videos": [_video(video) for video in videos],
        "pictures": [picture.model_dump(mode="json", exclude={"user_id"}) for picture in pictures],
        "audio": [sound.model_dump(mode="json", exclude={"user_id"}) for sound in audio],
        "ads": [ad.model_dump(mode="json", exclude={"user_id", "request_sha256"}) for ad in ads],
        "batches": [batch.model_dump(mode="json", exclude={"user_id", "request_sha256"}) for batch in batches],
        "brands": [brand.model_dump(mode="json", exclude={"user_id"}) for brand in brands],
        "templates": [template.model_dump(mode="json", exclude={"user_id"}) for template in templates],
        "webhooks": [hook.model_dump(mode="json", exclude={"user_id", "sealed_secret"}) for hook in endpoints],
        "api_keys": [key.model_dump(mode="json", exclude={"user_id", "sha256"}) for key in keys],
    }
    files = [(f"pictures/{picture.id}.jpg", picture.key) for picture in pictures]
    files += [(f"pictures/{picture.id}.png", picture.alpha_key) for picture in pictures if picture.alpha_key]
    files += [(f"audio/{sound.id}{PurePosixPath(sound.key).suffix}", sound.key) for sound in audio]
    files += [(f"videos/{video.id}.mp4", video.key) for video in videos if video.key]
    return OwnData(tables, files)


def _video(video: Video) -> dict[str, Any]:
    row = video.model_dump(mode="json", exclude={"user_id", "finished_url", "next_look_at"})
    return row | {"note": str(from_note(video.note))}


async def erase(session: AsyncSession, user_id: int, typed: str) -> list[str]:
    """Erase a user. Returns the keys of the files; the caller removes them after the commit.

    `typed` must be the user's e-mail, as confirmation. Running videos are canceled by the usual rules: one that its
    provider has started stays charged. Raises NotFound, and BadInput for another e-mail.
    """
    query = select(User).where(User.id == user_id, col(User.erased_at).is_(None)).with_for_update()
    user = (await session.exec(query)).first()
    if user is None:
        raise NotFound(Phrase("user"))
    if typed.strip().lower() != user.email:
        raise WrongInput(Phrase("Please type the e-mail address of your account to delete it."))
    await _stop_videos(session, user_id)
    keys = await _keys_of_files(session, user_id)
    await _forget_words(session, user_id)
    await audit.record(session, user_id, "erase", user_id=user_id)
    at, erased_as = now(), users.fingerprint(user.email)
    await session.exec(
        sql_update(User)
        .where(col(User.id) == user_id)
        .values(
            email=f"erased-{user_id}@invalid",
            name="",
            public_name="",
            avatar_url="",
            issuer=None,
            subject=None,
            role="user",
            group_id=None,
            monthly_budget=None,
            blocked_at=at,
            erased_at=at,
            erased_as=erased_as,
        )
    )
    await users.end_sessions(session, user_id)
    after_commit(session, lambda: publish(News(user_id=user_id, status=SIGNED_OUT)))
    return keys


async def _stop_videos(session: AsyncSession, user_id: int) -> None:
    active = select(Video.id).where(Video.user_id == user_id, col(Video.status).in_(ACTIVE))
    for video_id in (await session.exec(active)).all():
        try:
            await states.cancel(session, user_id, video_id)
        except Conflict:  # it is being downloaded: drop its file
            running = col(Video.status).in_(ACTIVE)
            await states.change(session, col(Video.id) == video_id, running, status="canceled", note="started")


async def _keys_of_files(session: AsyncSession, user_id: int) -> list[str]:
    columns = [getattr(Video, name) for name in VIDEO_KEYS]
    rows = (await session.exec(select(*columns).where(Video.user_id == user_id))).all()
    names = [getattr(Picture, name) for name in PICTURE_KEYS]
    pictures = (await session.exec(select(*names).where(Picture.user_id == user_id))).all()
    audio = (await session.exec(select(Audio.key).where(Audio.user_id == user_id))).all()
    return [key for key in [*(key for row in [*rows, *pictures] for key in row), *audio] if key]


async def _forget_reactions(session: AsyncSession, user_id: int) -> None:
    """Likes, comments and reports of the user."""
    liked = select(Like.video_id).where(Like.user_id == user_id)
    fewer = sql_update(Video).where(col(Video.id).in_(liked)).values(likes=col(Video.likes) - 1)
    await session.exec(fewer)
    for table in (Like, Comment, Report):
        await session.exec(delete(table).where(col(table.user_id) == user_id))


async def _forget_words(session: AsyncSession, user_id: int) -> None:
    """Delete or blank every text and every key of a file."""
    await session.exec(delete(Template).where(col(Template.user_id) == user_id))
    endpoints = select(WebhookEndpoint.id).where(WebhookEndpoint.user_id == user_id)
    await session.exec(delete(WebhookDelivery).where(col(WebhookDelivery.endpoint_id).in_(endpoints)))
    await session.exec(delete(WebhookEndpoint).where(col(WebhookEndpoint.user_id) == user_id))
    await _forget_reactions(session, user_id)
    await session.exec(delete(Audio).where(col(Audio.user_id) == user_id))
    await _forget_ads_and_batches(session, user_id)
    emptied = dict.fromkeys(("slug", "idempotency_key", "edit", "title", *VIDEO_KEYS))
    await session.exec(
        sql_update(Video)
        .where(col(Video.user_id) == user_id)
        .values(prompt="", error_detail="", favorite=False, in_gallery=False, deleted_at=now(), **emptied)
    )
    pictures = (await session.exec(select(Picture.id).where(Picture.user_id == user_id))).all()
    for picture_id in pictures:
        erasing = sql_update(Picture).where(col(Picture.id) == picture_id)
        values = {"key": "", "cutout_key": None, "alpha_key": None, "sha256": f"erased {picture_id}", "preset": None}
        await session.exec(erasing.values(**values))
    await session.exec(sql_update(ApiKey).where(col(ApiKey.user_id) == user_id).values(name="", revoked_at=now()))
    await session.exec(sql_update(LedgerEntry).where(col(LedgerEntry.user_id) == user_id).values(note=""))
    await session.exec(sql_update(AuditEntry).where(col(AuditEntry.user_id) == user_id).values(note=""))


async def _forget_ads_and_batches(session: AsyncSession, user_id: int) -> None:
    """What was asked for together; its videos stay as numbers."""
    await session.exec(sql_update(Video).where(col(Video.user_id) == user_id).values(ad_id=None, batch_id=None))
    ads, batches = select(Ad.id).where(Ad.user_id == user_id), select(Batch.id).where(Batch.user_id == user_id)
    await session.exec(delete(AdShot).where(col(AdShot.ad_id).in_(ads)))
    await session.exec(delete(BatchRow).where(col(BatchRow.batch_id).in_(batches)))
    for table in (Ad, Batch, Brand):
        await session.exec(delete(table).where(col(table.user_id) == user_id))
