"""Batches: files of many reports."""
