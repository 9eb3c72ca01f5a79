"""Aliases and security tags: the number that a meeting gets and the tag that proves that the meeting may use it."""
