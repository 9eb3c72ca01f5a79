"""Exchange on-premises, and what is left of EWS Online, by exchangelib. Nothing here is imported before it is needed.

server.py       one server as one account: threads, limits, back-off     line.py      a connection to it
operations.py   the EWS operations that are used                         payloads.py  reading what they answer
mailbox.py      the Mailbox                                              faults.py    what can go wrong, in one place
credentials.py  access tokens                                            access.py    trying out what is allowed
"""
