"""Checks that every balance is the sum of its ledger entries, and logs an error if not."""

import logging

from core.billing import credits
from core.database.session import reading
from core.ops import metrics
from workers.cron import Context, clock

log = logging.getLogger(__name__)


@clock(minute=set(range(0, 60, 10)), at_start=True)
async def check_ledger(_context: Context) -> None:
    """Log the users with a wrong balance at ERROR, which reaches Sentry. Repairs nothing."""
    async with reading() as db:
        wrong = await credits.wrong_balances(db)
    await metrics.keep_wrong_balances(len(wrong))
    if wrong:
        log.error("the balances of these users are not the sum of their ledger: %s", wrong)
