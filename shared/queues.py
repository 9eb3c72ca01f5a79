"""The queues by name: a separate module, since a cold webhook needs them and nothing else of storage."""

MEETING_REQUESTS = "meeting-requests"
"""The queue of notices: shared/intake/notice.py."""

ROUNDS = "rounds"
"""The queue of what timers have to be done for integrations: shared/meetings/rounds.py."""

QUEUES = (MEETING_REQUESTS, f"{MEETING_REQUESTS}-poison", ROUNDS, f"{ROUNDS}-poison")
"""Every queue that the product uses."""
