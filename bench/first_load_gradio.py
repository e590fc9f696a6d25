# /// script
# requires-python = ">=3.11"
# dependencies = ["gradio==6.31.0"]
# ///
"""The same form as Gradio has it. In an environment of its own: Gradio wants an older Pillow than AdsVideo has."""

import os
import sys
from pathlib import Path

import gradio as gr

pictures = [str(path) for path in sorted(Path(sys.argv[1]).glob("*-192.webp"))]

with gr.Blocks(title="Plain") as page, gr.Row():
    with gr.Column():
        picture = gr.Image(label="Picture", type="filepath")
        gr.Gallery(pictures, label="Pictures", columns=5)
        prompt = gr.Textbox(label="Prompt", lines=3)
        model = gr.Dropdown(["Sora 2", "Sora 1", "Runway", "Camera"], value="Sora 2", label="Model")
        generate = gr.Button("Generate", elem_id="generate")
    with gr.Column():
        video = gr.Video(label="Video")
    generate.click(lambda *_: None, [picture, prompt, model], video)

page.launch(server_name="127.0.0.1", server_port=int(os.environ["PORT"]), quiet=True, allowed_paths=[sys.argv[1]])
