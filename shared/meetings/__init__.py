"""Meetings: reading invitations, deciding on them, and carrying the decision out.

request.py      one shape for what arrives     decision.py   the pure rules
notice.py       what the queue carries         worker.py     works the queue off
records.py      what is kept                   operation.py  the record of one decision
processor.py    carries decisions out          texts.py      what organizers read
"""
