"""What bench/scale.py holds the studio against: a plain NiceGUI page that looks once a second whether something has
changed, and a bare one of as many elements as asked for."""

import os
import sys

import redis.asyncio as redis
from nicegui import ui

client = redis.from_url(os.environ["REDIS_URL"])  # type: ignore[no-untyped-call]


@ui.page("/")
async def page(person: int = 0) -> None:
    """One label, which shows what Redis holds for that person."""
    label = ui.label()

    async def look() -> None:
        label.text = (await client.get(f"bench:{person}") or b"").decode()

    ui.timer(1.0, look)


@ui.page("/bare")
def bare(elements: int = 100) -> None:
    """Rows of a label and a button; four more elements are NiceGUI's own."""
    for _ in range((elements - 4) // 3):
        with ui.row():
            ui.label("A label")
            ui.button("A button", on_click=lambda: None)


ui.run(
    port=int(sys.argv[1]),
    host="127.0.0.1",
    reload=False,
    show=False,
    show_welcome_message=False,
    ws_per_message_deflate="uncompressed" not in sys.argv,
)
