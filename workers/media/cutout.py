"""Cuts the product out of its picture with a small network (U²-Net p, on the CPU), in a process of its own.

The process is started when needed and ends when nobody has needed it for a while: the network and what it runs on take
250 MB. Where they are not installed, or anything about them fails, there is no cut-out, and no harm done.
"""

import io
import logging
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.pictures.network import weights
from core.processes import Crashed, OwnProcess
from workers.media.fill import Floats
from workers.media.matte import cut

log = logging.getLogger(__name__)
SIDE = 320
MEAN, SPREAD = (np.array(values, np.float32) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
"""Of the pictures that the network has learned from."""
IDLE_SECONDS = 30.0


class NoNetwork(Exception):
    """The network, or what runs it, is not on this machine."""


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


_process = OwnProcess(IDLE_SECONDS)


async def cut_out_apart(content: bytes) -> tuple[bytes, float]:
    """`cut_out`, without blocking. Raises NoNetwork: none is installed, or it can't be run."""
    if weights() is None:
        raise NoNetwork("it is not installed")
    try:
        return await _process.run(cut_out, content)
    except Crashed:
        raise NoNetwork("its process died") from None


def close() -> None:
    """End the process, if there is one."""
    _process.close()
