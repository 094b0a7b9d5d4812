"""The page: a report as data, its layout in HTML and Markdown, and what stands first."""
