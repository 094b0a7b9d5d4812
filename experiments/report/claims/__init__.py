"""The report on the claims of the source: numbers, figures, section, and the page in docs."""
