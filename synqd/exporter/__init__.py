"""The face for Prometheus and for whoever watches over the process: /metrics, /healthz, /readyz."""

from synqd.exporter.health import Check, Condition, Health
from synqd.exporter.server import Exporter

__all__ = ["Check", "Condition", "Exporter", "Health"]
