"""Moving in from WordPress: posts, pages, what they are filed under, approved comments, and their old addresses."""
