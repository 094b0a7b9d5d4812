"""The report on the rival structures: its section."""
