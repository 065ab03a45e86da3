"""An offline Wikipedia: archives, search, a knowledge graph, and questions over it."""
