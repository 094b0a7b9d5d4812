"""The report on scenario discovery: numbers, figures, section."""
