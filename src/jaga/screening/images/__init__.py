"""Perceptual hashes of pictures, and which are near to one."""
