"""The simulated payment gateway's wire: operations by key, reports, signed webhooks. No real gateway's words."""
