"""Meetings: decides on invitations, and carries out the decisions.

worker.py       handles queue messages          poison_queue.py    messages that have failed too often
processor.py    one message, start to finish    request_reader.py  reads a message and its calendar item
decider.py      gathers facts, applies rules    acceptance.py      the pure rules
completion.py   carries out a decision          decision.py        the possible decisions
timers.py       what timers start               room_control.py    what an admin does to a meeting
texts.py        the texts sent to organizers
"""
