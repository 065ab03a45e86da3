"""The embedded encyclopedia: articles and a knowledge graph that are written from three data packages."""
