"""The names of the queues, in their own module because they are all that a cold start of the webhook needs from
storage.
"""

MEETING_REQUESTS = "meeting-requests"
"""The queue for notices: shared/intake/notice.py."""

ROUNDS = "rounds"
"""The queue for work that timers start for integrations: shared/meetings/rounds.py."""

QUEUES = (MEETING_REQUESTS, f"{MEETING_REQUESTS}-poison", ROUNDS, f"{ROUNDS}-poison")
"""Every queue that the product uses."""
