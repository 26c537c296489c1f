"""Training of the span reader: examples, mined negatives, the loop, the model card."""
