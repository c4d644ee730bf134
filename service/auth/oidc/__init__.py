"""People and platforms that an issuer of OpenID Connect knows: how they come in, and what that lets them do."""
