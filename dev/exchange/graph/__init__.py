"""The part of Graph v1.0 that the product uses, for the mailboxes of the simulated Exchange."""
