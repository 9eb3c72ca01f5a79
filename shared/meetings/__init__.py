"""Meetings: deciding on invitations, and carrying the decisions out.

worker.py       what the queue hands out       acceptance.py  the pure rules
processor.py    one message, to its end        decision.py    what may be decided
decider.py      what is known, and the rules   completion.py  carries a decision out
timers.py       what is done by the clock      texts.py       what organizers read
"""
