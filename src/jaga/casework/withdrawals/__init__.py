"""Withdrawing votes that no longer count, and cancelling pending decisions and restrictions that rest on them."""
