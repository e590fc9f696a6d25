"""What the browser draws the stage and the timeline from."""

import json
from typing import Any
from urllib.parse import urlencode

from core.catalog.size import Size
from core.edits.exports import TILES, shaped
from core.edits.fields import LOCK_SECONDS
from core.edits.music import TRACKS
from core.models import Picture, Video
from core.pictures.fit import Framing

from .project import Project, Shot

Json = dict[str, Any]
USUAL_TEXT: Json = {"text": "", "start": 0.0, "end": None, "x": 0.5, "y": 0.5}


def view(project: Project, heard: int = 0) -> str:
    """The edit in its places, as JSON; `heard` is the turn of what the browser told last."""
    size = project.size
    body = project.body
    card = body.get("end_card")
    drawn: Json = {
        "width": size.width,
        "height": size.height,
        "seconds": project.seconds,
        "body": project.clip_seconds,
        "shots": [_shot(shot, size) for shot in project.shots],
        "texts": [USUAL_TEXT | text for text in project.listed("texts")],
        "captions": project.listed("captions"),
        "card": bool(card),
        "music": _music(project),
        "lock": LOCK_SECONDS if (body.get("lock") or {}).get("mode") == "end" else 0,
        "packshot": _packshot(project),
        "tool": project.tool,
        "part": project.part,
        "chosen": project.chosen,
        "edit": project.wanted(),
        "tiles": TILES,
        "heard": heard,
    }
    return json.dumps(drawn)


def _shot(shot: Shot, size: Size) -> Json:
    clip, source = shot.clip, shot.source
    common: Json = {
        "first": shot.first,
        "seconds": shot.seconds,
        "overlap": shot.overlap,
        "transition": clip.get("transition", "cut"),
        "framing": Framing(**(clip.get("framing") or {})).model_dump(),
        "width": source.width or 1280,
        "height": source.height or 720,
    }
    if isinstance(source, Picture):
        return common | {"kind": "picture", "src": f"/api/v1/images/{source.id}/content"}
    address = f"/api/v1/videos/{source.id}"
    content = f"{address}/content"
    if clip.get("anew") and not shaped(source, size):
        common |= {"width": size.width, "height": size.height}
        content = f"{address}/anew?size={size}"
    return common | {
        "kind": "video",
        "src": content,
        "poster": f"{address}/poster",
        "strip": f"{address}/filmstrip",
        "own": shot.own,
        "start": clip.get("start", 0.0),
        "end": clip.get("end") or shot.own,
        "speed": shot.speed,
        "mute": clip.get("mute", False),
    }


def _music(project: Project) -> Json | None:
    music = project.body.get("music")
    if not music:
        return None
    more = {key: music.get(key, usual) for key, usual in (("start", 0.0), ("volume", 1.0), ("fade_out", 1.0))}
    more["duck"] = music.get("duck", False)
    if music.get("track"):
        track = next(track for track in TRACKS if track.id == music["track"])
        source = f"/api/v1/music/{track.id}/content"
        return {"src": source, "name": track.title, "seconds": track.seconds, "peaks": [], **more}
    if row := project.shelf.music.get(music.get("audio_id", 0)):
        source = f"/api/v1/audio/{row.id}/content"
        return {"src": source, "name": row.name, "seconds": row.seconds, "peaks": row.peaks, **more}
    return None


def _packshot(project: Project) -> str:
    """The picture that the last video was made from, as it showed it."""
    video = next((shot.source for shot in reversed(project.shots) if isinstance(shot.source, Video)), None)
    if video is None or not (project.body.get("lock") or {}):
        return ""
    size = Size.parse(video.size)
    return f"/api/v1/images/{video.picture_id}/framed?" + urlencode({"size": str(size), **video.framing})
