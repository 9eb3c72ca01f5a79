"""The only client for the API of Pexip Infinity Management Nodes (docs/facts/pexip.md §1).

client.py       requests: authentication, TLS, proxy, size and time limits, meaning of refusals
tokens.py       OAuth2 by a signed assertion
allowance.py    limits requests per minute to a node, across all instances
outage.py       tells all instances about a node's outage, so that they stop trying
objects.py      a node's responses
conferences.py  conferences and their aliases, one or many at a time
nodes.py        a client for each integration's settings
failure.py      the errors of nodes
"""
