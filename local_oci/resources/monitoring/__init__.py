"""Monitoring: data points, their summaries by MQL, alarms (`/20180401`)."""
