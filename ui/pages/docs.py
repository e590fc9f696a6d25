"""`/docs`: the API described, with everything from our own host."""

from nicegui import ui

from .. import layout, theme
from ..i18n import _
from ..kit.elements import Tag, link, page_head
from ..session import Visitor


@ui.page("/docs", response_timeout=layout.BUILD_SECONDS)
async def docs(visitor: Visitor) -> None:
    """Swagger UI (Apache-2.0, its licence beside its files) over the API's OpenAPI document."""
    about = _("All that these pages do, for scripts and other programs.")
    with layout.frame(visitor, "API", "docs", description=about):
        with page_head("API", about), Tag("div", "chips"):
            link(_("OpenAPI file"), "/api/v1/openapi.json", symbol="download", download="adsvideo-openapi.json")
            link(_("Make a key"), "/account", look="accent")
        Tag(
            "ads-api",
            "api",
            source="/api/v1/openapi.json",
            script=theme.asset("swagger/swagger-ui-bundle.js"),
            styles=theme.asset("swagger/swagger-ui.css"),
        )
