"""The local stack: Azurite, a functions host with Microsoft's worker runtime, and a simulated Exchange. It is never
deployed.
"""
