"""Graph v1.0 as the product uses it, over the mailboxes of the simulated Exchange."""
