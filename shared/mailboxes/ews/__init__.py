"""EWS, for Exchange on-premises and, as long as it is still available there, Exchange Online.

It is built on exchangelib, and is only imported when needed.

server.py         one server for one account: threads and limits
back_off.py       when a server must not be called
connection.py     a connection to a server
operations.py     the EWS operations in use
services.py       exchangelib's services for these operations
node.py           an XML element of a response
payloads.py       converts responses into the product's own types
mailbox.py        the Mailbox
references.py     the stored ids
views.py          one meeting's entries in calendar views
bounded.py        HTTP with limits on size and time
error_mapping.py  maps all errors to the product's own
failures.py       why calls fail, in the product's own terms
credentials.py    access tokens
address_book.py   a mailbox's other addresses
access.py         tests the service account's rights
zones.py          the organizer's time zone
"""
