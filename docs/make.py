"""Makes the pictures of these pages with the product itself: `uv run python docs/make.py`.

studio.jpg: the studio with a finished clip, in a real Chromium. camera.jpg: one preset as the camera pushes in, above
with the picture as a whole, below with product and ground apart.
"""

# ruff: noqa: E402
import io
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from PIL import Image
from playwright.sync_api import sync_playwright

from core.catalog.size import Size
from core.pictures import framing, presets
from tests.e2e.chromium import FLAGS, path
from tests.running import RunningApp, wait_for_end
from workers.engines.camera.clip import clip_of, most_zoom
from workers.engines.camera.words import plan
from workers.media.cutout import cut_out

PROMPT = "Slow push-in on the perfume bottle; warm light glides across the facets. Elegant, cinematic."
ME = "you@localhost"
SIZE, SECONDS = Size(1280, 720), 6
TIMES, GAP, WIDTH = (0.0, 0.55, 1.0), 6, 480


def studio() -> bytes:
    """The page right after a clip is finished, while it plays; as PNG."""
    with tempfile.TemporaryDirectory() as folder, RunningApp.started(Path(folder)) as app:
        with app.client(ME) as user:
            preset = (presets.PRESETS / "perfume.jpg").read_bytes()
            image = user.post("/images", files={"file": ("perfume.jpg", preset, "image/jpeg")}).json()["id"]
            body = {"image_id": image, "prompt": PROMPT, "seconds": SECONDS}
            made = wait_for_end(user, user.post("/videos/generate", json=body).json()["id"], 300)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path(), args=list(FLAGS))
            page = browser.new_page(base_url=app.url, viewport={"width": 1440, "height": 900}, color_scheme="dark")
            page.goto("/auth/login")
            page.goto(f"/?reuse={made['id']}")
            page.wait_for_function("document.querySelector('video.player')?.readyState >= 3")
            player = page.locator("video.player")
            player.evaluate("(video) => { video.pause(); video.controls = false; video.currentTime = 3.2; }")
            page.wait_for_function("!document.querySelector('video.player').seeking")
            shot = page.screenshot(animations="disabled")
            browser.close()
    return shot


def camera() -> Image.Image:
    """Frames of the plain move above those of the layered one."""
    jpeg = (presets.PRESETS / "perfume.jpg").read_bytes()
    scale = most_zoom(plan(PROMPT, SECONDS))
    picture = framing.frame(jpeg, SIZE.width, SIZE.height, {}, scale)
    mask = framing.frame_mask(cut_out(jpeg)[0], SIZE.width, SIZE.height, {}, scale)
    height = WIDTH * SIZE.height // SIZE.width
    sheet = Image.new("RGB", (len(TIMES) * (WIDTH + GAP) - GAP, 2 * height + GAP), "white")
    for row, seen in enumerate((b"", mask)):
        clip = clip_of(picture, PROMPT, SIZE, SECONDS, mask=seen)
        for column, time in enumerate(TIMES):
            frame = clip.frame(round((clip.count - 1) * time)).to_image(width=WIDTH, height=height)
            sheet.paste(frame, (column * (WIDTH + GAP), row * (height + GAP)))
    return sheet


if __name__ == "__main__":
    Image.open(io.BytesIO(studio())).convert("RGB").save(HERE / "studio.jpg", quality=88, optimize=True)
    camera().save(HERE / "camera.jpg", quality=86, optimize=True)
