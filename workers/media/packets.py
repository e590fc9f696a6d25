"""What a film's packets say, without decoding any: their times, how long it is, whether they can be copied."""

from dataclasses import dataclass, field
from pathlib import Path

from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from core.errors import Unplayable
from workers.media.most import Most
from workers.media.reading import reading


@dataclass
class Packets:
    """Of the picture track, in the order of the file: when each is shown, in ticks of the stream's time base.

    `end` is when the last one has been shown, in seconds; `ordered` whether the file says when to decode each;
    `all_shown` whether an edit list leaves out none, but for those before the first.
    """

    shown: list[int] = field(default_factory=list)
    end: float = 0.0
    ordered: bool = True
    all_shown: bool = True
    _has_begun: bool = False

    def add(self, packet: "Packet[Stream] | Packet[VideoStream]", most: Most) -> None:
        """The next one. Raises Unplayable if it does not say when it is shown, TooHeavy."""
        if packet.pts is None:
            raise Unplayable("a packet does not say when it is shown")
        self.ordered = self.ordered and packet.dts is not None
        self.all_shown = self.all_shown and not (self._has_begun and packet.is_discard)
        self._has_begun = self._has_begun or not packet.is_discard
        self.shown.append(packet.pts)
        self.end = max(self.end, float((packet.pts + (packet.duration or 0)) * (packet.time_base or 0)))
        most.check_count(len(self.shown))
        most.check_length(self.end)

    @property
    def whole(self) -> bool:
        """Whether all are shown, each at a time of its own."""
        return self.all_shown and len(set(self.shown)) == len(self.shown)

    def decoded(self) -> list[int]:
        """When to decode each: in their order, as late as possible, and none after it is shown."""
        inline = sorted(self.shown)
        early = max(due - shown for due, shown in zip(inline, self.shown, strict=True))
        return [due - early for due in inline]


def scan(path: Path, most: Most) -> Packets:
    """Read them all. Raises Unplayable if there are none, or one does not say when it is shown; TooHeavy."""
    packets = Packets()
    with reading(path, most) as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.size:
                packets.add(packet, most)
    if not packets.shown:
        raise Unplayable("no picture track")
    return packets
