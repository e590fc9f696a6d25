"""Makes the sample videos of the studio and the loops on its templates' cards with the built-in camera.

    uv run python ui/static/samples/make.py [samples] [loops]

Each is what the app makes of that preset and that prompt; then it is made small for the web. The prompts of the
samples ask for nothing that a still picture can't show.
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
from core.prompts import templates
from workers.engines import Cutout, Job, open_engine
from workers.engines.camera.engine import Camera
from workers.media.cutout import cut_out
from workers.media.poster import write_poster

HERE = Path(__file__).resolve().parent
PROMPTS = {
    "watch": "Slow orbit around the watch on wet slate; a cool light sweeps over the bezel. Dark, premium.",
    "perfume": "Slow push-in on the perfume bottle; warm light glides across the facets. Elegant, cinematic.",
    "soda": "Fast push-in on the ice-cold can; a bright glint runs over the metal. Fresh, energetic.",
    "macarons": "Slow parallax drift past the macaron tower on its marble stand; soft sunlight. Sweet, playful.",
}
CHINESE = {
    "watch": "镜头缓缓环绕湿石板上的腕表；一道冷光扫过表圈。暗调，高级。",
    "perfume": "镜头缓缓推近香水瓶；暖光掠过切面。优雅，电影感。",
    "soda": "镜头快速推近冰镇汽水；一道亮光划过罐身。清爽，有活力。",
    "macarons": "镜头缓缓漂移，掠过大理石底座上的马卡龙塔；柔和阳光。甜美，俏皮。",
}
"""The same words on the Chinese page."""
SAMPLE, LOOP = Size(960, 540), Size(384, 216)
LOOPS = HERE.parent / "prompt-templates"


def job_of(preset: str, prompt: str, seconds: int) -> Job:
    """The preset as the engine sees it."""
    content = (presets.PRESETS / f"{preset}.jpg").read_bytes()
    model = entries.get("camera")
    job = Job(f"sample-{preset}", model, prompt, seconds, Size(1280, 720), time.time())
    scale = Camera(model.server).scale(job)
    mask, _confidence = cut_out(content)
    cutout = Cutout(framing.frame_mask(mask, 1280, 720, {}, scale), sure=True)
    return replace(job, picture=framing.frame(content, 1280, 720, {}, scale), cutout=cutout)


def shrink(source: Path, target: Path, size: Size, crf: str) -> None:
    """The same clip, fewer pixels and bits."""
    options = {"movflags": "+faststart"}
    with av.open(str(source), "r") as container, av.open(str(target), "w", options=options) as out:
        video = container.streams.video[0]
        stream = out.add_stream("libx264", rate=video.average_rate, options={"preset": "veryslow", "crf": crf})
        stream.width, stream.height, stream.pix_fmt = size.width, size.height, "yuv420p"
        for frame in container.decode(video):
            small = frame.reformat(width=size.width, height=size.height, format="yuv420p")
            small.pict_type = 0
            out.mux(stream.encode(small))
        out.mux(stream.encode())


async def film(job: Job, target: Path, size: Size, crf: str) -> None:
    """What the camera makes of the job, small, and its poster beside it."""
    engine = open_engine(job.model.server)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.mp4"
        await engine.fetch(job, "", None, whole, lambda percent: None)
        shrink(whole, target, size, crf)
        write_poster(whole, target.with_suffix(".webp"), size.width)


async def make_samples() -> None:
    """Make the samples, and the list the page reads."""
    listed = []
    for name, prompt in PROMPTS.items():
        job = job_of(name, prompt, 6)
        await film(job, HERE / f"{name}.mp4", SAMPLE, "31")
        entry = {"preset": name, "video": f"{name}.mp4", "poster": f"{name}.webp"}
        prompts = {"prompt": prompt, "prompt_zh": CHINESE[name]}
        listed.append({**entry, **prompts, "model_label": job.model.label})
    (HERE / "samples.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")


async def make_loops() -> None:
    """Make a loop for each template of the studio that a camera can film."""
    for sample in templates.SAMPLES:
        if not sample.full_turn:
            job = job_of(sample.picture, templates.fill(sample.text, {}), 4)
            await film(job, LOOPS / f"{sample.name}.mp4", LOOP, "33")


async def main() -> None:
    """Make what is named, or all."""
    wanted = set(sys.argv[1:]) or {"samples", "loops"}
    if "samples" in wanted:
        await make_samples()
    if "loops" in wanted:
        await make_loops()


if __name__ == "__main__":
    asyncio.run(main())
