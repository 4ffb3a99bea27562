"""Moving in from WordPress: posts, what they are filed under, and the comments that were approved."""
