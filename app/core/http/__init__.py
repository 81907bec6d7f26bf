"""HTTP for any service of this kind: protocol, limits, parameters, bodies, paging, conditional requests, OpenAPI."""
