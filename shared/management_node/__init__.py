"""The only client of Pexip Infinity Management Nodes and their API (docs/facts/pexip.md §1).

client.py       requests: authentication, TLS, proxy, size and time limits, and what refusals mean
tokens.py       OAuth2 by a signed assertion
allowance.py    limits requests per minute to a node, across all instances
outage.py       shares a node's outage among all instances, so that they do not keep trying
objects.py      a node's responses
conferences.py  conferences and their aliases, one or many at a time
nodes.py        a client for each integration's settings
failure.py      the errors of nodes
"""
