"""Who wants to hear of what is published here, how soon, and what they have been told."""
