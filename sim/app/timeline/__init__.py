"""The line of time: every attack of the run as a tick, the hour on it, and ways from one attack to the next."""
