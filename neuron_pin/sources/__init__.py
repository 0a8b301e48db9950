"""Where candidates come from: pip simple indexes, wheels' metadata, apt repositories."""

from .candidate import Candidate, File

__all__ = ["Candidate", "File"]
