"""What every table needs: sealed fields, keys, grants, guards, migrations; and the kernel that verbs are made of."""
