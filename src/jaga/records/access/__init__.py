"""Read queries with permission checks.

Every object leaves the database through one function that checks the actor's permission once.
"""
