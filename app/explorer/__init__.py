"""The face for people: the index of links, the OpenAPI explorer, and the pages about problems."""
