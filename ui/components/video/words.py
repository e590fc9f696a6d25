"""The words for a video's life: its stage while it runs, its state in a list, why it failed and what that cost."""

from core import notes
from core.billing.budgets import Budget
from core.catalog.size import Size
from core.models import ACTIVE, Video
from core.redis.news import News, Stage

from ... import formats, i18n
from ...i18n import _


def localized(text: str) -> str:
    """A model's label or a note; translated if it is one of our own words."""
    ours = {
        "Studio camera (built in)": _("Studio camera (built in)"),
        "Welcome": _("Welcome"),
        "Command line": _("Command line"),
        "command line": _("command line"),
    }
    return ours.get(text, text)


def stage_words(stage: Stage, progress: float | None, ahead: int | None) -> str:
    """What happens now."""
    if stage == "queued":
        return _("Queued ({n} ahead)", n=i18n.number(ahead)) if ahead else _("Queued")
    if stage == "processing":
        return _("Processing…") if progress is None else _("Processing… {percent} %", percent=int(progress))
    words = {
        "starting": _("Starting…"),
        "downloading": _("Downloading…"),
        "waiting": _("Waiting…"),
        "canceling": _("Canceling…"),
    }
    return words.get(stage, _("Processing…"))


def state_word(video: Video) -> tuple[str, str]:
    """A video's state as a word and the icon beside it."""
    words = {
        "pending": (_("Queued"), "clock"),
        "processing": (_("Processing…"), "loader-circle"),
        "completed": (_("Ready"), "circle-check"),
        "failed": (_("Failed"), "circle-alert"),
        "canceled": (_("Canceled"), "ban"),
    }
    return words[video.status]


def state_now(video: Video, news: News | None = None) -> str:
    """How far it is: what the last news of it says while it runs, else its state."""
    if video.status in ACTIVE and news and news.stage:
        return stage_words(news.stage, news.progress, news.ahead)
    return state_word(video)[0]


def reason(video: Video) -> str:
    """Why there is no video."""
    if video.status == "canceled":
        return _("You canceled this video.")
    return i18n.explain(notes.from_code(video.error_code or "", video.error_detail))


def waiting_for(note: str) -> str:
    """Why a video waits, or how it was made otherwise than asked; nothing for one of which there is nothing to say."""
    return i18n.phrase(notes.from_note(note))


def money(video: Video) -> str:
    """What a video that did not come about has cost."""
    if not video.cost_credits:
        return _("Not charged")
    price = i18n.credits(video.cost_credits)
    if video.status == "canceled" and video.note == "started":
        return _("Charged {credits}: the model had already started", credits=price)
    return _("Not charged: {credits} returned", credits=price)


def title_of(video: Video) -> str:
    """What a video is called: its own name, else what was asked for."""
    return video.title or video.prompt


def made_size(video: Video) -> Size | None:
    """The size that the finished file has."""
    return Size(video.width, video.height) if video.width and video.height else None


def shown_size(video: Video) -> Size:
    """The size in which a video is shown: the file's, or the one that was asked for while there is none."""
    return made_size(video) or Size.parse(video.size)


def caption(video: Video) -> str:
    """`Generated with Sora 2 · 1280x720 · 6.0 s`, or `Edited · 1080x1920 · 12.0 s`."""
    composed = {"edited": _("Edited"), "ad": _("Ad")}
    parts = [composed.get(video.kind) or _("Generated with {label}", label=localized(video.label))]
    if size := made_size(video):
        parts.append(str(size))
    if video.duration:
        parts.append(formats.seconds(video.duration))
    return " · ".join(parts)


def budget_left(budget: Budget, left: int) -> str:
    """What is `left` of this month's budget."""
    of = {"left": i18n.number(left), "limit": i18n.number(budget.limit)}
    if budget.shared:
        return _("{left} of {limit} in your group's budget this month", **of)
    return _("{left} of {limit} in your budget this month", **of)
