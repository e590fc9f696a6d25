"""The other way in bench/scale.py: a plain NiceGUI page that looks once a second whether something has changed."""

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


ui.run(port=int(sys.argv[1]), host="127.0.0.1", reload=False, show=False, show_welcome_message=False)
