"""The staff console. A view checks access, calls one action and renders."""
