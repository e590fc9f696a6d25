"""`/docs` and `/docs/v1`: the API and the front door described, with everything from our own host."""

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from .. import theme

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs() -> HTMLResponse:
    """Swagger UI (Apache-2.0, its licence beside its files) over the API's OpenAPI document."""
    return _page("/api/v1/openapi.json", "AdsVideo API")


@router.get("/docs/v1")
def front_door() -> HTMLResponse:
    """The same over the front door's."""
    return _page("/v1/openapi.json", "AdsVideo's front door")


def _page(openapi_url: str, title: str) -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url=openapi_url,
        title=title,
        swagger_js_url=theme.asset("swagger/swagger-ui-bundle.js"),
        swagger_css_url=theme.asset("swagger/swagger-ui.css"),
        swagger_favicon_url=theme.asset("favicon.svg"),
    )
