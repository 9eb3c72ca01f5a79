"""The product: schedules rooms for meetings. Independent of Azure Functions' triggers."""

__version__ = "0.1.0"
