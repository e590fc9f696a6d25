"""What an edit costs beside decoding and encoding its clip alone, and how fast a trim is; all in one run.

    uv run bench/edit.py [--rounds 3] [--many 20] [--opening]

The clip: ten seconds of 1280x720 by the studio camera. In each round the ways take turns, the best counts: other
work on the machine only ever adds time. `--many`: so many edits at once in the running app, with the 95th percentile
of /healthz and the memory of the worker meanwhile. `--opening`: the editor beside the video page, in a real Chromium.
"""

# ruff: noqa: E402
import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import av
import httpx
import psutil
from PIL import Image
from playwright.sync_api import sync_playwright

from core.catalog.size import Size
from core.edits import music, timeline
from tests.e2e.chromium import FLAGS, path
from tests.running import RunningApp, wait_for_end
from workers.edits.files import Files
from workers.edits.plan import plan
from workers.edits.planes import stamp
from workers.edits.render import ENCODER, KEY_EVERY_SECONDS, THREADS, render
from workers.engines.camera import film
from workers.engines.camera.clip import clip_of

SECONDS = 10
PRESET = ROOT / "core/pictures/shipped/perfume.jpg"
CAPTIONS = [{"start": n * 2.0, "end": n * 2.0 + 1.8, "text": f"Line {n + 1} of five"} for n in range(5)]


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of CPU, and of the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - clock


def encoded(source: Path, target: Path) -> None:
    """Decode and encode alone, as the renderer does."""
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        rate = container.streams.video[0].average_rate or Fraction(24)
        stream = out.add_stream("libx264", rate=rate, options=ENCODER)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.codec_context.thread_count = THREADS
        stream.codec_context.gop_size = round(KEY_EVERY_SECONDS * rate)
        container.streams.video[0].codec_context.thread_count = 1
        for number, frame in enumerate(container.decode(video=0)):
            frame.pict_type = av.video.frame.PictureType.NONE
            out.mux(stream.encode(stamp(frame, number, rate)))
        out.mux(stream.encode())


def rendering(folder: Path, rounds: int) -> None:
    """The ratios."""
    source, logo = folder / "clip.mp4", folder / "logo.png"
    film.render(clip_of(PRESET.read_bytes(), "Slow push in", Size(1280, 720), SECONDS), source, lambda _percent: None)
    Image.new("RGBA", (400, 200), (255, 90, 40, 160)).save(logo)
    track = music.TRACKS[0]
    whole = {
        "clips": [{"video_id": 1, "start": 0.1}],
        "captions": {"lines": CAPTIONS[:-1]},
        "logo": {"image_id": 1},
        "music": {"track": track.id},
    }

    def edit(body: dict[str, Any], **files: Any) -> None:
        render(timeline.read(body), Files((source,), **files), folder / "edit.mp4", {}, lambda _percent: None)

    ways: dict[str, Callable[[], object]] = {
        "decode and encode alone": lambda: encoded(source, folder / "alone.mp4"),
        "trim, captions, logo, music": lambda: edit(whole, logo=logo, music=track.path, music_lufs=track.lufs),
        "trim alone": lambda: edit({"clips": [{"video_id": 1, "start": 2.0, "end": 8.0}]}),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(cost(way))
    best = {name: (min(cpu for cpu, _ in costs), min(clock for _, clock in costs)) for name, costs in found.items()}
    for name, (cpu, clock) in best.items():
        print(f"{name:30} {cpu:6.2f} s of CPU  {clock:6.2f} s")
    alone, full, trim = (best[name] for name in ways)
    print(f"the whole edit costs {full[0] / alone[0]:.2f}x of decoding and encoding alone (at most 1.15x is wanted)")
    print(f"a trim of 6 s takes 1/{6 / trim[1]:.1f} of real time (1/8 is wanted)")
    print(f"{plan(timeline.read(whole), Files((source,), logo=logo, music=track.path)).total} frames")


def in_the_app(folder: Path, many: int, opening: bool) -> None:
    """Edits at once, and how fast the editor opens."""
    with RunningApp.started(folder, GENERATIONS_PER_HOUR="200", SIGNUP_CREDITS="200") as app:
        with app.client("you@localhost") as user:
            image = user.post("/images", files={"file": ("a.jpg", PRESET.read_bytes(), "image/jpeg")}).json()["id"]
            body = {"image_id": image, "prompt": "Slow push in", "seconds": 8}
            clip = int(str(wait_for_end(user, user.post("/videos/generate", json=body).json()["id"], 300)["id"]))
            if many:
                _many(app, user, clip, many)
        if opening:
            _opening(app, clip)


def _many(app: RunningApp, user: httpx.Client, clip: int, many: int) -> None:
    took: list[float] = []
    memory: list[int] = []
    ended = threading.Event()

    def watch() -> None:
        worker = app.part("worker")
        while not ended.wait(0.1):
            begun = time.perf_counter()
            app.get("/healthz")
            took.append(time.perf_counter() - begun)
            parts = [worker, *worker.children(recursive=True)]
            memory.append(sum(_held(part) for part in parts))

    watching = threading.Thread(target=watch)
    watching.start()
    asked = {"clips": [{"video_id": clip}], "captions": {"lines": CAPTIONS[:3]}, "music": {"track": "good-day"}}
    made = [user.post("/edits", json=asked).json()["id"] for _ in range(many)]
    statuses = [wait_for_end(user, number, 900)["status"] for number in made]
    ended.set()
    watching.join()
    p95 = statistics.quantiles(took, n=20)[-1] * 1000
    print(f"{many} edits at once: {statuses.count('completed')} made; /healthz p95 {p95:.0f} ms (100 wanted), "
          f"worker and its processes at most {max(memory) / 1e6:.0f} MB")  # fmt: skip


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


def _opening(app: RunningApp, clip: int) -> None:
    ready = {
        f"/videos/{clip}": "document.querySelector('video')?.readyState >= 2",
        f"/videos/{clip}/edit": "document.querySelector('.edit-shot video')?.readyState >= 2"
        " && document.querySelector('.edit-handle')",
    }
    found: dict[str, list[float]] = {address: [] for address in ready}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path(), args=list(FLAGS))
        page = browser.new_page(base_url=app.url)
        page.goto("/auth/login")
        for _ in range(6):
            for address, condition in ready.items():
                begun = time.perf_counter()
                page.goto(address)
                page.wait_for_function(condition)
                found[address].append(time.perf_counter() - begun)
        browser.close()
    medians = [statistics.median(times[1:]) for times in found.values()]
    print(f"video page {medians[0]:.2f} s, editor {medians[1]:.2f} s: {medians[1] / medians[0]:.2f}x (1.2x wanted)")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=0)
    parser.add_argument("--opening", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rendering(Path(folder), wanted.rounds)
        if wanted.many or wanted.opening:
            in_the_app(Path(folder), wanted.many, wanted.opening)


if __name__ == "__main__":
    main()
