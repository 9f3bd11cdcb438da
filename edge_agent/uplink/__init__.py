"""The way to the hub: enrolment, the sync pump, the inbox of changes, the live link."""
