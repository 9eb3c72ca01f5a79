"""A simulated Exchange, online and on-premises, for the local stack and the tests.

It is a real HTTP server with mailboxes, an organizer's and an attendee's side, the Calendar Attendant, Graph v1.0 with
change notifications, EWS as in Exchange Server, Exchange identity tokens, a movable clock, and faults that can be
switched on. It reproduces the observed behaviour of the real service, even where that is inconvenient for the product.
Comments mark behaviours that have not been confirmed against a live tenant.
"""
