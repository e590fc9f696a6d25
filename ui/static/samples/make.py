"""Makes the sample videos of the studio with the built-in camera: `uv run python ui/static/samples/make.py`.

Each is what the app makes of that preset and its prompt, then made small for the web.
"""

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import av

from core.catalog import entries
from core.catalog.size import Size
from core.pictures import framing, presets
from workers.engines import Job, open_engine
from workers.engines.camera.engine import Camera
from workers.media.poster import write_poster

HERE = Path(__file__).resolve().parent
NAMES = ("watch", "perfume", "soda", "macarons")
WIDTH, HEIGHT, CRF = 960, 540, "31"


def job_of(preset: presets.Preset) -> Job:
    """The preset as the engine sees it."""
    content = (presets.PRESETS / f"{preset.name}.jpg").read_bytes()
    model = entries.get("camera")
    job = Job(f"sample-{preset.name}", model, preset.prompt, 6, Size(1280, 720), time.time())
    return replace(job, picture=framing.frame(content, 1280, 720, {}, Camera(model.server).scale(job)))


def shrink(source: Path, target: Path) -> None:
    """The same clip, fewer pixels and bits."""
    options = {"movflags": "+faststart"}
    with av.open(str(source), "r") as container, av.open(str(target), "w", options=options) as out:
        video = container.streams.video[0]
        stream = out.add_stream("libx264", rate=video.average_rate, options={"preset": "veryslow", "crf": CRF})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in container.decode(video):
            small = frame.reformat(width=WIDTH, height=HEIGHT, format="yuv420p")
            small.pict_type = 0
            out.mux(stream.encode(small))
        out.mux(stream.encode())


async def main() -> None:
    """Make them all and the list the page reads."""
    engine = open_engine(entries.get("camera").server)
    listed = []
    with tempfile.TemporaryDirectory() as folder:
        for preset in (p for p in presets.presets() if p.name in NAMES):
            whole = Path(folder) / f"{preset.name}.mp4"
            job = job_of(preset)
            await engine.fetch(job, "", None, whole, lambda percent: None)
            shrink(whole, HERE / f"{preset.name}.mp4")
            write_poster(whole, HERE / f"{preset.name}.webp", WIDTH)
            entry = {"preset": preset.name, "video": f"{preset.name}.mp4", "poster": f"{preset.name}.webp"}
            listed.append({**entry, "prompt": preset.prompt, "model_label": job.model.label})
    listed.sort(key=lambda entry: NAMES.index(entry["preset"]))
    (HERE / "samples.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
