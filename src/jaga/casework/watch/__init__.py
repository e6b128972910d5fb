"""The watch: public content is read by a decision of two people, screened, and mostly forgotten."""
