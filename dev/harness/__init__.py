"""The product in one process, with in-memory storage and a simulated Exchange over real HTTP.

It is used by tests and measurements. The in-memory parts pass the same contract tests as the real parts.
"""
