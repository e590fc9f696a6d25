"""Error pages: not found, and broken; the API and files get JSON."""

import logging

from fastapi import Request, Response
from nicegui import app

from core.errors import AdsVideoError, NotFound
from core.models import User

from .. import compat, layout, openai_problem
from ..components.site.notice import message, nothing_here
from ..i18n import _, explain
from ..problem import envelope
from ..session import visitor

log = logging.getLogger(__name__)
MACHINES = ("/api/", "/static/", "/_nicegui", "/auth/", "/metrics", "/healthz", "/readyz")


def _wants_page(request: Request) -> bool:
    accepted = request.headers.get("accept", "*/*")
    return not request.url.path.startswith(MACHINES) and ("text/html" in accepted or "*/*" in accepted)


@app.exception_handler(404)
async def not_found(request: Request, error: Exception) -> Response:
    """Our own page for people, one line of JSON for programs. A line break in a path of the front door leads here."""
    if openai_problem.is_ours(request.url.path):
        return openai_problem.openai_envelope(NotFound())
    if not _wants_page(request) or request.method not in ("GET", "HEAD"):
        return envelope(NotFound())
    user = await _visitor_or_none(request)

    def draw() -> None:
        with layout.frame(user, _("Not found")):
            nothing_here()

    return compat.draw_page(request, 404, draw)


def broken(error: Exception) -> None:
    """Our own page when a page could not be drawn; the header is the visitor's without an account, nothing is read."""
    shown = error if isinstance(error, AdsVideoError) else None
    with layout.frame(None, _("Something went wrong"), bare=True):
        text = _("It is not your fault, and it has been written down. Please try again in a minute.")
        message(_("Something went wrong"), explain(shown) if shown else text, "500")


app.on_page_exception(broken)


@app.exception_handler(Exception)
async def unexpected(request: Request, error: Exception) -> Response:
    """What broke before a page could begin: the database, or a part that a page needs to know its visitor."""
    shown = error if isinstance(error, AdsVideoError) else AdsVideoError()
    if compat.is_page(request) or not _wants_page(request):
        return envelope(shown)
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    return compat.draw_page(request, shown.status, lambda: broken(error))


async def _visitor_or_none(request: Request) -> User | None:
    try:
        return await visitor(request)
    except Exception as error:
        log.warning("the visitor of an error page is not known: %s", error)
        return None
