"""What people have and do in a test: a picture, a video, a balance."""

import io
from typing import Any

from PIL import Image, ImageDraw

from core.billing import credits
from core.catalog import entries
from core.catalog.size import Size
from core.database.session import reading, session
from core.errors import AdsVideoError
from core.models import Picture, User, Video, now
from core.pictures import framing, uploads
from core.videos import queries, states
from core.videos.recipe import Recipe
from core.videos.request import request


def photo(width: int = 640, height: int = 480, kind: str = "JPEG", **options: object) -> bytes:
    """A picture with something on it, encoded."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((width // 4, height // 4, width // 2, height // 2), fill=(200, 40, 30))
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


async def picture_of(user: User, content: bytes | None = None) -> Picture:
    """A picture the user has uploaded."""
    prepared = framing.clean(content or photo())
    async with session() as db:
        return await uploads.accept(db, user.id, prepared)


async def ask(
    user: User,
    prompt: str = "Slow push in",
    model: str = "camera",
    *,
    seconds: int | None = None,
    size: str | None = None,
    **terms: Any,
) -> Video:
    """A video the user has asked for, whether or not its model can be used now."""
    picture, exact = await picture_of(user), Size.parse(size) if size else None
    recipe = Recipe(picture_id=picture.id, prompt=prompt, seconds=seconds, size=exact)
    async with session() as db:
        return await request(db, user, recipe, entries.get(model), **terms)


async def reread(video: Video) -> Video:
    """The video as the database has it now."""
    async with reading() as db:
        return await queries.owned(db, video.user_id, video.id)


async def balance(user: User) -> int:
    """The user's credits as the database has them now."""
    async with reading() as db:
        return await credits.balance(db, user.id)


async def ledger(user: User) -> list[tuple[str, int]]:
    """The user's ledger, oldest first: (kind, amount)."""
    async with reading() as db:
        return [(e.kind, e.amount) for e in reversed(await credits.ledger(db, user.id, None, 200))]


async def finish(video: Video) -> None:
    """As a worker ends it."""
    async with session() as db:
        await states.change(db, Video.id == video.id, status="processing", started_at=now())  # type: ignore[arg-type]
        await states.finish(
            db, video, key="videos/x.mp4", poster_key="videos/x.webp",
            width=1280, height=720, duration=6.0, size_bytes=1,
        )  # fmt: skip


async def fail(video: Video, error: AdsVideoError) -> None:
    """As a worker gives it up."""
    async with session() as db:
        await states.fail(db, video, error)
