"""Films come home as Chromium plays them: what a server delivers and what we keep of it, side by side."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.workers.media.films import FILMS, Film, write
from workers.media.keepable import check
from workers.media.most import Most

TYPES = {"mp4": "video/mp4", "mkv": "video/x-matroska", "webm": "video/webm"}
TRIES = 5
PLAY = """async ([file, type, times]) => {
  const video = document.createElement("video");
  const heard = (name) =>
    new Promise((resolve, reject) => {
      video.addEventListener(name, resolve, { once: true });
      video.addEventListener("error", () => reject(new Error(video.error.message)), { once: true });
    });
  video.muted = true;
  video.preload = "auto";
  video.src = URL.createObjectURL(new Blob([Uint8Array.from(atob(file), (c) => c.charCodeAt(0))], { type }));
  await heard("loadeddata");
  const { videoWidth: width, videoHeight: height, duration } = video;
  const canvas = new OffscreenCanvas(24, 24);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const frames = [];
  for (const time of times) {
    const there = heard("seeked");
    video.currentTime = time;
    await there;
    context.drawImage(video, 0, 0, 24, 24);
    frames.push([...context.getImageData(0, 0, 24, 24).data]);
  }
  URL.revokeObjectURL(video.src);
  return { width, height, duration, frames };
}"""


def played(page: Page, path: Path, kind: str, times: list[float]) -> dict[str, Any]:
    """Size, length and the frames at these times as Chromium plays the file."""
    content = base64.b64encode(path.read_bytes()).decode()
    answer: dict[str, Any] = page.evaluate(PLAY, [content, TYPES[kind], times])
    return answer


def in_chromium(film: Film) -> Film:
    """The film, or one that is to be shown likewise where Chromium can't play it or can't seek in it."""
    if film.codec == "hevc":
        film = replace(film, codec="h264")
    return replace(film, kind="mp4", codec="h264", live=False) if film.live else film


def difference(theirs: list[list[int]], ours: list[list[int]]) -> float:
    """The mean of how far the worst frame's samples are off."""
    return max(
        sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
        for one, other in zip(theirs, ours, strict=True)
    )


def test_a_film_comes_home_as_chromium_plays_it(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    try:
        wrong = {name: problem for name, film in FILMS.items() if (problem := _wrong(page, film, tmp_path))}
    finally:
        page.close()
    assert not wrong, "\n".join(f"{name}: {problem}" for name, problem in wrong.items())


def _wrong(page: Page, film: Film, folder: Path) -> str:
    """What is otherwise; empty if nothing is."""
    files = check(write(film, folder / f"raw.{film.kind}"), folder, {}, Most())
    judge = in_chromium(film)
    raw = write(judge, folder / f"judge.{judge.kind}")
    middles = [time + 0.02 + float(film.late) for time in film.expected]
    times = [middles[n] for n in (0, 5, len(middles) // 2, len(middles) - 1)]
    if film.late:  # the length that it says ends before its last frames
        times = times[:2]
    off = 0.0
    for _ in range(TRIES):  # now and then a canvas still has the frame before the one that was sought
        theirs, ours = played(page, raw, judge.kind, times), played(page, files.video, "mp4", times)
        if (off := difference(theirs["frames"], ours["frames"])) < 6:
            break
    sizes = [(theirs["width"], theirs["height"]), (ours["width"], ours["height"]), (files.width, files.height)]
    if len(set(sizes)) > 1:
        return f"Chromium shows {sizes[0]}, of ours {sizes[1]}, and we say {sizes[2]}"
    lengths = [theirs["duration"], ours["duration"], files.seconds]
    if max(lengths) - min(lengths) > 0.15 + film.late:  # of one that begins late it counts the time before, or not
        return f"Chromium plays {lengths[0]} s, of ours {lengths[1]} s, and we say {lengths[2]} s"
    return f"{off:.0f} off" if off >= 6 else ""
