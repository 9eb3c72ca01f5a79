"""The doctor: examines one integration from end to end, and names the command that fixes each fault (O2).

finding.py      what an examination finds          examination.py  carries it out
access.py       what the app may do in Exchange    mailbox.py      how the mailbox treats requests, how fast we answer
watching.py     the subscription                   server.py       DNS and certificate of the add-in's server
upkeep.py       manifest, number space, poison   ews.py          the way into Exchange by EWS
texts.py        whether invitations say what they should          node.py  the Management Node, and what policy needs

Probing is kept apart from judging: every `judge_…` is pure.
"""

from shared.operations.doctor.examination import Doctor
from shared.operations.doctor.finding import Finding

__all__ = ["Doctor", "Finding"]
