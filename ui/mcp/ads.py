"""The tool that makes ads: the body of `POST /api/v1/ads`, field by field."""

from typing import Annotated

from pydantic import Field

from core.ads import ad as ads
from core.ads import ask as asking
from core.ads import storyboard, templates
from core.database.session import reading
from core.edits import fields as edit_fields

from ..api.ads import AdOut
from .caller import user
from .editing import As, Part
from .making import Key

Words = Annotated[dict[str, str], Field(description="The template's few words, by their names")]
Ids = Annotated[list[int], Field(description="Pictures of yours, in the order in which the template shows them")]


async def make_ad(
    template: Annotated[str, Field(description="The id of an ad template")],
    image_ids: Ids,
    fields: Words,
    *,
    model: Annotated[str | None, Field(description="An id of list_models; without it the default")] = None,
    sizes: Annotated[
        list[str] | None, Field(description=f"One ad for each: {', '.join(edit_fields.SIZES)}")
    ] = None,
    seconds: Annotated[int | None, Field(description="The whole length: 6, 10 or 15")] = None,
    music: Annotated[Part, As(edit_fields.Music)] | None = None,
    brand_id: int | None = None,
    shots: list[Annotated[Part, As(storyboard.ShotIn)]] | None = None,
    idempotency_key: Key = None,
) -> AdOut:
    """Make an ad of pictures after a template: several shots, words, music and an end card, in one or more formats.

    Answers at once. Then follow the ads themselves, each video_id in `videos`, with get_video. If one of `shots` has
    failed the ad waits: its owner makes that shot again on the page of ads.
    """
    me = await user()
    given = {
        "template": template, "image_ids": image_ids, "fields": fields, "model": model, "sizes": sizes,
        "seconds": seconds, "music": music, "brand_id": brand_id, "shots": shots,
    }  # fmt: skip
    body = {name: value for name, value in given.items() if value is not None}
    row = await asking.ask(me, body, idempotency_key=idempotency_key or "")
    async with reading() as db:
        return AdOut.of(await ads.owned(db, me.id, row.id))


def offered() -> str:
    """Every template in a line: how many pictures it takes, and which fields it has."""
    lines = []
    for one in templates.templates().values():
        names = ", ".join(field.name + ("" if field.name in one.required else "?") for field in one.fields)
        least, most = one.pictures
        lines.append(f"- {one.id}: {one.title['en']}; {least}-{most} pictures; fields {names}")
    return "Templates:\n" + "\n".join(lines)
