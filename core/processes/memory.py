"""Gives memory that is free inside this process back to the system."""

import ctypes
import sys
from collections.abc import Callable
from functools import cache


@cache
def _trim() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`; other C libraries have none."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None


def give_back() -> None:
    """Call after work that took much memory in threads: what it freed lies in many heaps and would stay ours."""
    if trim := _trim():
        trim(0)
