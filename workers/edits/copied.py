"""A trim that changes no pixel and begins at a key frame: its picture is copied, not decoded and encoded anew."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from core.edits.timeline import Edit
from workers.edits.clips import EARLY
from workers.edits.plan import Plan
from workers.media.reading import reading
from workers.media.shown import shown


def picture_track(out: OutputContainer, plan: Plan) -> Iterator[None] | None:
    """Adds the picture track, whose packets are then written one by one; None if it can't be copied.

    Raises Unplayable, TooHeavy.
    """
    source = plan.shots[0].source
    if source is None or not _is_plain(plan.edit) or (source.width, source.height) != (plan.width, plan.height):
        return None
    with reading(plan.shots[0].path, plan.files.most) as container:
        stream = container.streams.video[0]
        first = _first(container, stream, plan) if _is_like_ours(container, stream) else None
        if first is None:
            return None
        track = out.add_stream_from_template(stream)
    return _written(out, track, plan, first)


def _is_plain(edit: Edit) -> bool:
    """Whether all it does to the picture is to cut it off at its ends."""
    clip = edit.clips[0]
    framing = clip.framing
    whole = framing is None or framing.mode != "crop" or framing.zoom == 1
    over = edit.texts or edit.logo or edit.end_card or edit.lock or (edit.captions and edit.captions.burn)
    return len(edit.clips) == 1 and clip.speed == 1 and whole and not over


def _is_like_ours(container: InputContainer, stream: VideoStream) -> bool:
    context = stream.codec_context
    colours = context.colorspace == Colorspace.ITU709 and context.color_range == ColorRange.MPEG
    if context.name != "h264" or context.pix_fmt != "yuv420p" or not colours:
        return False
    frame = next(container.decode(stream), None)
    container.seek(stream.start_time or 0, stream=stream)
    return frame is not None and shown(stream, frame).is_plain


def _first(container: InputContainer, stream: VideoStream, plan: Plan) -> int | None:
    """The number of the packet from which on the next ones, as they come, are the edit's frames and no others."""
    source, base = plan.shots[0].source, stream.time_base
    if source is None or base is None:
        return None
    packets = [packet for packet in container.demux(stream) if packet.size]
    tick = 1 / (plan.rate * base)
    start = (stream.start_time or 0) + source.first(plan.edit.clips[0]) * tick
    first = next((n for n, packet in enumerate(packets) if packet.is_keyframe and _is_at(packet, start, tick)), None)
    if first is None:
        return None
    own = packets[first : first + plan.total]
    inline = sorted(own, key=lambda packet: packet.pts or 0)
    even = all(_is_at(packet, start + n * tick, tick) for n, packet in enumerate(inline))
    sound = all(packet.dts is not None and not packet.is_discard for packet in own)
    return first if len(own) == plan.total and even and sound else None


def _is_at(packet: "Packet[VideoStream]", ticks: Fraction, tick: Fraction) -> bool:
    return packet.pts is not None and abs(Fraction(packet.pts) - ticks) <= tick / EARLY


def _written(out: OutputContainer, track: VideoStream, plan: Plan, first: int) -> Iterator[None]:
    with reading(plan.shots[0].path, plan.files.most) as container:
        stream = container.streams.video[0]
        packets = (packet for packet in container.demux(stream) if packet.size)
        begin: int | None = None
        for packet in islice(packets, first, first + plan.total):
            begin = packet.pts if begin is None else begin
            assert begin is not None and packet.pts is not None and packet.dts is not None
            packet.pts, packet.dts = packet.pts - begin, packet.dts - begin
            packet.stream = track
            out.mux(packet)
            yield
