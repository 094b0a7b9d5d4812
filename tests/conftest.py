"""Settings of all tests: hypothesis draws the same examples every time, and no test is judged by the clock."""

from hypothesis import settings

settings.register_profile("posture", derandomize=True, deadline=None, max_examples=25)
settings.load_profile("posture")
