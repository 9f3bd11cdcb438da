"""Alarms: what should not be so for long, raised and cleared by facts and time, for people to see and silence."""
