"""Meetings: decides on invitations and carries out the decisions.

worker.py       handles queue messages          acceptance.py  the pure rules
poison_queue.py messages that failed too often  room_control.py what an admin does to a meeting by hand
processor.py    one message, start to finish    decision.py    the possible decisions
decider.py      gathers facts, applies rules    completion.py  carries out a decision
timers.py       what timers start               texts.py       what organizers read
"""
