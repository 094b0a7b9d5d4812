"""The report on sensitivity: numbers, figures, section."""
