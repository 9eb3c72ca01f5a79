"""The part of Graph v1.0 that the product uses, on the simulated Exchange's mailboxes."""
