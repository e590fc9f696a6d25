"""`/docs` and `/docs/v1`: the API and the front door described, with everything from our own host."""

from nicegui import ui

from core.models import User

from .. import layout, theme
from ..i18n import _
from ..kit.elements import Tag, link, page_head
from ..session import Visitor


@ui.page("/docs", response_timeout=layout.BUILD_SECONDS)
async def docs(visitor: Visitor) -> None:
    """The API."""
    about = _("All that these pages do, for scripts and other programs.")
    _described(visitor, "/api/v1/openapi.json", "API", about)


@ui.page("/docs/v1", response_timeout=layout.BUILD_SECONDS)
async def front_door(visitor: Visitor) -> None:
    """What speaks OpenAI's words."""
    about = _("For programs written for OpenAI's Videos API: another address and a key of ours.")
    _described(visitor, "/v1/openapi.json", _("Front door"), about)


def _described(user: User | None, source: str, title: str, about: str) -> None:
    """Swagger UI (Apache-2.0, its licence beside its files) over an OpenAPI document, and the way to the other one."""
    pages = {"/api/v1/openapi.json": ("/docs", "API"), "/v1/openapi.json": ("/docs/v1", _("Front door"))}
    with layout.frame(user, title, "docs", description=about):
        with page_head(title, about), Tag("div", "chips"):
            link(_("OpenAPI file"), source, symbol="download", download="adsvideo-openapi.json")
            link(_("Make a key"), "/account", look="accent")
        with Tag("nav", "tabs", aria_label=_("What is described")):
            for key, (path, word) in pages.items():
                Tag("a", "tab", word, href=path, aria_current="page" if key == source else None)
        styles, script = (theme.asset(f"swagger/swagger-ui{end}") for end in (".css", "-bundle.js"))
        Tag("ads-api", "api", source=source, script=script, styles=styles)
