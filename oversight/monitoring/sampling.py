"""Which transcripts an expensive monitor reads: decided by a hash, so that a repeat decides the same."""

from __future__ import annotations

import hashlib
from uuid import UUID

# Part of the hash: a new policy draws a new, independent sample.
POLICY = "share-1"


def is_sampled(transcript_id: UUID, deployment_id: int, share: float) -> bool:
    """True for a share of transcripts; independent between deployments, and growing with the share."""
    digest = hashlib.sha256(f"{POLICY}:{deployment_id}:{transcript_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < share
