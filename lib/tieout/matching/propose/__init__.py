"""Profile records and propose a config: `propose` is the way in."""

from tieout.matching.propose.proposal import guess_id, propose

__all__ = ["guess_id", "propose"]
