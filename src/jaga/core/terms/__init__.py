"""The terms of the glossary as enums, a module for each subject. Import them from the subject's module.

Their values are stored and published. `docs/glossary.md` explains each class; a test compares the two.
"""
