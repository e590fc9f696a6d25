"""A balance that is not the sum of its ledger raises the alarm."""

import logging

import pytest

from core.database.session import reading, session
from core.models import User
from core.ops import metrics
from workers.cron.ledger import check_ledger
from workers.main import WorkerSettings

pytestmark = pytest.mark.both_databases


async def test_a_wrong_balance_is_an_error_in_the_log(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    await check_ledger({})
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []
    async with session() as db:
        user = await db.get(User, alice.id)
        assert user is not None
        user.credits -= 1
        db.add(user)
    await check_ledger({})
    async with reading() as db:
        samples = [sample for family in await metrics.collect(db) for sample in family.samples]
    assert [s.value for s in samples if s.name == "adsvideo_ledger_wrong_balances"] == [1]
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == [f"the balances of these users are not the sum of their ledger: [{alice.id}]"]


def test_the_worker_looks_by_itself() -> None:
    assert "cron:check_ledger" in [job.name for job in WorkerSettings.cron_jobs]
