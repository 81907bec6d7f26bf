"""Pages for people: the index, the OpenAPI explorer, and the descriptions of problems."""
