"""Deployment to Azure: templates, scripts, and the package."""
