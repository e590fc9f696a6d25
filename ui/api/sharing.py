"""`/api/v1/videos/{id}/share`: the link that anybody may watch a video by."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from core.database.session import session
from core.social import sharing

from ..addresses import origin
from ..session import CurrentUser
from .schemas import WEB_ADDRESS, problems
from .shapes import Id

router = APIRouter(tags=["gallery"])


class ShareIn(BaseModel):
    """What the link allows; left out, nothing more than to watch."""

    model_config = ConfigDict(extra="forbid")

    in_gallery: bool = Field(False, description="Show it in the gallery, too")
    allow_picture: bool = Field(False, description="Who uses its recipe may use its picture")


class ShareOut(BaseModel):
    """The link."""

    url: str = Field(json_schema_extra=WEB_ADDRESS)


@router.put("/videos/{video_id}/share", responses=problems(404, 409, 413))
async def share(user: CurrentUser, video_id: Id, request: Request, body: ShareIn | None = None) -> ShareOut:
    """Share a video of mine, or change what its link allows."""
    asked = body or ShareIn()
    async with session() as db:
        slug = await sharing.share(db, user.id, video_id, **asked.model_dump())
    return ShareOut(url=f"{origin(request)}/v/{slug}")


@router.delete("/videos/{video_id}/share", status_code=204, responses=problems(404))
async def unshare(user: CurrentUser, video_id: Id) -> None:
    """The link leads nowhere from now on: page, files, card and embed; shared once more, it gets a new one."""
    async with session() as db:
        await sharing.unshare(db, user.id, video_id)
