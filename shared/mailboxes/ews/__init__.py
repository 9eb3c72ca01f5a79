"""Exchange on-premises, and what is left of EWS Online, by exchangelib. Nothing here is imported before it is needed.

server.py       one server as one account: threads, limits, back-off     line.py        a connection to it
operations.py   the EWS operations that are used                         services.py    exchangelib's services for them
node.py         an XML element of the answers                            payloads.py    reading them
mailbox.py      the Mailbox                                              references.py  what ids we know things by
views.py        picking one meeting from calendar views  bounded.py     HTTP within bounds
faults.py       what can go wrong, in one place                          trouble.py     and in the product's words
credentials.py  access tokens                                            access.py      trying out what is allowed
"""
