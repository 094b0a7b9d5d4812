"""The report on the course of runs, week by week: numbers, figures, section."""
