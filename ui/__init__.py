"""The chat page: questions on the left, the exact place in the source on the right."""
