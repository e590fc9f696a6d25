"""Makes the AVIF and WebP variants of the preset pictures: `uv run ui/static/presets/make.py`."""

from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
ORIGINALS = HERE.parents[2] / "core/pictures/shipped"
WIDTHS = (192, 640, 1280)
QUALITY = {"avif": {192: 55, 640: 55, 1280: 58}, "webp": {192: 72, 640: 74, 1280: 78}}


def main() -> None:
    """Write NAME-WIDTH.avif and NAME-WIDTH.webp of every NAME.jpg in core/pictures/shipped."""
    for source in sorted(ORIGINALS.glob("*.jpg")):
        with Image.open(source) as original:
            picture = original.convert("RGB")
        for width in WIDTHS:
            height = round(picture.height * width / picture.width)
            small = picture.resize((width, height), Image.Resampling.LANCZOS)
            small.save(HERE / f"{source.stem}-{width}.avif", quality=QUALITY["avif"][width], speed=3)
            small.save(HERE / f"{source.stem}-{width}.webp", quality=QUALITY["webp"][width], method=6)


if __name__ == "__main__":
    main()
