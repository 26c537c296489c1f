"""Questions on a user's own documents, made by rules from their sentences."""
