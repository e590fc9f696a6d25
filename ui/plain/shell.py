"""The frame of a plain page, and the route to it."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup, escape
from starlette.routing import Route

from core.errors import AdsVideoError, NotFound

from .. import i18n, shared, theme
from ..addresses import origin
from ..components.site.header import fixed, ways
from ..i18n import _

Draw = Callable[[Request], Awaitable[Response]]
ICON = Markup('<link rel="icon" href="{}" type="image/svg+xml">')
PAGE = Markup(
    '<!DOCTYPE html>\n<html lang="{lang}"{theme}><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">'
    "<title>{title}</title>\n{head}\n</head><body>"
    '<a class="plain-skip" href="#main">{skip}</a>'
    '<header class="header"><div class="header-inner">{header}'
    '<a class="button button-accent login" href="/auth/login?next={here}">{login}</a></div></header>'
    '<nav class="plain-nav" aria-label="{pages}">{ways}</nav>'
    '<main class="page" id="main">{body}</main></body></html>'
)


def route(path: str, draw: Draw) -> Route:
    """A plain page at that path, in the visitor's language; an error of ours is a page too."""

    async def answer(request: Request) -> Response:
        with i18n.speaking(i18n.of(request)):
            try:
                return await draw(request)
            except AdsVideoError as error:
                return problem(request, error)

    return Route(path, answer, methods=["GET"])


def page(
    request: Request,
    title: str,
    body: Markup,
    *,
    active: str = "",
    tags: Mapping[str, str] | None = None,
    head: Markup | None = None,
    status: int = 200,
) -> Response:
    """The whole page. `tags` are its `<meta>` tags, `head` what else belongs there."""
    chosen = request.cookies.get(shared.THEME_COOKIE, "")
    ours = Markup(theme.head("plain"))  # noqa: S704 - ours
    parts = [tag_lines(tags or {}), ours, ICON.format(theme.asset("favicon.svg")), head or ""]
    content = PAGE.format(
        lang=i18n.TAGS[i18n.language()],
        theme=Markup(' data-theme="{}"').format(chosen) if chosen in ("dark", "light") else "",
        title=f"{title} · AdsVideo" if title else "AdsVideo",
        head=Markup("\n").join(parts),
        skip=_("Skip to the content"),
        header=fixed(active),
        ways=ways(active),
        pages=_("Pages"),
        here=request.url.path,
        login=_("Login"),
        body=body,
    )
    return HTMLResponse(str(content), status, {"Cache-Control": "private, no-cache"})


def unfolding(request: Request, title: str, about: str) -> dict[str, str]:
    """The tags by which a link to that page unfolds."""
    picture = origin(request) + theme.asset("og-image.jpg")
    return {"description": about, "og:title": title, "og:description": about, "og:image": picture}


def tag_lines(tags: Mapping[str, str]) -> Markup:
    """`<meta>` tags; those with `og:` are properties."""
    kinds = {True: "property", False: "name"}
    pairs = ((kinds[name.startswith("og:")], escape(name), escape(text)) for name, text in tags.items())
    lines = (f'<meta {kind}="{name}" content="{text}">' for kind, name, text in pairs)
    return Markup("\n".join(lines))  # noqa: S704 - escaped; Markup.format takes four times as long


def problem(request: Request, error: AdsVideoError, words: str = "") -> Response:
    """Why there is no such page, in the error's words or in those."""
    is_gone = isinstance(error, NotFound)
    title = _("There is nothing here") if is_gone else _("Something went wrong")
    body = Markup('<div class="notice"><p class="notice-code">{}</p><h1 class="notice-title">{}</h1>'
                  '<p class="notice-text">{}</p><a class="button button-accent" href="/">{}</a></div>')  # fmt: skip
    filled = body.format(error.status, title, words or i18n.explain(error), _("Back to the studio"))
    return page(request, title, filled, status=error.status)
