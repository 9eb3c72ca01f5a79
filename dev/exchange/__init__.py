"""A simulated Exchange, online and on-premises, for the local stack and the tests.

A real HTTP server with mailboxes, an organizer's and an attendee's side, the Calendar Attendant, Graph v1.0 with
change notifications, EWS as Exchange Server speaks it, Exchange identity tokens, a clock that can be moved, and faults
that can be switched on. It behaves as the service was found to behave, not as the product would like it; what could
not be confirmed without a live tenant says so where it is written.
"""
