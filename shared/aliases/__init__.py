"""Aliases and security tags: which number a meeting gets, and the tag that proves that it got it."""
