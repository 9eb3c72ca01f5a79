"""The alerts that the infrastructure defines."""

from tests.conformance.bicep import BICEP, load

ALERTS = load(BICEP / "modules" / "alerts.bicep").variables["alerts"]
