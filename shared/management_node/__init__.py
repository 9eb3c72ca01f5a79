"""A Pexip Infinity Management Node, by its API (docs/facts/pexip.md §1): its only client.

client.py       requests: authentication, TLS, proxy, bounds, limits, what refusals mean
tokens.py       OAuth2 by a signed assertion
allowance.py    how many requests a node is asked in a minute, over all instances
outage.py       a node that is away: known to all instances, so that it is not asked again and again
objects.py      what it answers with
conferences.py  conferences and their aliases, one or many at a time
nodes.py        a client for each integration's settings
failure.py      what goes wrong
"""
