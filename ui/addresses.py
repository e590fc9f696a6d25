"""Addresses of ours: the one people use, and paths that may be gone back to."""

from fastapi import Request

from core.settings import settings

MAX_PATH = 500


def origin(request: Request) -> str:
    """Our public address, without a path: PUBLIC_URL, else what the Host header says."""
    return settings().public_url or f"{request.url.scheme}://{request.url.netloc}"


def inside(target: object) -> str:
    """The target if it is a path of ours, short enough for a cookie; else `/`."""
    path = str(target or "/")
    sound = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if sound and len(path) <= MAX_PATH else "/"
