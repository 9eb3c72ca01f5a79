"""The product: what schedules rooms for meetings. Knows nothing of Azure Functions' triggers."""
