"""The names of the queues, in a separate module, since a cold start of the webhook needs nothing else from storage."""

MEETING_REQUESTS = "meeting-requests"
"""The queue of notices: shared/intake/notice.py."""

ROUNDS = "rounds"
"""The queue of the work that timers start for integrations: shared/meetings/rounds.py."""

QUEUES = (MEETING_REQUESTS, f"{MEETING_REQUESTS}-poison", ROUNDS, f"{ROUNDS}-poison")
"""Every queue that the product uses."""
