"""The report on information: what it would be worth to know what is missing."""
