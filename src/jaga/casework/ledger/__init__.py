"""The published log: heads every hour, files that anybody can copy, proofs from them, and witnesses."""
