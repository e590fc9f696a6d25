"""Children in as many columns as fit, in reading order, each as high as it is."""

from .elements import Tag


def masonry(label: str | None) -> Tag:
    """An empty one with its name for screen readers; each child has one element inside, which is measured."""
    return Tag("ads-masonry", aria_label=label)
