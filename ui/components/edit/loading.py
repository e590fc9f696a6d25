"""Reads what an editor page begins with: the video, its edit, and the rows behind it."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import reading
from core.edits import audio, timeline
from core.errors import BadEdit, NotFound
from core.models import User, Video
from core.pictures import uploads
from core.videos import library, queries

from .project import Body, Project, Shelf


async def project_of(user: User, video_id: int) -> Project:
    """The editor's beginning for one of the user's videos. Raises NotFound."""
    async with reading() as db:
        video = await queries.owned(db, user.id, video_id)
        body = _body(video)
        shelf = await shelf_of(db, user, body)
        shelf.videos[video.id] = video
    body["clips"] = [clip for clip in body["clips"] if shelf.source(clip)] or [{"video_id": video.id}]
    return Project(user, video, body, shelf)


def _body(video: Video) -> Body:
    """A version brings back every setting; any other video is a clip."""
    if video.edit is None:
        return {"clips": [{"video_id": video.id}]}
    try:
        return editable(video.edit)
    except BadEdit:  # of an older version of ours
        return {"clips": [{"video_id": video.id}]}


def editable(body: object) -> Body:
    """An edit's body with lines for a file of captions. Raises BadEdit."""
    edit = timeline.read(body)
    plain: dict[str, Any] = edit.body()
    if edit.captions and edit.captions.file is not None:
        plain["captions"].pop("file")
        plain["captions"]["lines"] = [cue._asdict() for cue in edit.cues()]
    return plain


async def shelf_of(db: AsyncSession, user: User, body: Body) -> Shelf:
    """The rows that a body names, as far as they are there, and the user's music."""
    shelf = Shelf(music={row.id: row for row in await audio.of_user(db, user.id)})
    ids = [clip["video_id"] for clip in body["clips"] if clip.get("video_id")]
    rows = await library.chosen(db, user.id, ids)
    shelf.videos = {row.id: row for row in rows if row.status == "completed"}
    named = [*body["clips"], body.get("logo") or {}, body.get("end_card") or {}]
    for number in {part["image_id"] for part in named if part.get("image_id")}:
        try:
            shelf.pictures[number] = await uploads.owned(db, user.id, number)
        except NotFound:
            continue
    for name in ("logo", "end_card"):
        part = body.get(name)
        if part and part.get("image_id") and part["image_id"] not in shelf.pictures:
            body[name] = None if name == "logo" else {**part, "image_id": None}
    return shelf
