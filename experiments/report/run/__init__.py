"""The report on a single run: its time line and key events, section."""
