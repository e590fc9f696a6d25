"""What a film's packets say, without decoding any: their times, how long it is, whether they can be copied."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import Unplayable
from workers.media.most import Most
from workers.media.reading import reading


@dataclass(frozen=True)
class Packets:
    """Of the picture track, in the order of the file: when each is shown, in ticks of the stream's time base.

    `end` is when the last one has been shown, in seconds; `ordered` whether the file says when to decode each; `whole`
    whether all are shown, but for those before the first.
    """

    shown: list[int]
    end: float
    ordered: bool
    whole: bool

    def decoded(self) -> list[int]:
        """When to decode each: in their order, as late as possible, and none after it is shown."""
        inline = sorted(self.shown)
        early = max(due - shown for due, shown in zip(inline, self.shown, strict=True))
        return [due - early for due in inline]


def scan(path: Path, most: Most) -> Packets:
    """Read them all. Raises Unplayable if one of them does not say when it is shown, TooHeavy."""
    shown: list[int] = []
    end, ordered, whole, begun = 0.0, True, True, False
    with reading(path, most) as container:
        for packet in container.demux(container.streams.video[0]):
            if not packet.size:
                continue
            if packet.pts is None:
                raise Unplayable("a packet does not say when it is shown")
            most.check_count(len(shown) + 1)
            ordered = ordered and packet.dts is not None
            whole = whole and not (begun and packet.is_discard)
            begun = begun or not packet.is_discard
            shown.append(packet.pts)
            end = max(end, float((packet.pts + (packet.duration or 0)) * (packet.time_base or 0)))
    most.check_length(end)
    if not shown:
        raise Unplayable("no picture track")
    return Packets(shown, end, ordered, whole and len(set(shown)) == len(shown))
