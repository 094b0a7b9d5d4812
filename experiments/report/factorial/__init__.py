"""The report on the factorial: numbers, figures, section."""
