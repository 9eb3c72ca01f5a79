"""Graph's webhook: unauthenticated requests are cheap and leave no log lines."""

import logging
from types import SimpleNamespace

import azure.functions as func
import pytest

from functions import mailbox
from shared.intake.webhook import WEBHOOK_BODY_MAX_BYTES, Webhook
from shared.mailboxes.client_state import ClientStates


class NoQueue:
    """The queue's output binding, which must receive nothing."""

    def set(self, messages: object) -> None:
        raise AssertionError(messages)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[" * 5000, 422),
        (b'{"value": 7}', 422),
        (b" " * (WEBHOOK_BODY_MAX_BYTES + 1), 413),
        (b'{"value": [{"subscriptionId": "s", "clientState": "forged"}]}', 202),
    ],
    ids=["empty", "deep", "no list", "large", "forged"],
)
async def test_refused_or_unauthenticated_requests_write_no_log_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, body: bytes, status: int
) -> None:
    webhook = Webhook(ClientStates(b"k" * 32))
    monkeypatch.setattr(mailbox, "services", lambda: SimpleNamespace(scheduling=SimpleNamespace(webhook=webhook)))
    request = func.HttpRequest("POST", "/mailbox/notifications", body=body)
    with caplog.at_level(logging.INFO):
        answer = await mailbox._received(request, NoQueue())  # type: ignore[arg-type]
    assert answer.status_code == status
    assert caplog.records == []
