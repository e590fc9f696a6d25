"""From the words of a prompt to the path of the camera over the picture.

The picture and the frame have the same aspect; places in both are fractions from 0 (left, top) to 1.
"""

import math
import re
import zlib
from dataclasses import dataclass, replace
from itertools import accumulate

from workers.engines.camera.path import FARTHEST, MOST_ZOOM, TURN, Move, Pose, dash, ease

STRENGTHS = {"subtle": 0.6, "normal": 1.0, "strong": 1.5}
MOVES = {
    "push-in": "push in",
    "pull-out": "pull out",
    "pan-left": "pan left",
    "pan-right": "pan right",
    "tilt-up": "tilt up",
    "tilt-down": "tilt down",
    "orbit": "orbit",
    "drift": "parallax drift",
    "still": "static shot",
}
"""The moves by name, in words that are understood here."""


@dataclass(frozen=True)
class _Step:
    """One stage of the way.

    `closer` is the logarithm of the zoom it adds, `right`, `down` and `turn` are shares of the whole way there is, and
    `room` is the (logarithm of the) zoom that going aside needs.
    """

    closer: float = 0.0
    right: float = 0.0
    down: float = 0.0
    turn: float = 0.0
    fast: bool = False
    room: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.closer or self.right or self.down or self.turn)


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


_SHORT, _LONG = (rf"[ -]+(?:[\w'’]+[ -]+){{0,{words}}}?" for words in (2, 5))
_CAMERA = r"(?:camera|shot|view|lens|frame)"
_DOES = rf"{_CAMERA} (?:\w+ly )?"
_GOES = rf"{_DOES}(?:moves?|travels?|floats?|glides?|slides?|drifts?|goes|flies|comes)|mov(?:e|ing) the camera"
_DOLLY = r"doll(?:y|ying|ies)"
_PAN = r"pan(?:s|ned|ning)?"
_TRACK = r"track(?:s|ing)?|truck(?:s|ing)?"
_TILT = r"tilt\w*|cran(?:e|es|ing)|boom\w*|jib\w*|pedestal\w*"
_ASIDE = rf"(?:{_PAN}|{_TRACK}|{_DOLLY}|{_GOES}|sli(?:de|der|des|ding)|lateral(?:ly)?|straf\w+|sweep\w*|crab\w*)"
_UPRIGHT = rf"(?:{_PAN}|{_TILT}|{_GOES})"
_ZH = r"(?:镜头|摄像机|摄影机|相机|机位|画面|运镜)[^，。,.;；]{0,6}"
_ZH_TO = r"[^，。,.;；]{0,2}[到向往至]"

_WORDS = {
    "closer": _any(
        rf"\b(?:push(?:es|ing)?|zoom\w*|{_DOLLY}|{_TRACK}|{_GOES}|creep\w*|punch\w*|eas(?:e|es|ing)|inch\w*)"
        rf"{_SHORT}(?:in|into|inwards?|closer|forwards?)\b",
        rf"\b(?:push(?:es|ing)?|zoom\w*|{_DOLLY}|{_TRACK}|{_GOES}|glid\w+|fly|flies|flying|travel\w*)"
        rf"{_LONG}(?:towards?|closer|up to)\b",
        r"\bclos(?:e|es|ing) in\b|\bapproach(?:es|ing)?\b|\bmov(?:e|es|ing) closer\b",
        r"推近|推进|推镜|推向|推轨|推至|推到|前推|[缓慢快急轻]推|拉近|靠近|逼近|放大",
        rf"{_ZH}(?:推(?!出)|向前|前移)",
    ),
    "farther": _any(
        rf"\b(?:pull\w*|zoom\w*|{_DOLLY}|{_TRACK}|{_GOES}|mov(?:e|es|ing)|eas(?:e|es|ing))"
        rf"{_SHORT}(?:out|back|backwards?|away|outwards?)\b",
        r"拉远|拉开|拉镜|后拉|拉出|缩小|远离|后退|[缓慢快急轻]拉(?!近)",
        rf"{_ZH}(?:拉(?!近)|向后|后移)",
    ),
    "left": _any(
        rf"\b{_ASIDE}{_LONG}left(?:wards?)?(?! to)\b|\bright[ -]to[ -](?:the )?left\b",
        r"左(?:移|摇|平移|横移|滑|扫|转)|(?:移|摇|滑动|扫)向左",
        rf"{_ZH}[向往朝]左|[从由自]右{_ZH_TO}左",
    ),
    "right": _any(
        rf"\b{_ASIDE}{_LONG}right(?:wards?)?(?! to)\b|\bleft[ -]to[ -](?:the )?right\b",
        r"右(?:移|摇|平移|横移|滑|扫|转)|(?:移|摇|滑动|扫)向右",
        rf"{_ZH}[向往朝]右|[从由自]左{_ZH_TO}右",
    ),
    "up": _any(
        rf"\b{_UPRIGHT}{_LONG}up(?:wards?)?\b|\b{_DOES}(?:rises?|ascends?|lifts?|climbs?)\b|\brising {_CAMERA}",
        rf"上移|上摇|摇升|升镜|{_ZH}(?:上升|升起|向上|往上|抬升|抬起|仰起|升高)|[从由自]下{_ZH_TO}上",
    ),
    "down": _any(
        rf"\b{_UPRIGHT}{_LONG}down(?:wards?)?\b|\b{_DOES}(?:descends?|sinks?|lowers?|drops?)\b",
        rf"下移|下摇|摇降|降镜|{_ZH}(?:下降|降下|向下|往下|降低|俯下)|[从由自]上{_ZH_TO}下",
    ),
    "around": _any(
        r"\borbit\w*|\barc(?:s|ing)?\b|\brevolv\w+|\bcircl(?:e|es|ing) (?:around|round|the)\b|\brotat\w+",
        r"\b360\b|\bturntable\b|\b(?:mov(?:e|es|ing)|swirl\w*) around\b",
        r"环绕|围绕|绕拍|绕着|环拍|盘旋|旋转|弧线|弧形|360",
    ),
    "drift": _any(
        r"\bparallax\b|\bdrift(?:s|ing)?\b(?! around)|\bfloat(?:s|ing)? (?:past|along|by)\b",
        r"视差|漂移|飘移|缓缓飘|轻飘",
    ),
}
# Believed only if nothing above is found.
_VAGUE = {
    "aside": _any(
        rf"\blateral(?:ly)?\b|\b(?:{_TRACK}) (?:shot|move)|\btrucking\b|\bsideways\b|(?<!frying )\b{_PAN}\b",
        r"横移|平移|横摇|侧移|跟拍|移镜",
    ),
    "up": _any(r"\btilt(?:s|ing)?\b|\bcran(?:e|es|ing)\b|\bpedestal (?:shot|move)\b"),
    "closer": _any(r"\bzoom(?:s|ing)?\b|\bdolly\b|\bpush(?:es|ing)?\b|推镜头|变焦"),
    "around": _any(r"\bspin(?:s|ning)?\b|\bturns? (?:slowly|gently|around)\b|\bdrift(?:s|ing)? around\b|转动|自转"),
}
_STILL = _any(
    r"\b(?:static|locked[- ]?off|fixed|stationary|still|motionless|unmoving) (?:camera|shot|frame|view|framing)\b",
    r"\bhold(?:s|ing)? (?:still|steady|on|the (?:shot|frame|camera))\b|^\W*(?:hold|static|still|静止|固定)\W*$",
    r"\bcamera (?:is |stays |remains |holds )(?:still|static|fixed|locked|steady)\b|\bstatic\W*$|\btripod\b",
    r"\bno (?:camera )?(?:movement|motion|move)s?\b",
    r"(?:固定|静止|静态)(?:镜头|机位|画面)|(?:镜头|机位|画面)(?:保持)?(?:不动|静止|固定)|定镜|[不无](?:要)?运镜",
)
_THEN = _any(
    r"\b(?:and )?then\b|\bfollowed by\b|\bafterwards?\b|\bfinally\b",
    r"然后|接着|随后|之后|最后|再(?=[推拉左右上下向环摇移慢缓快轻])",
)
_STOP = re.compile(r"[,.;:，。；：、]")
_NOT = _any(
    r"\b(?:no|not|without|never|avoid|don['’]?t)\b[^,.;:，。；：]*",
    r"(?:不要|不需要|没有|避免|禁止|请勿)[^,.;:，。；：]*",
)
_SLOW = _any(
    r"\b(?:slow(?![- ]mo)|gentle|soft|subtle|calm|slight|smooth|delicate)(?:ly)?\b|\b(?:gently|subtly|leisurely)\b",
    r"缓|慢(?!动作|镜头)|轻轻|轻柔|徐徐|柔和|平稳",
)
_STRONG = _any(r"\b(?:strong|dramatic|bold|big|wide|sweeping)(?:ly|ally)?\b", r"大幅|强烈|明显|大范围")
_FAST = _any(
    r"\b(?:fast|quick|rapid|swift|sudden)(?:ly)?\b|\b(?:whip|crash|snap|energetic|dynamic)\b",
    r"快|迅速|急速|疾速|急推|急拉|高速",
)


def _speed(clause: str, prompt: str) -> float:
    """How much of a move: under 1 slow, over 1 fast. The clause that names the move decides, else the whole prompt."""
    for text in (clause, prompt):
        slow, fast = _SLOW.search(text), _FAST.search(text)
        if slow or fast:
            return 0.75 if slow and not (fast and fast.start() < slow.start()) else 1.4
    return 1.0


def _named(text: str, prompt: str) -> set[str]:
    found, vague = ({name for name, words in table.items() if words.search(text)} for table in (_WORDS, _VAGUE))
    if "aside" in vague and not found & {"left", "right", "up", "down"}:
        # A lateral shot without a side: the same prompt always goes the same way.
        return found | ({"right"} if zlib.crc32(prompt.encode()) % 4 else {"left"})
    return found or vague


def _step(text: str, prompt: str, amount: float, strength: float | None) -> _Step:
    names = _named(text, prompt)
    clause = next((part for part in _STOP.split(text) if _named(part, prompt)), text)
    speed = _speed(clause, prompt)
    size = amount * (strength or speed * (STRENGTHS["strong"] if speed == 1 and _STRONG.search(clause) else 1))
    step = _Step(
        closer=0.19 * size * (("closer" in names) - ("farther" in names)),
        right=("right" in names) - ("left" in names),
        down=("down" in names) - ("up" in names),
        fast=speed > 1,
    )
    if "around" in names:
        side = -1.0 if step.right < 0 else 1.0
        closer, room = step.closer or 0.04 * size, max(0.12, 0.26 * abs(step.down))
        return replace(step, turn=side * math.sqrt(size), right=side * 0.75, closer=closer, room=room * math.sqrt(size))
    if "drift" in names:
        side = -1.0 if step.right < 0 else 1.0
        closer = step.closer or 0.08 * size
        return replace(step, turn=side * 0.5 * math.sqrt(size), right=side * 0.3, closer=closer, room=0.06)
    if step.right and not step.closer and not re.search(rf"\b{_PAN}\b|摇", text):
        # A camera that travels also comes a little nearer; one that only turns its head does not.
        step = replace(step, closer=0.035 * size)
    return replace(step, room=max(0.2 * abs(step.right), 0.26 * abs(step.down)) * math.sqrt(size))


def _by_itself(prompt: str, amount: float) -> _Step:
    """What the camera does when it is told nothing: something calm, the same for the same prompt."""
    ways = (
        _Step(closer=0.15),
        _Step(closer=0.15, right=0.35, room=0.06),
        _Step(closer=0.15, right=-0.35, room=0.06),
        _Step(closer=-0.15),
        _Step(closer=0.06, right=0.6, turn=0.8, room=0.12),
    )
    way = ways[zlib.crc32(prompt.encode()) % len(ways)]
    return replace(way, closer=way.closer * amount)


def _fit(values: list[float], reach: float) -> list[float]:
    """Moved and, if need be, shrunk so that they lie within -reach..reach, symmetrically."""
    middle, span = (max(values) + min(values)) / 2, max(values) - min(values)
    shrink = min(1.0, 2 * reach / span) if span else 1.0
    return [(value - middle) * shrink for value in values]


def _way(steps: list[_Step]) -> Move:
    names = ("closer", "right", "down", "turn")
    sums = {name: [0.0, *accumulate(getattr(step, name) for step in steps)] for name in names}
    closer = sums["closer"]
    span = max(closer) - min(closer)
    # A push brings room of its own for going aside: less of the picture has to be given up before it starts.
    room = max(0.0, max(step.room for step in steps) - span / 2)
    most = max(math.log(MOST_ZOOM) - room, 0.01)
    shrink = min(1.0, most / span) if span else 1.0
    zooms = [math.exp(room + (value - min(closer)) * shrink) for value in closer]
    us = _fit([2 * FARTHEST * value for value in sums["right"]], FARTHEST)
    vs = _fit([2 * FARTHEST * value for value in sums["down"]], FARTHEST)
    turns = _fit([TURN * value for value in sums["turn"]], TURN)
    return Move(
        poses=tuple(Pose(*values) for values in zip(zooms, us, vs, turns, strict=True)),
        eases=tuple(dash if step.fast else ease for step in steps),
        bows=tuple(
            -max(min(0.5, 0.95 - max(abs(v) for v in vs[n : n + 2])), 0.0) if step.turn else 0.0
            for n, step in enumerate(steps)
        ),
    )


def plan(prompt: str, seconds: float, move: str | None = None, strength: str | None = None) -> Move:
    """The move that the prompt asks for (English or Chinese); a calm one if it names none.

    `move` and `strength` (of MOVES and STRENGTHS) count more than the words.
    """
    text = " ".join(prompt.lower().split())
    amount = min(max(math.sqrt(seconds / 6), 0.7), 1.4)
    size = STRENGTHS[strength] if strength else None
    if move:
        pace = _FAST.search(text)
        text = MOVES[move] if not pace else f"{pace[0]} {MOVES[move]}"
    still = _STILL.search(text)
    text = _NOT.sub(" ", _STILL.sub(" ", text))
    steps = [step for part in _THEN.split(text) if (step := _step(part, text, amount, size))]
    if not steps and still:
        return Move((Pose(),), (), ())
    return _way(steps or [_by_itself(prompt, amount * (size or 1.0))])
