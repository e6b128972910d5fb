"""What the start does about the policy release: adopt the first one, else compare the folder with the adopted one."""


def adopt_or_compare() -> str:
    """Adopt the folder's release as *bootstrap* if none was; a line to print if the folder holds another one now.

    So a new version of Jaga offers its shipped release, and puts nothing into force. Raises PolicyError,
    StoredReleaseDamaged, AdoptedUnreadable, OSError.
    """
    from jaga.casework.kernel.policy_adoption import adopt_first_release
    from jaga.casework.kernel.policy_in_force import folder_hash, hash_in_force, take_adopted
    from jaga.core.actors import CLI
    from jaga.policy.release import release_files

    wanted = hash_in_force()
    if not wanted:
        adopt_first_release(release_files(), actor=CLI)
        take_adopted()
        return ""
    take_adopted()
    folder = folder_hash()
    if folder == wanted:
        return ""
    return (
        f"The folder of the policy release holds another release ({folder[:16] or 'unreadable'}) than the one in "
        f"force ({wanted[:16]}), which goes on. To have the folder's adopted: jaga policy adopt --by NAME --reason "
        "WHY; a second person confirms it in the console."
    )
