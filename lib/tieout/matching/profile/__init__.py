"""Profile records and propose a config: `propose` is the way in."""

from tieout.matching.profile.propose import guess_id, propose

__all__ = ["guess_id", "propose"]
