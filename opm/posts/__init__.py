"""Posts, and what they are filed under: categories, tags, authors, series."""
