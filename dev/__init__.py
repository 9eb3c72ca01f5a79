"""The local stack: Azurite, a functions host on Microsoft's worker runtime, a simulated Exchange. Never deployed."""
