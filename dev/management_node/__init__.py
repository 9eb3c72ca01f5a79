"""A simulated Pexip Infinity Management Node: its management API over HTTP, according to docs/facts/pexip.md.

model.py    resources and their fields        auth.py      Basic, OAuth2 by signed assertion
store.py    objects, what is unique           node.py      one node: clock, limits, faults, replication
api.py      requests and answers (Tastypie)   app.py       HTTP and the control routes
faults.py   what can go wrong on request

It knows nothing of the product. Where a real node is not known to do one thing or the other, `Variants` has both.
"""
