"""Results folders as typed tables, and what an analyst does with them."""
