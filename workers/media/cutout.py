"""Cuts the product out of its picture with a small network (U²-Net p, on the CPU).

In a process of its own: see workers/media/cutting.py.
"""

import io
import logging
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.pictures.network import NoNetwork, weights
from workers.media.fill import Floats
from workers.media.matte import cut

log = logging.getLogger(__name__)
SIDE = 320
MEAN, SPREAD = (np.array(values, np.float32) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
"""Of the pictures that the network has learned from."""


@lru_cache(1)
def _session() -> Any:
    path = weights()
    if path is None:
        raise NoNetwork("it is not installed")
    import onnxruntime  # noqa: PLC0415 - only the cutting process pays for it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # beside renders that use the other cores
    options.log_severity_level = 3
    # These three together: 250 MB instead of 550, for a quarter more time.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _seen(picture: Image.Image) -> Floats:
    """How likely each place of the picture is what it is about, 0-1, SIDE x SIDE."""
    small = picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    values = np.asarray(small, np.float32)
    values = (values / max(float(values.max()), 1.0) - MEAN) / SPREAD
    session = _session()
    asked = {session.get_inputs()[0].name: values.transpose(2, 0, 1)[None]}
    answer: Floats = session.run([session.get_outputs()[0].name], asked)[0][0, 0]
    return answer


def cut_out(content: bytes) -> tuple[bytes, float]:
    """The alpha of a picture as grey PNG in the picture's shape, and the confidence, 0-1. Blocking.

    Raises NoNetwork.
    """
    try:
        picture = Image.open(io.BytesIO(content))
        picture.draft("RGB", (2 * SIDE, 2 * SIDE) if max(picture.size) > 8000 else picture.size)
        made = cut(picture.convert("RGB"), _seen)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        log.warning("a picture could not be cut out: %s", error)
        return b"", 0.0
    out = io.BytesIO()
    made.alpha.save(out, "PNG", compress_level=6)
    return out.getvalue(), made.confidence
