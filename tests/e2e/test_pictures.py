"""Pictures come in as a browser shows them: some hundred tiny ones, each drawn by Chromium and read by us."""

import base64
import io

from PIL import Image
from playwright.sync_api import Browser

from core.errors import AdsVideoError
from core.pictures.framing import clean
from tests.core.pictures.table import ALPHAS, PATCH, table

CLOSE = 4
DRAW = """async (files) => {
  const drawn = [];
  for (const file of files) {
    const url = URL.createObjectURL(new Blob([Uint8Array.from(atob(file), (c) => c.charCodeAt(0))]));
    const image = new Image();
    image.src = url;
    try {
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      drawn.push([canvas.width, canvas.height, btoa(String.fromCharCode(...data))]);
    } catch {
      drawn.push(null);
    }
    URL.revokeObjectURL(url);
  }
  return drawn;
}"""

Shown = tuple[tuple[int, int], list[tuple[int, ...]]]


def drawn(browser: Browser, contents: list[bytes]) -> list[Shown | None]:
    """Size and the middle of each patch as Chromium shows them; None of what it does not."""
    page = browser.new_page()
    try:
        answers = page.evaluate(DRAW, [base64.b64encode(content).decode() for content in contents])
    finally:
        page.close()
    return [
        answer and patches(Image.frombytes("RGBA", tuple(answer[:2]), base64.b64decode(answer[2])))
        for answer in answers
    ]


def patches(picture: Image.Image) -> Shown:
    """Size and the middle of each patch, RGBA."""
    picture = picture.convert("RGBA")
    middles = [
        (x, y) for y in range(PATCH // 2, picture.height, PATCH) for x in range(PATCH // 2, picture.width, PATCH)
    ]
    return picture.size, [picture.getpixel(middle) for middle in middles]  # type: ignore[misc]


def on(ground: int, pixel: tuple[int, ...]) -> list[float]:
    """A pixel on a grey ground."""
    *colour, alpha = pixel
    return [(value * alpha + ground * (255 - alpha)) / 255 for value in colour]


def difference(ours: list[tuple[int, ...]], theirs: list[tuple[int, ...]]) -> float:
    """How far the worst of the patches is off, on white or on black."""
    return max(
        abs(a - b)
        for own, other in zip(ours, theirs, strict=True)
        for ground in (0, 255)
        for a, b in zip(on(ground, own), on(ground, other), strict=True)
    )


def judged(title: str, theirs: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """What is right: what Chromium 156 shows, but for the two where it takes full range for narrow."""
    if title.startswith("avif RGBA"):  # the alpha of an AVIF
        return [(*pixel[:3], alpha) for pixel, alpha in zip(theirs, ALPHAS, strict=True)]
    return theirs


def test_a_picture_comes_in_as_chromium_shows_it(browser: Browser) -> None:
    cases = table()
    answers = dict(zip(cases, drawn(browser, list(cases.values())), strict=True))
    answers["avif a film"] = answers["avif RGB, plain"]  # the colours of a film in AVIF, likewise
    answers["avif RGBA, premultiplied"] = answers["avif RGBA, plain"]
    assert sum(answer is not None for answer in answers.values()) > len(cases) * 0.9
    wrong = {
        title: problem
        for title, answer in answers.items()
        if answer and (problem := _wrong(title, cases[title], answer))
    }
    assert not wrong, "\n".join(f"{title}: {problem}" for title, problem in wrong.items())


def _wrong(title: str, content: bytes, shown: Shown) -> str:
    """What is wrong with how that picture came in; empty if nothing is."""
    size, theirs = shown
    try:
        prepared = clean(content)
    except AdsVideoError as error:
        return f"refused: {error}"
    if (prepared.width, prepared.height) != size:
        return f"{prepared.width}x{prepared.height}, not {size}"
    kept = Image.open(io.BytesIO(prepared.alpha or prepared.content))
    flat = Image.open(io.BytesIO(prepared.content))
    expected = judged(title, theirs)
    pairs = [
        (patches(kept)[1], expected),
        (patches(flat)[1], [(*map(round, on(255, pixel)), 255) for pixel in expected]),
    ]
    if title.endswith("its last two bytes missing"):  # of these Chromium leaves the last row of blocks out
        pairs = [
            ([a for a, b in zip(ours, theirs, strict=True) if b[3]], [b for b in theirs if b[3]]) for ours, _ in pairs
        ]
    off = max(difference(ours, right) for ours, right in pairs)
    return f"{off:.0f} off: {pairs[0]}" if off > CLOSE else ""
