"""The report on where attacks go: numbers, maps, section."""
