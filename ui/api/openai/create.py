"""`POST /v1/videos` and `/v1/videos/{id}/remix`: what makes a video."""

import hashlib
import json
from dataclasses import replace
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Header, Request, Response

from core.catalog.entries import Model
from core.catalog.size import Size
from core.database.session import reading
from core.errors import NoPicture, WrongOption
from core.models import User, Video
from core.pictures import keeping
from core.videos import queries, sdk_retries
from core.videos.ask import ask
from core.videos.recipe import Recipe
from core.videos.request import check_prompt, repeated

from ...openai_problem import Refusal
from ..following import last_news
from .body import Fields, read_body, seconds_of, text_of
from .caller import KeyUser
from .document import CREATE, REMIX, problems
from .models import serving
from .pace import tell_pace
from .picture import picture_in
from .shapes import VideoObject
from .videos import VideoId, number_of

router = APIRouter(tags=["videos"])
USUAL_SIZE = Size(720, 1280)
USUAL_SECONDS = 4
"""What the original makes of a request that names none."""


class Attempt(NamedTuple):
    """What the headers say of a request: its idempotency key, if it has one, and how often an SDK has repeated it."""

    key: str | None
    number: int


def _attempt(
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    x_stainless_retry_count: Annotated[str, Header()] = "0",
) -> Attempt:
    retries = x_stainless_retry_count
    return Attempt(idempotency_key, int(retries[:4]) if retries.isascii() and retries.isdigit() else 0)


Try = Annotated[Attempt, Depends(_attempt)]


@router.post("/videos", openapi_extra=CREATE, responses=problems(400, 401, 403, 404, 413, 429, 500, 503))
async def create(
    request: Request,
    response: Response,
    user: KeyUser,
    attempt: Try,
) -> VideoObject:
    """Take the price and start a video of the picture in `input_reference`; unknown fields are ignored.

    The same `Idempotency-Key`, and an SDK's own retry, give the same video and one charge.
    """
    fields = await read_body(request)
    given = picture_in(fields)
    sha256 = _sha256(fields, given)
    key, earlier = await _earlier(user, attempt, sha256)
    video = earlier or await _make(user, fields, given, key, sha256)
    return await _shown(response, video)


async def _make(user: User, fields: Fields, given: bytes | str | None, key: str, sha256: str) -> Video:
    """Check the fields in the order in which people fill them in, then ask."""
    prompt = check_prompt(text_of(fields, "prompt") or "")
    if given is None:
        raise NoPicture()
    model = await serving(text_of(fields, "model"))
    seconds, size = _seconds(model, fields), _size(model, fields)
    recipe = Recipe(prompt=prompt, model=model.id, seconds=seconds, size=size)
    if isinstance(given, str):
        recipe = replace(recipe, picture_url=given)
    else:
        recipe = replace(recipe, picture_id=(await keeping.keep(user.id, given)).id)
    return await ask(user, recipe, idempotency_key=key, request_sha256=sha256)


@router.post(
    "/videos/{video_id}/remix", openapi_extra=REMIX, responses=problems(400, 401, 403, 404, 413, 429, 500, 503)
)
async def remix(
    request: Request,
    response: Response,
    user: KeyUser,
    video_id: VideoId,
    attempt: Try,
) -> VideoObject:
    """Make the video once more with another prompt: the same picture, model, length, size and framing."""
    fields = await read_body(request)
    async with reading() as db:
        source = await queries.owned(db, user.id, number_of(video_id))
    if source.kind != "generated":
        raise Refusal("Only a video that a model made can be made once more.", "unsupported", "video_id")
    prompt = check_prompt(text_of(fields, "prompt") or "")
    sha256 = _sha256({"prompt": prompt, "remix": source.id}, None)
    key, earlier = await _earlier(user, attempt, sha256)
    if earlier is None:
        recipe = replace(Recipe.of(source), prompt=prompt, model=(await serving(source.model)).id)
        earlier = await ask(user, recipe, idempotency_key=key, request_sha256=sha256, remix_of=source.id)
    return await _shown(response, earlier)


async def _earlier(user: User, attempt: Attempt, sha256: str) -> tuple[str, Video | None]:
    """The request's idempotency key, and the video that it made already. Raises IdempotencyConflict."""
    key = attempt.key or await sdk_retries.idempotency_key(user.id, sha256, is_retry=attempt.number > 0)
    async with reading() as db:
        return key, await repeated(db, user, key, sha256)


async def _shown(response: Response, video: Video) -> VideoObject:
    await tell_pace(response, video)
    return VideoObject.of(video, await last_news(video))


def _sha256(fields: Fields, given: bytes | str | None) -> str:
    """What tells this request from another: what was asked for, not what will serve it."""
    asked = {name: str(fields.get(name)) for name in ("prompt", "model", "seconds", "size", "remix")}
    content = given if isinstance(given, bytes) else (given or "").encode(errors="replace")
    return hashlib.sha256(json.dumps(asked).encode() + hashlib.sha256(content).digest()).hexdigest()


def _seconds(model: Model, fields: Fields) -> int:
    """The length. Raises Refusal."""
    asked = seconds_of(fields)
    if asked is None:
        return USUAL_SECONDS if USUAL_SECONDS in model.seconds else model.seconds[0]
    try:
        return model.choose(asked, None)[0]
    except WrongOption as error:
        raise Refusal(error.message, "invalid_value", "seconds") from None


def _size(model: Model, fields: Fields) -> Size:
    """The size. Raises Refusal, BadSize."""
    asked = text_of(fields, "size")
    if asked is None:
        return USUAL_SIZE if USUAL_SIZE in model.sizes else model.sizes[0]
    try:
        return model.choose(None, Size.parse(asked))[1]
    except WrongOption as error:
        raise Refusal(error.message, "invalid_value", "size") from None
