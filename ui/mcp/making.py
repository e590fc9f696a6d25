"""Tools that make, share and end videos; each as the API does it, by the same functions."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from core.catalog.size import Size
from core.database.session import session
from core.social import sharing
from core.videos import library, states
from core.videos.ask import ask
from core.videos.request import MAX_PROMPT

from ..api.following import last_news
from .caller import calling, user
from .pictures import MAX_MB, keep, recipe_of
from .reading import VideoId
from .shapes import Deleted, Made, Shared, Uploaded, Video

Key = Annotated[
    str | None,
    Field(max_length=200, description="A text of your own: the same one gives the same video, and one charge"),
]


async def upload_picture(
    url: Annotated[str | None, Field(max_length=2000, description="An https address")] = None,
    base64: Annotated[str | None, Field(description=f"The file as base64 or data URL, at most {MAX_MB} MB")] = None,
) -> Uploaded:
    """Keep a picture to make videos of: JPEG, PNG, WebP, AVIF or GIF. Give either url or base64."""
    me = await user()
    picture = await keep(me.id, url, base64)
    return Uploaded(id=picture.id, width=picture.width, height=picture.height)


async def make_video(
    picture: Annotated[int | str, Field(description="A picture's id, a preset's name, or an https address")],
    prompt: Annotated[str, Field(description=f"What happens in the video; at most {MAX_PROMPT} characters")],
    *,
    model: Annotated[str | None, Field(description="An id of list_models; without it the default")] = None,
    seconds: Annotated[int | None, Field(description="One of the model's lengths")] = None,
    size: Annotated[str | None, Field(description="One of the model's sizes, such as 1280x720")] = None,
    idempotency_key: Key = None,
) -> Made:
    """Start a short video of a product picture. Answers at once; then follow it with get_video."""
    me = await user()
    recipe = replace(
        recipe_of(picture), prompt=prompt, model=model, seconds=seconds, size=Size.parse(size) if size else None
    )
    row = await ask(me, recipe, idempotency_key=idempotency_key or "")
    return Made(id=row.id, status=row.status, cost_credits=row.cost_credits)


async def cancel_video(id: VideoId) -> Video:
    """Stop a video that is being made."""
    me = await user()
    async with session() as db:
        row = await states.cancel(db, me.id, id)
    return Video.of(row, await last_news(row))


async def share_video(
    id: VideoId, in_gallery: Annotated[bool, Field(description="Also show it in the gallery")] = False
) -> Shared:
    """Make a link under which everybody who has it sees the finished video."""
    me = await user()
    async with session() as db:
        slug = await sharing.share(db, me.id, id, in_gallery=in_gallery)
    return Shared(url=f"{calling.get().base_url}/v/{slug}")


async def delete_video(id: VideoId) -> Deleted:
    """Delete a video with its files and links. One that is being made must be canceled first."""
    me = await user()
    async with session() as db:
        await library.delete_one(db, me.id, id)
    return Deleted(id=id)
