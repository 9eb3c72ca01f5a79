"""A simulated Exchange, online and on-premises, for the local stack and the tests.

A real HTTP server with mailboxes, an organizer's and an attendee's side, the Calendar Attendant, Graph v1.0 with change
notifications, EWS like Exchange Server's, Exchange identity tokens, a clock that can be moved, and faults that can be
switched on. It behaves as the service was observed to behave, not as the product would like; whatever could not be
confirmed without a live tenant is marked in the code.
"""
