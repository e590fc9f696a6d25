"""Makes the folders that the app keeps its files in."""

import os
from pathlib import Path

from core.errors import Misconfigured


def make(folder: Path) -> Path:
    """The folder, made with those above it if it is missing. Raises Misconfigured if it can't be made or written to."""
    reason = "it may not be written to"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    except OSError as error:
        reason = error.strerror or type(error).__name__
    raise Misconfigured(
        f"The folder {folder} can't be made or used: {reason}. Set DATABASE_URL and STORAGE_URL to where AdsVideo may "
        "write."
    )
