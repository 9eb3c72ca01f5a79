"""The only client of Pexip Infinity Management Nodes and their API (docs/facts/pexip.md §1).

client.py       requests: authentication, TLS, proxy, bounds, limits, what refusals mean
tokens.py       OAuth2 by a signed assertion
allowance.py    requests per minute to a node, across all instances
outage.py       an unavailable node: known to all instances, so that they do not keep trying
objects.py      its responses
conferences.py  conferences and their aliases, one or many at a time
nodes.py        a client for each integration's settings
failure.py      what goes wrong
"""
