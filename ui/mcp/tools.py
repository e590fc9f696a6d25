"""The tools, in the order in which an assistant needs them; what each costs stands in its description."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from core.catalog import entries
from core.settings import settings

from .ads import make_ad, offered
from .editing import edit_video
from .making import cancel_video, delete_video, make_video, share_video, upload_picture
from .reading import account, get_video, list_models, list_videos

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
MAKES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
"""Made at a model's server; repeated with the same key it is made once."""
KEEPS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
ENDS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)


def add_tools(server: MCPServer[Any]) -> None:
    """Register them all."""
    for tool, hints, price in (
        (list_models, READS, "Free."),
        (account, READS, "Free."),
        (upload_picture, KEEPS, "Free."),
        (make_video, MAKES, f"Costs {_prices()}; paid back if it fails."),
        (get_video, READS, "Free."),
        (list_videos, READS, "Free."),
        (cancel_video, ENDS, "Its price is paid back unless the model had started."),
        (share_video, CHANGES, "Free."),
        (edit_video, MAKES, f"Costs {settings().edit_credits} credits." if settings().edit_credits else "Free."),
        (make_ad, MAKES, f"Each shot costs its model's price in each format: {_prices()}.\n{offered()}"),
        (delete_video, ENDS, "Free; nothing is paid back."),
    ):
        server.add_tool(tool, annotations=hints, description=f"{tool.__doc__}\n\n{price}")


def _prices() -> str:
    """`10 credits`, or what each model costs where they differ."""
    models = entries.models().values()
    prices = {model.id: f"{model.price_credits} credits a {model.price_per}" for model in models}
    if len(set(prices.values())) == 1:
        return next(iter(prices.values()))
    return "by model: " + ", ".join(f"{name} {price}" for name, price in prices.items())
