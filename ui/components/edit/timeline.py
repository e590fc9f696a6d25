"""The timeline's lanes; the browser fills them."""

from ...i18n import _
from ...kit.elements import Tag


def draw() -> None:
    """Ruler, clips, captions, texts and music, with the playhead over all of them."""
    with (
        Tag("div", "edit-timeline", role="group", aria_label=_("Timeline")),
        Tag("div", "edit-scroll"),
        Tag("div", "edit-tape"),
    ):
        Tag("div", "edit-ruler")
        for name, label in (("clips", _("Clips")), ("captions", _("Captions")), ("texts", _("Texts"))):
            Tag("div", f"edit-lane edit-lane-{name}", role="group", aria_label=label)
        Tag("canvas", "edit-lane edit-lane-music", role="img", aria_label=_("Music"))
        with Tag("div", "edit-playhead", role="slider", tabindex="0", aria_label=_("Playhead"), aria_valuemin=0):
            Tag("span", "edit-bubble")
