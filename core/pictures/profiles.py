"""Converts pixels by an ICC profile to sRGB."""

import io

from PIL import Image, ImageCms

MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def to_srgb(picture: Image.Image, content: bytes) -> Image.Image | None:
    """The picture (L, RGB or CMYK) as RGB in sRGB; None if the profile is unreadable or is none of such a picture.

    Grey may have a profile of RGB, but not the other way round.
    """
    if not content:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        mode = MODES.get(profile.profile.xcolor_space.strip())
        if picture.mode != mode and (picture.mode, mode) != ("L", "RGB"):
            return None
        picture = picture.convert(mode)
        return ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
