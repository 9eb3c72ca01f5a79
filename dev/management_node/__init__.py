"""A simulated Pexip Infinity Management Node: its management API over HTTP, according to docs/facts/pexip.md.

model.py    resources and their fields        auth.py      Basic, OAuth2 by signed assertion
store.py    objects, unique values            node.py      one node: clock, limits, faults, replication
api.py      requests and responses (Tastypie)   app.py       HTTP and the control routes
faults.py   faults that can be switched on

It does not depend on the product. `Variants` are alternatives for unknown behaviours of a real node.
"""
