"""Deployment to Azure: templates, scripts, the package."""
