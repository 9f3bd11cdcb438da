"""What holds for every test: hypothesis has no deadline, for the machines are shared and a pause is no failure."""

from hypothesis import settings

settings.register_profile("voltdock", deadline=None, print_blob=True)
settings.load_profile("voltdock")
