"""The product with its counterparts in one process: storage in memory, a simulated Exchange over real HTTP.

For tests and for measurements. The in-memory parts pass the same contract tests as the real ones.
"""
