"""The product, which schedules rooms for meetings. It is independent of Azure Functions' triggers."""

__version__ = "0.1.0"
