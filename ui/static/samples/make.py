"""Makes the sample videos of the studio with the built-in camera: `uv run python ui/static/samples/make.py`.

Each is what the app makes of that preset and this prompt, which asks for nothing that a still picture can't show; then
it is made small for the web.
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
WIDTH, HEIGHT, CRF = 960, 540, "31"


def job_of(preset: presets.Preset) -> Job:
    """The preset as the engine sees it."""
    content = (presets.PRESETS / f"{preset.name}.jpg").read_bytes()
    model = entries.get("camera")
    job = Job(f"sample-{preset.name}", model, PROMPTS[preset.name], 6, Size(1280, 720), time.time())
    scale = Camera(model.server).scale(job)
    mask, _confidence = cut_out(content)
    cutout = Cutout(framing.frame_mask(mask, 1280, 720, {}, scale), sure=True)
    return replace(job, picture=framing.frame(content, 1280, 720, {}, scale), cutout=cutout)


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
        for preset in (p for p in presets.presets() if p.name in PROMPTS):
            whole = Path(folder) / f"{preset.name}.mp4"
            job = job_of(preset)
            await engine.fetch(job, "", None, whole, lambda percent: None)
            shrink(whole, HERE / f"{preset.name}.mp4")
            write_poster(whole, HERE / f"{preset.name}.webp", WIDTH)
            entry = {"preset": preset.name, "video": f"{preset.name}.mp4", "poster": f"{preset.name}.webp"}
            prompts = {"prompt": job.prompt, "prompt_zh": CHINESE[preset.name]}
            listed.append({**entry, **prompts, "model_label": job.model.label})
    listed.sort(key=lambda entry: list(PROMPTS).index(entry["preset"]))
    (HERE / "samples.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
