"""Exchange on-premises, and what remains of EWS in Exchange Online, by exchangelib. Imported only when needed.

server.py         one server for one account: threads, limits
back_off.py       when a server is not called
connection.py     a connection to it
operations.py     the EWS operations in use
services.py       exchangelib's services for them
node.py           an XML element of the responses
payloads.py       reading responses
mailbox.py        the Mailbox
references.py     the ids that we store
views.py          one meeting's entries in calendar views
bounded.py        HTTP within bounds
error_mapping.py  everything that can go wrong, in one place
failures.py       the product's words for it
credentials.py    access tokens
address_book.py   a mailbox's other addresses
access.py         testing what is allowed
zones.py          the organizer's time zone
"""
