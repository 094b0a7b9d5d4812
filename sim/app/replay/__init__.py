"""A run as a film for others: one HTML file that shows it again, hour by hour, without a server."""
