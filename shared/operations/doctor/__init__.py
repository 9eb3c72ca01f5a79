"""The doctor: examines an integration from end to end, and gives the command that fixes each problem (O2).

finding.py      the results of an examination       examination.py  carries out an examination
access.py       what the app may do in Exchange     mailbox.py      effects of the mailbox's settings; speed
watching.py     the subscription                    server.py       DNS and certificate of the add-in's server
upkeep.py       manifest, numbers, poison messages  ews.py          access to Exchange through EWS
texts.py        unfinished texts in invitations     node.py         the Management Node, and what policy needs

Probing is separate from judging: every `judge_…` is pure.
"""

from shared.operations.doctor.examination import Doctor
from shared.operations.doctor.finding import Examination, Finding

__all__ = ["Doctor", "Examination", "Finding"]
