"""The same form as plain NiceGUI has it, with nothing of ours: what bench/first_load.py holds the studio against."""

import os
import sys
from pathlib import Path

from nicegui import app, ui

app.add_static_files("/pictures", Path(sys.argv[1]))


@ui.page("/")
def page() -> None:
    """Picture, prompt, model, button, video."""
    with ui.header():
        ui.label("Plain")
        ui.space()
        ui.button("Login")
    with ui.row():
        with ui.column():
            ui.upload(label="Upload")
            with ui.row():
                for path in sorted(Path(sys.argv[1]).glob("*-192.webp")):
                    ui.image(f"/pictures/{path.name}").classes("w-24")
            ui.textarea("Prompt")
            ui.select(["Sora 2", "Sora 1", "Runway", "Camera"], value="Sora 2", label="Model")
            ui.button("Generate").props("data-testid=generate")
        ui.video("")


ui.run(host="127.0.0.1", port=int(os.environ["PORT"]), reload=False, show=False, show_welcome_message=False)
