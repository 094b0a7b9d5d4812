"""The report on fire on each site: numbers, section."""
