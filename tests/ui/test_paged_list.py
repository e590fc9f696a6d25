"""A list that comes page by page: what it fetches, and what it drops because it was begun anew meanwhile."""

import asyncio

from nicegui import Client, ui

from ui.kit.paged_list import PagedList


class Numbers:
    """A source of the numbers below `top`, newest first; `slow` holds the next answer back until it is set."""

    def __init__(self, top: int) -> None:
        self.top = top
        self.slow: asyncio.Event | None = None

    async def page(self, before: int | None, limit: int) -> list[int]:
        start = self.top if before is None else before
        numbers = list(range(start - 1, max(-1, start - 1 - limit), -1))
        if self.slow:
            held, self.slow = self.slow, None
            await held.wait()
        return numbers


def listed(numbers: Numbers) -> PagedList[int]:
    """Two of them at a time, on a page of their own."""
    with Client(ui.page("")):
        return PagedList(numbers.page, lambda n: ui.label(str(n)), lambda n: n, size=2, empty="No number")


def shown(numbers: PagedList[int]) -> list[str]:
    """What stands in the list."""
    return [str(getattr(element, "text", "")) for element in numbers.items]


async def test_the_next_page_begins_after_the_last_item() -> None:
    numbers = listed(Numbers(5))
    await numbers.reload()
    assert (shown(numbers), numbers.last, numbers.is_whole) == (["4", "3"], 3, False)
    await numbers.load()
    assert (shown(numbers), numbers.is_whole) == (["4", "3", "2", "1"], False)
    await numbers.load()
    assert (shown(numbers)[-1], numbers.is_whole) == ("0", True)


async def test_an_empty_list_says_so() -> None:
    numbers = listed(Numbers(0))
    await numbers.reload()
    assert (shown(numbers), numbers.is_whole) == (["No number"], True)


async def test_a_page_that_comes_after_the_list_was_begun_anew_is_dropped() -> None:
    source = Numbers(5)
    numbers = listed(source)
    await numbers.reload()
    held = source.slow = asyncio.Event()
    late = asyncio.create_task(numbers.load())
    await asyncio.sleep(0)
    source.top = 3
    await numbers.reload()
    held.set()
    await late
    assert shown(numbers) == ["2", "1"]


async def test_two_presses_while_a_page_is_on_its_way_are_one() -> None:
    source = Numbers(5)
    numbers = listed(source)
    await numbers.reload()
    held = source.slow = asyncio.Event()
    late = asyncio.create_task(numbers.load())
    await asyncio.sleep(0)
    await numbers.load()
    held.set()
    await late
    assert shown(numbers) == ["4", "3", "2", "1"]
