"""The report on a comparison of postures: numbers, figures, section."""
