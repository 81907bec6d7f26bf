"""The OAuth 2.0 token endpoint, the authorization server metadata and the JWK Set."""
