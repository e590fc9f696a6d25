"""Brings the frames of a clip to the edit's size: cut to its shape, or padded."""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from PIL import Image, ImageColor, ImageFilter

from core.pictures.fit import Framing
from workers.edits.planes import Planes, blank, copy, from_picture, mark, planes
from workers.media import mp4

BLUR_SHARE = 16
"""A blurred background is made from a copy of this share of the size."""
DARKER = 0.7


class Fitter:
    """Fits one frame after another, all of one size."""

    def __init__(self, width: int, height: int, framing: Framing | None) -> None:
        self.width, self.height, self.framing = width, height, framing or Framing()
        self._scale, self._small, self._large, self._plain = (VideoReformatter() for _ in range(4))

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The frame in the edit's size; the very same one where nothing is to be done."""
        frame = self._as_bt709(frame)
        same_shape = frame.width * self.height == frame.height * self.width
        if same_shape and (self.framing.mode != "crop" or self.framing.zoom == 1):
            return self._scaled(frame, self.width, self.height)
        if self.framing.mode == "crop":
            return self._scaled(self._cropped(frame, self.framing), self.width, self.height)
        return self._padded(frame)

    def _as_bt709(self, frame: VideoFrame) -> VideoFrame:
        unmarked = frame.colorspace == mp4.UNMARKED and not frame.format.is_rgb
        is_709 = frame.colorspace == Colorspace.ITU709 or (unmarked and frame.height >= mp4.HD)
        if is_709 and frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG:
            return frame
        plain = self._plain.reformat(
            frame,
            format="yuv420p",
            src_colorspace=Colorspace.ITU709 if unmarked and frame.height >= mp4.HD else None,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        return mark(plain)

    def _scaled(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        if (frame.width, frame.height) == (width, height):
            return frame
        return mark(self._scale.reformat(frame, width=width, height=height, interpolation="BICUBIC"))

    def _cropped(self, frame: VideoFrame, framing: Framing) -> VideoFrame:
        """The window that has the edit's shape, on whole chroma samples."""
        scale = min(frame.width / self.width, frame.height / self.height) / framing.zoom
        width, height = (max(round(side * scale / 2) * 2, 2) for side in (self.width, self.height))
        left = min(round((frame.width - width) * framing.x / 2) * 2, frame.width - width)
        top = min(round((frame.height - height) * framing.y / 2) * 2, frame.height - height)
        window = VideoFrame(width, height, "yuv420p")
        for index, (target, source) in enumerate(zip(planes(window), planes(frame), strict=True)):
            half = 2 if index else 1
            rows, columns = target.shape
            target[:] = source[top // half : top // half + rows, left // half : left // half + columns]
        return mark(window)

    def _padded(self, frame: VideoFrame) -> VideoFrame:
        scale = min(self.width / frame.width, self.height / frame.height)
        width, height = (max(round(side * scale / 2) * 2, 2) for side in (frame.width, frame.height))
        inside = self._scaled(frame, min(width, self.width), min(height, self.height))
        canvas = self._background(frame)
        left, top = (self.width - inside.width) // 4 * 2, (self.height - inside.height) // 4 * 2
        for index, (target, source) in enumerate(zip(planes(canvas), planes(inside), strict=True)):
            half = 2 if index else 1
            rows, columns = source.shape
            target[top // half : top // half + rows, left // half : left // half + columns] = source
        return canvas

    def _background(self, frame: VideoFrame) -> VideoFrame:
        if self.framing.mode != "pad-blur":
            return copy(self._flat())
        small = self._cropped(frame, Framing())
        size = (max(self.width // BLUR_SHARE // 2 * 2, 2), max(self.height // BLUR_SHARE // 2 * 2, 2))
        tiny = self._small.reformat(small, width=size[0], height=size[1], interpolation="AREA")
        for index, plane in enumerate(planes(tiny)):
            soft = np.asarray(Image.fromarray(plane).filter(ImageFilter.GaussianBlur(1 if index else 2)))
            plane[:] = soft if index else 16 + (np.maximum(soft, 16) - 16) * DARKER
        large = self._large.reformat(tiny, width=self.width, height=self.height, interpolation="BICUBIC")
        large.make_writable()
        return mark(large)

    def _flat(self) -> VideoFrame:
        color = "white" if self.framing.mode == "pad-white" else self.framing.color
        return _flat_of(self.width, self.height, color)


def _flat_of(width: int, height: int, color: str) -> VideoFrame:
    swatch: Planes = planes(from_picture(Image.new("RGB", (16, 16), ImageColor.getrgb(color))))
    luma, blue, red = (int(plane[0, 0]) for plane in swatch)
    return blank(width, height, (luma, blue, red))
