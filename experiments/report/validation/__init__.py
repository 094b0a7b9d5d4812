"""The report on a validation: numbers, figures, section."""
