"""Free memory goes back to the system."""

import ctypes

import psutil
import pytest

from core.processes import memory


@pytest.mark.skipif(memory._trim() is None, reason="another C library than glibc")
def test_what_lies_free_below_what_is_in_use_is_given_back() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    piece, number = 64 * 1024, 1000
    taken = [libc.malloc(piece) for _ in range(number)]
    for address in taken:
        ctypes.memset(address, 1, piece)
    for address in taken[:-1]:  # the last one, on top, keeps the heap from shrinking by itself
        libc.free(address)
    process = psutil.Process()
    before = process.memory_info().rss
    memory.give_back()
    assert before - process.memory_info().rss > piece * number / 2
    libc.free(taken[-1])
