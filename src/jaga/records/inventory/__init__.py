"""The inventory of data: for each field of each table its purpose, lawful ground, retention, and what erasure does.

`groups.py` explains the groups. A YAML file for each package of `records/models` (and `libraries.yaml`) puts every
field into one. `outside.py` lists files outside the database and what leaves the installation. `jaga privacy check`
compares them with the models.
"""
