"""Generated business databases: an immutable image, and the database of one episode on it."""
