"""Children in as many columns as fit, in reading order, each as high as it is."""

from .elements import Tag


def masonry(label: str | None) -> Tag:
    """An empty masonry, labelled for screen readers; each child must hold one element, which is measured."""
    return Tag("ads-masonry", aria_label=label)
