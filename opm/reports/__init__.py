"""Reports of comments by readers, and notices that something on the site is unlawful."""
