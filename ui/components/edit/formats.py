"""The same edit in another shape: every clip is fitted around its product."""

import copy
import json
from typing import Any

from core.catalog.size import Size
from core.edits import product
from core.edits.exports import shaped
from core.models import Picture, Video

from .project import Body, Project

RATIOS = {"16:9": ("1280x720", "1920x1080"), "9:16": ("720x1280", "1080x1920"), "1:1": ("1080x1080", "1080x1080")}
"""The sizes of each ratio: the usual one, and the large one."""


def others(size: Size) -> list[str]:
    """The sizes of the other two ratios, large ones beside a large one."""
    large = int(max(size.width, size.height) > 1280)
    return [sizes[large] for ratio, sizes in RATIOS.items() if ratio != size.ratio]


async def in_size(project: Project, body: Body, size: str) -> Body:
    """The body in that size. A clip of the studio camera is rendered anew, others are cut around their product.

    Padding stays.
    """
    made = copy.deepcopy(body)
    made["size"] = size
    for clip in made["clips"]:
        source = project.shelf.source(clip)
        if source is not None and (clip.get("framing") or {}).get("mode", "crop") == "crop":
            wanted = Size.parse(size)
            clip["anew"] = isinstance(source, Video) and not shaped(source, wanted)
            clip["framing"] = None if clip["anew"] else await _around(project, source, wanted)
            if not clip["anew"]:
                clip.pop("anew")
    return made


async def _around(project: Project, source: Video | Picture, wanted: Size) -> dict[str, Any] | None:
    own = own_size(source)
    if own.width * wanted.height == own.height * wanted.width:
        return None
    around = await product.place(project.user.id, source)
    return product.crop(own, wanted, around or product.Place())


async def take_size(project: Project, size: str) -> None:
    """Give the edit that size: at once, and with its products in the middle as soon as they are found."""
    project.change("size", lambda body: body.update(size=size))
    before = json.dumps(project.body)
    body = await in_size(project, project.body, size)
    if json.dumps(project.body) == before:  # else the hand was quicker
        project.change("size", lambda old: old.update(body), same_step=True)


def own_size(source: Video | Picture) -> Size:
    """How large its frames are."""
    return Size(source.width or 1280, source.height or 720)
