"""A moment as people read it: how long ago, kept up to date, with the exact time of their own clock in the tooltip."""

from datetime import datetime

from .. import formats
from .elements import Tag


def moment(at: datetime, classes: str = "", *, text: str = "", about: str = "") -> Tag:
    """`3 minutes ago`; a `text` of its own stays as it is. `about` stands before the exact time in the tooltip."""
    return Tag(
        "ads-time",
        classes,
        text or formats.ago(at),
        datetime=at.isoformat(),
        title=f"{about}{formats.exactly(at)}",
        about=about or None,
        fixed=bool(text),
    )
