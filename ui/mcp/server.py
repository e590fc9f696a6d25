"""The MCP server itself: tools, resources and prompts on the official SDK. Importing it costs 40 MB; see door.py."""

import logging
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, TextContent
from pydantic import ValidationError
from starlette.types import ASGIApp

from core.errors import AdsVideoError
from core.pictures.presets import presets

from .door import PATH, hosts
from .prompts import add_prompts
from .resources import add_resources
from .tools import add_tools

MAX_BODY = 4 * 1024 * 1024 + 512 * 1024
"""A picture of 3 MB as base64, and what is around it."""
INSTRUCTIONS = f"""Makes short videos of product pictures. make_video starts one and takes credits; it answers at once.
Then call get_video with wait_seconds=25 until status is completed, failed or canceled: it shows the poster and gives a
link to the MP4. A picture is an id from upload_picture, an https address, or the name of a preset:
{", ".join(preset.name for preset in presets())}.
Give make_video an idempotency_key of your own: a repeated call then makes no second video."""


class Server(MCPServer[Any]):
    """Says our own errors in their own words, and what is wrong with arguments in one line."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> Any:
        """As the SDK does. Raises ToolError for what is unexpected."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, AdsVideoError):
                return _said(f"{error.__cause__.message} ({error.__cause__.code})")
            if isinstance(error.__cause__, ValidationError):
                return _said(_wrong_arguments(error.__cause__))
            raise

    async def read_resource(self, uri: Any, context: Context[Any, Any] | None = None) -> Any:
        """As the SDK does. Raises ResourceNotFoundError with our own words."""
        try:
            return await super().read_resource(uri, context)
        except ResourceError as error:
            if isinstance(error.__cause__, AdsVideoError):
                raise ResourceNotFoundError(error.__cause__.message) from error
            raise


def _said(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


def _wrong_arguments(error: ValidationError) -> str:
    wrong = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False)]
    return f"Wrong arguments: {'; '.join(wrong[:5])}."


def create() -> Server:
    """A server with all that we have."""
    logging.getLogger("mcp").setLevel(logging.WARNING)  # below that it logs what users wrote
    server = Server("AdsVideo", title="AdsVideo", version="1", instructions=INSTRUCTIONS, log_level="WARNING")
    add_tools(server)
    add_resources(server)
    add_prompts(server)
    return server


def over_http() -> tuple[ASGIApp, StreamableHTTPSessionManager]:
    """The app for `/mcp`, and its sessions, which must run while it is called. It keeps no session of a client."""
    server, names = create(), hosts()
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=bool(names),
        allowed_hosts=names,
        allowed_origins=[f"{scheme}://{name}" for name in names for scheme in ("http", "https")],
    )
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        transport_security=security,
        max_request_body_size=MAX_BODY,
    )
    return app, server.session_manager
