"""The report on a calibration: numbers, figures, section."""
