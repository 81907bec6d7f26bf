"""HTTP: protocol, middleware, limits, parameters, bodies, paging, conditional requests and OpenAPI."""
