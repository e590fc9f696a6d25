"""The process in which products are cut out of their pictures.

It is started when needed and ends when nobody has needed it for a while: the network and what it runs on take 250 MB.
Where they are not installed, or anything about them fails, there is no cut-out, and no harm done.
"""

from core.pictures.network import NoNetwork, weights
from core.processes.own import OwnProcess
from core.processes.pool import Crashed

IDLE_SECONDS = 30.0


def _cut_out(content: bytes) -> tuple[bytes, float]:
    from workers.media.cutout import cut_out  # noqa: PLC0415 - NumPy is not loaded into the worker itself

    return cut_out(content)


_process = OwnProcess(IDLE_SECONDS)


async def cut_out_apart(content: bytes) -> tuple[bytes, float]:
    """`cut_out`, without blocking. Raises NoNetwork: none is installed, or it can't be run."""
    if weights() is None:
        raise NoNetwork("it is not installed")
    try:
        return await _process.run(_cut_out, content)
    except Crashed:
        raise NoNetwork("its process died") from None


def close() -> None:
    """End the process, if there is one."""
    _process.close()
