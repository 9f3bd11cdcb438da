"""What the kiosk shows and what a person may do there: views, actions, refusals.

The JSON Schema export of these shapes makes the TypeScript types. No HTTP here.
"""
