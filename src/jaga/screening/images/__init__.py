"""Perceptual hashes of pictures and nearest-neighbour search."""
