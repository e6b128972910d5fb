"""A large published log, written once for all tests of this folder."""

import os

import pytest
from tests.ledger.tlog.published import LOG, SIZE, leaves

from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.policy import TreeHead, sign_checkpoint
from jaga.ledger.tlog.tree import TreeReader


@pytest.fixture(scope="session")
def large_log(tmp_path_factory: pytest.TempPathFactory) -> LogFolder:
    """A published log of `SIZE` leaves, written in three runs."""
    log = LogFolder(tmp_path_factory.mktemp("log"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)  # half a thousand files; a power cut is not what is tested
        size = log.append(0, leaves(0, 300))
        size = log.append(size, leaves(300, 40_000))
        assert log.append(size, leaves(40_000, SIZE)) == SIZE
    head = TreeHead(LOG.name, SIZE, TreeReader(SIZE, log.read).root)
    log.publish(sign_checkpoint(head, LOG), LOG.verifier)
    return log
