"""The product, which schedules rooms for meetings. It does not depend on Azure Functions triggers."""

__version__ = "0.1.0"
