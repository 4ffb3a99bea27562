"""What the site holds about people, and for how long."""
