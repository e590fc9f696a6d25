"""What the pages of shared videos and other sites fetch: small poster, QR code, card, player for an iframe, oEmbed."""

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from markupsafe import Markup

from core.database.session import reading
from core.errors import AdsVideoError, NotFound
from core.phrase import Phrase
from core.social import card, sharing, stills, unfold
from core.storage import store

from .. import social_access
from ..addresses import origin
from ..problem import envelope, problem
from .watch import shared_of

router = APIRouter(include_in_schema=False)
CACHE = "public, max-age=60"
PRIVATE = "private, max-age=60"
"""Not kept by proxies: a link that is withdrawn leads nowhere at once."""
ANYWHERE = (
    "default-src 'none'; media-src 'self'{bucket}; img-src 'self'{bucket}; style-src 'unsafe-inline'; frame-ancestors *"
)
PLAYER = Markup(
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title><meta name="robots" content="noindex">'
    "<style>html,body,video{{margin:0;width:100%;height:100%;background:#000}}video{{display:block;object-fit:contain}}</style>"
    '</head><body><video src="/v/{slug}/content" poster="/v/{slug}/small.webp" aria-label="{title}" '
    'controls playsinline preload="metadata"></video></body></html>'
)


@router.get("/v/{slug}/card.jpg")
async def card_picture(request: Request, slug: str) -> Response:
    """The picture by which the link unfolds."""
    try:
        shared = await shared_of(request, slug)
        content = await card.of(shared.video, shared.title)
    except AdsVideoError as error:
        return envelope(error)
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": CACHE})


@router.get("/v/{slug}/small.webp")
async def small_poster(slug: str) -> Response:
    """A poster of few bytes."""
    try:
        async with reading() as db:
            video = await sharing.shared(db, slug)
        content = await stills.small(video)
    except AdsVideoError as error:
        return envelope(error)
    return Response(content, media_type="image/webp", headers={"Cache-Control": PRIVATE})


@router.get("/v/{slug}/code.svg")
async def code(request: Request, slug: str) -> Response:
    """The link as a QR code."""
    try:
        shared = await shared_of(request, slug)
    except AdsVideoError as error:
        return envelope(error)
    out = io.BytesIO()
    segno.make(shared.url, error="m").save(out, kind="svg", scale=4, border=2, light="#fff")
    return Response(out.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": PRIVATE})


@router.get("/v/{slug}/embed")
async def embed(request: Request, slug: str) -> Response:
    """The player alone; the only page of ours that may be framed."""
    try:
        shared = await shared_of(request, slug)
    except AdsVideoError as error:
        return envelope(error)
    policy = ANYWHERE.format(bucket="".join(f" {place}" for place in store.origins()))
    headers = {"Cache-Control": CACHE, "Content-Security-Policy": policy}
    return HTMLResponse(PLAYER.format(title=shared.title, slug=slug), headers=headers)


@router.get("/oembed")
async def oembed(
    request: Request,
    url: Annotated[str, Query(max_length=2000)] = "",
    format: Annotated[str, Query(max_length=20)] = "json",
    maxwidth: Annotated[int | None, Query(ge=1, le=10_000)] = None,
    maxheight: Annotated[int | None, Query(ge=1, le=10_000)] = None,
) -> Response:
    """oEmbed for the links of shared videos: 404 for any other address, 501 for XML."""
    if format != "json":
        return problem(501, "not_implemented", "Only format=json is spoken here.")
    try:
        if not social_access.is_on():
            raise NotFound(Phrase("video"))
        shared = await shared_of(request, unfold.slug_in(url, origin(request)))
    except AdsVideoError as error:
        return envelope(error)
    answer = unfold.oembed(shared, {"maxwidth": maxwidth, "maxheight": maxheight})
    return JSONResponse(answer, headers={"Cache-Control": CACHE, "Access-Control-Allow-Origin": "*"})
