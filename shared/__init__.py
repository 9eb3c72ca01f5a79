"""The product: what schedules rooms for meetings. Knows nothing of Azure Functions' triggers."""

__version__ = "0.1.0"
