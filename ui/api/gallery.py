"""`/api/v1/gallery`: what people show each other, and what they say of it."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from core import limits
from core.database.session import reading, session
from core.ids import MAX_ID
from core.social import comments, gallery, likes, plain, reports
from core.social.comments import MOST, Said
from core.social.gallery import Shown, Sort
from core.social.reports import MOST_NOTE, Reason

from ..social_access import Member, Reader
from .schemas import problems
from .shapes import Id, Page

router = APIRouter(tags=["gallery"])
Cursor = Annotated[str | None, Query(max_length=40)]
Limit = Annotated[int, Query(ge=1, le=100)]


class GalleryItem(BaseModel):
    """A video that its owner shows. `author` is a public name of their own choice, or empty."""

    slug: str
    title: str
    model: str
    width: int | None
    height: int | None
    duration: float | None
    likes: int
    comments: int
    author: str
    video_url: str
    poster_url: str
    created_at: datetime

    @classmethod
    def of(cls, shown: Shown) -> Self:
        """As the API shows it."""
        video = shown.video
        return cls(
            **video.model_dump(include={"slug", "width", "height", "duration", "likes", "created_at"}),
            model=video.label,
            title=video.title or video.prompt,
            comments=shown.comments,
            author=shown.author,
            video_url=f"/v/{video.slug}/content",
            poster_url=f"/v/{video.slug}/poster",
        )


class CommentIn(BaseModel):
    """What I say, in plain text."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=MOST * 4, description=f"At most {MOST} characters")


class CommentOut(BaseModel):
    """What somebody said. `author` is a public name of their own choice, or empty."""

    id: int
    author: str
    text: str
    created_at: datetime

    @classmethod
    def of(cls, said: Said) -> Self:
        """As the API shows it."""
        return cls(author=said.author, **said.comment.model_dump(include={"id", "text", "created_at"}))


class LikesOut(BaseModel):
    """How many people like it, and whether I do."""

    likes: int
    liked: bool


class ReportIn(BaseModel):
    """Why this should not be shown."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    note: str | None = Field(None, max_length=MOST_NOTE)


@router.get("/gallery")
async def page(_reader: Reader, sort: Sort = "new", cursor: Cursor = None, limit: Limit = 24) -> Page[GalleryItem]:
    """What is shown: newest first, or by the likes of the last seven days. Without a key where it is public."""
    async with reading() as db:
        rows = await gallery.page(db, sort, cursor, limit + 1)
    items = [GalleryItem.of(shown) for shown in rows[:limit]]
    return Page(items=items, next_cursor=rows[limit - 1].cursor if len(rows) > limit else None)


@router.put("/gallery/{slug}/like", responses=problems(404))
async def like(user: Member, slug: str) -> LikesOut:
    """I like it; once, however often it is said."""
    async with session() as db:
        return LikesOut(likes=await likes.like(db, user.id, slug), liked=True)


@router.delete("/gallery/{slug}/like", responses=problems(404))
async def unlike(user: Member, slug: str) -> LikesOut:
    """I don't, after all."""
    async with session() as db:
        return LikesOut(likes=await likes.unlike(db, user.id, slug), liked=False)


@router.get("/gallery/{slug}/comments", responses=problems(404))
async def said(
    _reader: Reader, slug: str, cursor: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None, limit: Limit = 50
) -> Page[CommentOut]:
    """What people say of it, newest first."""
    async with reading() as db:
        rows = await comments.page(db, slug, cursor, limit + 1)
    items = [CommentOut.of(one) for one in rows[:limit]]
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


@router.post("/gallery/{slug}/comments", status_code=201, responses=problems(404, 409, 413))
async def say(user: Member, slug: str, body: CommentIn) -> CommentOut:
    """Comment on it. Control and direction characters are taken out; line breaks stay."""
    text = plain.checked(body.text, MOST)
    await limits.count_comment(user.id)
    async with session() as db:
        one = await comments.write(db, user, slug, text)
    return CommentOut.of(one)


@router.delete("/gallery/{slug}/comments/{comment_id}", status_code=204, responses=problems(404))
async def unsay(user: Member, slug: str, comment_id: Id) -> None:
    """Delete a comment: mine, one on my video, or any as an administrator."""
    async with session() as db:
        await comments.delete(db, user, slug, comment_id)


@router.post("/gallery/{slug}/report", status_code=204, responses=problems(404, 409, 413))
async def report(user: Member, slug: str, body: ReportIn) -> None:
    """Say that it should not be shown. Three people hide it from the gallery until an administrator decides."""
    async with session() as db:
        await reports.report(db, user.id, slug, body.reason, body.note or "")
